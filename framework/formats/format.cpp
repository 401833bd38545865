#include "formats/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include <elbo/error.hpp>

#include "format_files.hpp"  // made by CMake: what each file of readers/ defines
#include "formats/decoded_file.hpp"
#include "formats/foreign_files.hpp"

namespace elbo::host::formats {
namespace fs = std::filesystem;

namespace {

std::string first_bytes(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes(8, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(in.gcount()));
  return bytes;
}

bool has_extension(const Format& format, const std::string& extension) {
  if (extension.empty()) return false;
  const std::string all = fmt::format(" {} ", format.extensions);
  return all.find(" " + extension + " ") != std::string::npos;
}

Match match_of(const Format& format, const Candidate& candidate) {
  const Match found = format.match ? format.match(candidate) : Match::none;
  return std::max(found, has_extension(format, candidate.extension) ? Match::by_name : Match::none);
}

}  // namespace

const std::vector<const Format*>& formats() {
#define ELBO_LISTED(name) &readers::name,
  static const std::vector<const Format*> all = {ELBO_FORMATS(ELBO_LISTED)};
#undef ELBO_LISTED
  return all;
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const Format* format : formats()) names.emplace_back(format->name);
  return names;
}

const Format* find_format(std::string_view name) {
  const auto& all = formats();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Format* format) { return format->name == name; });
  return found == all.end() ? nullptr : *found;
}

const Format& format_of_file(const fs::path& path) {
  std::error_code failed;
  if (!fs::exists(path, failed)) throw UserError(path.string() + ": no such file or folder; expected data of your own");
  fs::path name = path.filename();
  if (name.extension() == ".gz") name = name.stem();
  const bool is_folder = fs::is_directory(path);
  const Candidate candidate{path, is_folder ? "" : name.extension().string(), is_folder ? "" : first_bytes(path)};
  refuse_foreign(path, candidate.bytes, candidate.extension);
  const Format& best = **std::max_element(formats().begin(), formats().end(), [&](const Format* a, const Format* b) {
    return match_of(*a, candidate) < match_of(*b, candidate);
  });
  if (match_of(best, candidate) != Match::none) return best;
  throw UserError(path.string() +
                  ": neither its name nor its first bytes tell its format; expected one of those of "
                  "elbo check --keys; say --format FORMAT");
}

Array read_with(const Format& format, const Request& request) {
  if (format.read) return format.read(request);
  return format.parse(decoded_bytes(request.path), request);
}

bool has_rows(std::string_view format) {
  const Format* found = find_format(format);
  return found && found->open_rows;
}

std::unique_ptr<RowFile> open_rows(std::string_view format, const fs::path& path, const std::string& part) {
  return find_format(format)->open_rows(path, part);
}

}  // namespace elbo::host::formats
