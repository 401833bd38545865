#include "data/files/locate.hpp"

#include <algorithm>

#include <elbo/error.hpp>

#include "base/text.hpp"

namespace elbo::host::data {
namespace fs = std::filesystem;

std::optional<fs::path> located(const Description& description, const Description::File& file) {
  for (const fs::path folder : description.folders)
    for (const char* packed : {"", ".gz"}) {
      const fs::path path = folder / (file.name + packed);
      std::error_code unreadable;
      if (fs::is_regular_file(path, unreadable) || fs::is_directory(path, unreadable)) return path;
    }
  return {};
}

fs::path locate(const Description& description, const Description::File& file) {
  if (const auto path = located(description, file)) return *path;
  throw UserError(description.name + ": " + file.name + " is missing; expected it in " +
                  join(description.folders, " or ") + "; to get it, " + description.how_to_get);
}

bool present(const Description& description) {
  return std::all_of(description.files.begin(), description.files.end(),
                     [&](const Description::File& file) { return located(description, file).has_value(); });
}

}  // namespace elbo::host::data
