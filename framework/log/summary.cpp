// Reading a log, whatever state its writer left it in.
#include <algorithm>

#include <elbo/error.hpp>

#include "log/layout.hpp"

namespace elbo::host::log {
namespace fs = std::filesystem;
namespace {

/// The library refuses a file whose writer was killed, unless it is opened as one that is being written.
h5::File open_for_reading(const fs::path& path) {
  try {
    return h5::File::open(path, h5::Mode::read);
  } catch (const h5::Failure& failure) {
    if (std::string(failure.what()).find("truncated file") != std::string::npos)
      throw Error(path.string() + ": is truncated to " + std::to_string(fs::file_size(path)) +
                  " bytes; expected a whole HDF5 file; copy it again or repeat the run");
    return h5::File::open(path, h5::Mode::live);
  }
}

}  // namespace

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
  h5::File file = open_for_reading(path);
  must_be_a_log(file);
  return file;
}

namespace {

std::vector<PluginRecord> plugins_of(const h5::File& file) {
  const std::string group = "/provenance/plugins";
  std::vector<PluginRecord> records;
  const auto fill = [&](const char* name, std::string PluginRecord::* member) {
    if (!file.has(group + "/" + name)) return;
    const auto texts = file.texts(group + "/" + name);
    records.resize(std::max(records.size(), texts.size()));
    for (size_t i = 0; i < texts.size(); ++i) records[i].*member = texts[i];
  };
  if (!file.has(group)) return records;
  fill("kind", &PluginRecord::kind);
  fill("name", &PluginRecord::name);
  fill("path", &PluginRecord::path);
  fill("sha256", &PluginRecord::sha256);
  fill("checked", &PluginRecord::checked);
  fill("normalised", &PluginRecord::normalised);
  fill("finding", &PluginRecord::finding);
  return records;
}

}  // namespace

RunSummary read_summary(const fs::path& path) { return summary_of(open_log(path)); }

RunSummary summary_of(const h5::File& file) {
  RunSummary summary;
  summary.title = file.attribute("/", "title");
  summary.status = file.attribute("/", "status");
  summary.plan_json = file.text("/config/plan_json");
  summary.plugins = plugins_of(file);
  if (!file.has("/summary")) return summary;
  for (const std::string& name : file.names("/summary")) {
    const std::string dataset = "/summary/" + name;
    if (file.is_text(dataset)) summary.texts[name] = file.text(dataset);
    else summary.values[name] = file.number(dataset);
  }
  return summary;
}

}  // namespace elbo::host::log
