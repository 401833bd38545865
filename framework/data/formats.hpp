// The formats that data files may have, and who reads each.
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.hpp"

namespace elbo::data {

/// What is wanted of one file.
struct Request {
  std::filesystem::path path;
  std::string part;     // the dataset, variable, member or columns inside; empty: the format's own default
  bool labels = false;  // one number a datum, names as codes
  int64_t values = 0;   // of one datum where that is known, else 0
};

struct Format {
  std::string_view name;
  /// One of the two: `parse` is given the decoded bytes, `read` opens the file or folder itself.
  Array (*parse)(std::span<const std::byte> bytes, const Request& request) = nullptr;
  Array (*read)(const Request& request) = nullptr;
  std::string_view part_key{};     // what a description calls the part inside: "dataset", "columns", or nothing
  std::string_view label_group{};  // stands before a label's name that has no group
  bool container = false;          // a checksum is one of the values, not of the bytes of the file
};

/// All that are read from files, in the order in which they are named to users.
const std::vector<Format>& formats();
/// Nothing when there is no such format.
const Format* find_format(std::string_view name);
/// Its decoded bytes are looked at by `parse`, or `read` is asked. Throws UserError.
Array read_with(const Format& format, const Request& request);

}  // namespace elbo::data
