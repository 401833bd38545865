#include "log/upkeep/edit.hpp"

#include <system_error>

#include "base/files.hpp"
#include "base/transient.hpp"

namespace elbo::host::log {
namespace fs = std::filesystem;
namespace {

void change_and_publish(h5::File draft, const fs::path& path, const Change& change) {
  try {
    change(draft);
    draft.close();
    publish(draft.path(), path);
  } catch (...) {
    draft.abandon();
    std::error_code ignored;
    fs::remove(draft.path(), ignored);
    throw;
  }
}

fs::path draft_of(const fs::path& path) { return path.string() + ".draft"; }

}  // namespace

void create_file(const fs::path& path, const Change& change, h5::Placement placement) {
  change_and_publish(h5::File::create(draft_of(path), placement), path, change);
}

void edit_file(const fs::path& given, const Change& change) {
  const fs::path path = fs::weakly_canonical(given);  // of a link, the file that it leads to
  const fs::path draft = draft_of(path);
  std::error_code error;
  fs::copy_file(path, draft, fs::copy_options::overwrite_existing, error);
  if (error) {
    std::error_code ignored;
    fs::remove(draft, ignored);
    throw_system_error(path.string() + ": cannot be copied to change it; expected as much free space as it has",
                       error.value());
  }
  change_and_publish(h5::File::open(draft, h5::Mode::repair), path, change);
}

}  // namespace elbo::host::log
