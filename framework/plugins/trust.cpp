#include "plugins/trust.hpp"

#include <algorithm>
#include <system_error>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/paths.hpp"

namespace elbo::host::plugins {
namespace fs = std::filesystem;
namespace {

fs::path note_of(const fs::path& library) { return cache_folder() / "trusted" / sha256_of_file(library); }

bool is_below(const fs::path& folder, const fs::path& file) {
  const fs::path above = fs::weakly_canonical(folder), inside = fs::weakly_canonical(file);
  return std::mismatch(above.begin(), above.end(), inside.begin(), inside.end()).first == above.end();
}

}  // namespace

bool is_trusted(const fs::path& library) {
  const auto folders = plugin_folders();
  if (std::any_of(folders.begin(), folders.end(), [&](const fs::path& folder) { return is_below(folder, library); }))
    return true;
  std::error_code unreadable;
  return fs::is_regular_file(library, unreadable) && fs::exists(note_of(library), unreadable);
}

void trust(const fs::path& library) {
  if (is_trusted(library)) return;
  try {
    const fs::path note = note_of(library);
    fs::create_directories(note.parent_path());
    write_atomically(note, library.string() + "\n");
  } catch (const std::exception&) {
    // A home that cannot be written costs a question at the next start, nothing else.
  }
}

}  // namespace elbo::host::plugins
