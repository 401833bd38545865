// Reading a log, whatever state its writer left it in.
#include <elbo/error.hpp>

#include "log/layout.hpp"

namespace elbo::log {
namespace fs = std::filesystem;

void must_be_hdf5(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) throw Error(file.string() + ": there is no such file; expected the log of an elbo run");
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  if (!fs::is_regular_file(file, error) || H5Fis_hdf5(file.c_str()) <= 0)
    throw Error(file.string() + ": is not an HDF5 file; expected the log of an elbo run");
}

void must_be_a_log(const h5::File& file) {
  if (!file.attribute("/", "Conventions").ends_with("elbo-run-1"))
    throw Error(file.path().string() + ": is an HDF5 file, but not the log of an elbo run; expected Conventions = \"" +
                convention + "\"");
}

h5::File open_log(const fs::path& path) {
  must_be_hdf5(path);
  auto file = [&] {
    try {
      return h5::File::open(path, h5::Mode::read);
    } catch (const Error&) {
      return h5::File::open(path, h5::Mode::live);
    }
  }();
  must_be_a_log(file);
  return file;
}

RunSummary read_summary(const fs::path& path) {
  const h5::File file = open_log(path);
  RunSummary summary;
  summary.title = file.attribute("/", "title");
  summary.status = file.attribute("/", "status");
  summary.plan_json = file.text("/config/plan_json");
  if (!file.has("/summary")) return summary;
  for (const std::string& name : file.names("/summary")) {
    const std::string dataset = "/summary/" + name;
    if (file.is_text(dataset))
      summary.texts[name] = file.text(dataset);
    else
      summary.values[name] = file.number(dataset);
  }
  return summary;
}

}  // namespace elbo::log
