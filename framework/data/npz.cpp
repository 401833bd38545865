#include "data/npz.hpp"

#include <algorithm>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "data/npy.hpp"
#include "data/zip.hpp"

namespace elbo::data {
namespace {

std::string array_name(const ZipMember& member) {
  return member.name.ends_with(".npy") ? member.name.substr(0, member.name.size() - 4) : member.name;
}

bool holds_numbers(std::span<const std::byte> archive, const ZipMember& member, const std::string& where) {
  try {
    parse_npy_header(unzipped(archive, member, where), where);
    return true;
  } catch (const UserError&) {
    return false;
  }
}

const ZipMember& chosen_member(std::span<const std::byte> archive, const std::vector<ZipMember>& members,
                               const std::string& name, const std::string& where) {
  std::vector<std::string> names;
  std::vector<const ZipMember*> numbers;
  for (const ZipMember& member : members) {
    if (array_name(member) == name) return member;
    names.push_back(array_name(member));
    if (name.empty() && holds_numbers(archive, member, where)) numbers.push_back(&member);
  }
  if (!name.empty()) throw UserError(where + ": has no array '" + name + "'" + suggestion(name, names));
  if (numbers.size() != 1)
    throw UserError(where + ": holds " + std::to_string(numbers.size()) + " arrays of numbers (" + join(names) +
                    "); expected one, or its name; say which");
  return *numbers.front();
}

}  // namespace

bool npz_has(std::span<const std::byte> archive, const std::string& name, const std::string& where) {
  const auto members = zip_members(archive, where);
  return std::any_of(members.begin(), members.end(), [&](const ZipMember& m) { return array_name(m) == name; });
}

Array parse_npz(std::span<const std::byte> archive, const std::string& name, const std::string& where) {
  const auto members = zip_members(archive, where);
  const ZipMember& member = chosen_member(archive, members, name, where);
  return parse_npy(unzipped(archive, member, where), where + ":" + array_name(member));
}

}  // namespace elbo::data
