#include "log/upkeep/recover.hpp"

#include <limits>

#include <elbo/error.hpp>

#include "log/layout.hpp"
#include "log/series.hpp"
#include "log/upkeep/edit.hpp"
#include "log/upkeep/writer_lock.hpp"

namespace elbo::host::log {
namespace {

/// Reads every series whole, so that a damaged file is found out before it is called repaired.
int64_t epochs_held(const h5::File& file) {
  for (const char* group : {"/train", "/test", "/steps"}) {
    if (!file.has(group)) continue;
    for (const std::string& name : file.names(group)) {
      const h5::Dataset dataset = file.dataset(std::string(group) + "/" + name);
      if (dataset.grows()) dataset.read<double>(0, dataset.rows());
    }
  }
  return static_cast<int64_t>(rows_until(file.dataset("/train/epoch"), std::numeric_limits<int64_t>::max()));
}

bool opens(const std::filesystem::path& path) {
  try {
    h5::File::open(path, h5::Mode::read);
    return true;
  } catch (const h5::Failure&) {
    return false;
  }
}

/// Looks without changing anything.
Recovery inspect(const std::filesystem::path& path) try {
  const h5::File file = open_log(path);
  return {.repaired = false, .status = file.attribute("/", "status"), .epochs = epochs_held(file)};
} catch (const h5::Failure& failure) {
  throw Error(std::string(failure.what()) + "; it is damaged: repeat the run");
}

}  // namespace

Recovery recover(const std::filesystem::path& path) {
  must_be_hdf5(path);
  must_not_be_written(path);
  Recovery found = inspect(path);
  if (opens(path) && found.status != "running") return found;
  found.repaired = true;
  found.status = "killed";
  edit_file(path, [&](h5::File& file) { file.attribute("/", "status", found.status); });
  return found;
}

}  // namespace elbo::host::log
