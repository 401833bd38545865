#include "data/hdf5_text.hpp"

#include <algorithm>
#include <cstring>

#include <elbo/error.hpp>

#include "data/hdf5_handle.hpp"
#include "data/hdf5_reader.hpp"

namespace elbo::data {
namespace fs = std::filesystem;
namespace {

constexpr hssize_t most_texts = hssize_t{1} << 26;
constexpr size_t most_bytes = size_t{1} << 31;

Handle open_attribute(hid_t file, const std::string& object, const std::string& name) {
  return {H5Aopen_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), &H5Aclose};
}

/// What H5Dread or H5Aread need to know of the texts.
struct TextType {
  Handle memory;
  bool variable = false;
  size_t size = 0;
};

TextType text_type(hid_t stored) {
  TextType type{{H5Tcopy(H5T_C_S1), &H5Tclose}, H5Tis_variable_str(stored) > 0, H5Tget_size(stored)};
  H5Tset_size(type.memory, type.variable ? H5T_VARIABLE : type.size);
  H5Tset_cset(type.memory, H5Tget_cset(stored));
  H5Tset_strpad(type.memory, H5T_STR_NULLPAD);
  return type;
}

/// read(memory type, buffer) is H5Dread or H5Aread; nothing when it fails.
template <class Read>
std::optional<std::vector<std::string>> texts_of(const TextType& type, hid_t space, Read read) {
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  if (count < 0 || count > most_texts || (!type.variable && static_cast<size_t>(count) * type.size > most_bytes))
    return {};
  std::vector<std::string> texts;
  if (type.variable) {
    std::vector<char*> pointers(static_cast<size_t>(count), nullptr);
    if (count > 0 && read(type.memory, pointers.data()) < 0) return {};
    for (const char* text : pointers) texts.emplace_back(text ? text : "");
    H5Dvlen_reclaim(type.memory, space, H5P_DEFAULT, pointers.data());
  } else {
    std::string block(static_cast<size_t>(count) * type.size, '\0');
    if (count > 0 && read(type.memory, block.data()) < 0) return {};
    for (size_t at = 0; at < block.size(); at += type.size)
      texts.emplace_back(block.data() + at, ::strnlen(block.data() + at, type.size));
  }
  return texts;
}

}  // namespace

bool hdf5_is_group(const fs::path& file, const std::string& path) {
  if (!hdf5_has(file, path)) return false;
  const Quiet quiet;
  const Handle handle = open_hdf5(file);
  const Handle object(H5Oopen(handle, path.c_str(), H5P_DEFAULT), &H5Oclose);
  return object >= 0 && H5Iget_type(object) == H5I_GROUP;
}

bool hdf5_is_text(const fs::path& file, const std::string& path) {
  const Quiet quiet;
  const Handle handle = open_hdf5(file);
  const Handle set(H5Dopen2(handle, path.c_str(), H5P_DEFAULT), &H5Dclose);
  if (set < 0) return false;
  const Handle type(H5Dget_type(set), &H5Tclose);
  return H5Tget_class(type) == H5T_STRING;
}

std::vector<std::string> read_hdf5_texts(const fs::path& file, const std::string& path) {
  const Quiet quiet;
  const Handle handle = open_hdf5(file);
  const Handle set(H5Dopen2(handle, path.c_str(), H5P_DEFAULT), &H5Dclose);
  if (set >= 0) {
    const Handle stored(H5Dget_type(set), &H5Tclose), space(H5Dget_space(set), &H5Sclose);
    const auto read = [&](hid_t type, void* to) { return H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to); };
    if (H5Tget_class(stored) == H5T_STRING)
      if (auto texts = texts_of(text_type(stored), space, read)) return *texts;
  }
  throw UserError(file.string() + ":" + path + ": holds no readable texts; expected an array of texts; copy it again");
}

std::optional<std::string> hdf5_text_attribute(const fs::path& file, const std::string& object,
                                               const std::string& name) {
  const Quiet quiet;
  const Handle handle = open_hdf5(file);
  const Handle attribute = open_attribute(handle, object, name);
  if (attribute < 0) return {};
  const Handle stored(H5Aget_type(attribute), &H5Tclose), space(H5Aget_space(attribute), &H5Sclose);
  if (H5Tget_class(stored) != H5T_STRING) return {};
  const auto texts =
      texts_of(text_type(stored), space, [&](hid_t type, void* to) { return H5Aread(attribute, type, to); });
  if (!texts || texts->size() != 1) return {};
  return texts->front();
}

std::vector<int64_t> hdf5_integer_attribute(const fs::path& file, const std::string& object, const std::string& name) {
  const Quiet quiet;
  const Handle handle = open_hdf5(file);
  const Handle attribute = open_attribute(handle, object, name);
  if (attribute < 0) return {};
  const Handle type(H5Aget_type(attribute), &H5Tclose), space(H5Aget_space(attribute), &H5Sclose);
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  if (H5Tget_class(type) != H5T_INTEGER || count < 1 || count > 32) return {};
  std::vector<int64_t> values(static_cast<size_t>(count));
  return H5Aread(attribute, H5T_NATIVE_INT64, values.data()) < 0 ? std::vector<int64_t>{} : values;
}

}  // namespace elbo::data
