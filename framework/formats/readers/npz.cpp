// NumPy's archives of arrays (.npz). Members of Python objects are left alone.
#include <algorithm>
#include <map>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "base/zip.hpp"
#include "format_files.hpp"
#include "formats/containers/npy.hpp"
#include "formats/decoded_file.hpp"

namespace elbo::host::formats {
namespace {

/// In the archive's order: the names of its members, without ".npy".
std::vector<std::string> array_names(const ZipReader& archive) {
  std::vector<std::string> names = archive.names();
  for (std::string& name : names)
    if (name.ends_with(".npy")) name.resize(name.size() - 4);
  return names;
}

bool holds_numbers(const ZipReader& archive, size_t member, const std::string& where) {
  try {
    parse_npy_header(archive.read(member), where);
    return true;
  } catch (const UserError&) {
    return false;
  }
}

size_t chosen_member(const ZipReader& archive, const std::string& name, const std::string& where) {
  const std::vector<std::string> names = array_names(archive);
  if (!name.empty()) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) throw UserError(where + ": has no array '" + name + "'" + suggestion(name, names));
    return static_cast<size_t>(found - names.begin());
  }
  std::vector<size_t> numbers;
  for (size_t member = 0; member < names.size(); ++member)
    if (holds_numbers(archive, member, where)) numbers.push_back(member);
  if (numbers.size() != 1)
    throw UserError(where + ": holds " + std::to_string(numbers.size()) + " arrays of numbers (" + join(names) +
                    "); expected one, or its name; say which");
  return numbers.front();
}

/// An empty name means the only array of numbers.
Array parse_npz(Bytes bytes, const Request& request) {
  const std::string where = request.path.string();
  const ZipReader members(bytes, where);
  const size_t member = chosen_member(members, request.part, where);
  const std::string member_name = where + ":" + array_names(members)[member];
  return request.labels ? parse_npy_labels(members.read(member), member_name)
                        : parse_npy(members.read(member), member_name);
}

std::string npy_type(const NpyHeader& header) {
  const std::map<char, const char*> names = {{'f', "float"}, {'i', "int"}, {'u', "uint"}, {'b', "bool"}};
  return names.at(header.kind) + (header.kind == 'b' ? "" : std::to_string(8 * header.width));
}

std::vector<Part> npz_parts(const std::filesystem::path& path) {
  const auto bytes = decoded_bytes(path);
  const ZipReader archive(bytes, path.string());
  std::vector<Part> parts;
  for (const std::string& name : array_names(archive)) {
    Part part{name, {}, ""};
    try {
      const NpyHeader header = parse_npy_header(archive.read(parts.size()), path.string() + ":" + name);
      part.shape = header.shape;
      part.type = npy_type(header);
    } catch (const UserError& e) {
      part.fault = e.what();  // objects, records or text: named, but not offered
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

bool has_array(const std::filesystem::path& path, const std::string& name) {
  const auto bytes = decoded_bytes(path);
  const auto names = array_names(ZipReader(bytes, path.string()));
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

namespace readers {

constinit const Format npz{
    .name = "npz",
    .extensions = ".npz",
    .match = [](const Candidate& c) { return c.bytes.starts_with("PK\x03\x04") ? Match::by_content : Match::none; },
    .parse = &parse_npz,
    .parts = &npz_parts,
    .has = &has_array,
    .part_key = "dataset",
    .container = true};

}  // namespace readers
}  // namespace elbo::host::formats
