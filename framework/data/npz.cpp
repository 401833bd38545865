#include "data/npz.hpp"

#include <algorithm>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "data/npy.hpp"

namespace elbo::data {
namespace {

bool holds_numbers(const ZipReader& archive, size_t member, const std::string& where) {
  try {
    parse_npy_header(archive.read(member), where);
    return true;
  } catch (const UserError&) {
    return false;
  }
}

size_t chosen_member(const ZipReader& archive, const std::string& name, const std::string& where) {
  const std::vector<std::string> names = npz_names(archive);
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

}  // namespace

std::vector<std::string> npz_names(const ZipReader& archive) {
  std::vector<std::string> names = archive.names();
  for (std::string& name : names)
    if (name.ends_with(".npy")) name.resize(name.size() - 4);
  return names;
}

bool npz_has(std::span<const std::byte> archive, const std::string& name, const std::string& where) {
  const auto names = npz_names(ZipReader(archive, where));
  return std::find(names.begin(), names.end(), name) != names.end();
}

Array parse_npz(std::span<const std::byte> archive, const std::string& name, const std::string& where) {
  const ZipReader members(archive, where);
  const size_t member = chosen_member(members, name, where);
  return parse_npy(members.read(member), where + ":" + npz_names(members)[member]);
}

}  // namespace elbo::data
