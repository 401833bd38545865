// The part of h5::File that reads texts, scalars and names.
#include <hdf5_hl.h>

#include <algorithm>

#include <elbo/error.hpp>

#include "base/visible.hpp"
#include "hdf5/file.hpp"

namespace elbo::host::h5 {
namespace {

herr_t add_name(hid_t, const char* name, const H5L_info_t*, void* names) {
  static_cast<std::vector<std::string>*>(names)->push_back(name);
  return 0;
}

herr_t keep_name(hid_t, unsigned, hid_t scale, void* name) {
  std::string path(256, '\0');
  const ssize_t length = H5Iget_name(scale, path.data(), path.size());
  if (length <= 0) return -1;
  path.resize(std::min<size_t>(static_cast<size_t>(length), path.size() - 1));
  *static_cast<std::string*>(name) = path.substr(path.rfind('/') + 1);
  return 1;  // one scale is enough
}

herr_t add_dataset(hid_t, const char* name, const ObjectInfo* info, void* paths) {
  if (info->type == H5O_TYPE_DATASET) static_cast<std::vector<std::string>*>(paths)->push_back(std::string("/") + name);
  return 0;
}

Type text_in_memory(hid_t file_type) {
  Type type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type, H5Tis_variable_str(file_type) > 0 ? H5T_VARIABLE : H5Tget_size(file_type) + 1);
  H5Tset_cset(type, H5Tget_cset(file_type));
  return type;
}

}  // namespace

std::vector<std::string> File::names(const std::string& group) const {
  std::vector<std::string> names;
  check(H5Literate_by_name(id_, group.c_str(), H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, add_name, &names,
                           access_to(H5P_LINK_ACCESS)),
        where(group), "be listed");
  return names;
}

std::vector<std::string> File::datasets() const {
  std::vector<std::string> paths;
  H5Ovisit2(id_, H5_INDEX_NAME, H5_ITER_INC, &add_dataset, &paths, H5O_INFO_BASIC);
  H5Eclear2(H5E_DEFAULT);  // those before a damaged object are there
  return paths;
}

bool File::is_group(const std::string& path) const {
  if (!has(path)) return false;
  const Object object(H5Oopen(id_, path.c_str(), access_to(H5P_LINK_ACCESS)));
  return object >= 0 && H5Iget_type(object) == H5I_GROUP;
}

std::vector<std::string> File::dims(const std::string& path) const {
  const Object dataset(opened(path));
  const Space space(H5Dget_space(dataset));
  std::vector<std::string> dims(
      static_cast<size_t>(check(H5Sget_simple_extent_ndims(space), where(path), "be measured")));
  if (H5DSis_scale(dataset) > 0) return dims;
  for (size_t i = 0; i < dims.size(); ++i)
    check(H5DSiterate_scales(dataset, static_cast<unsigned>(i), nullptr, keep_name, &dims[i]), where(path),
          "say its dimensions");
  return dims;
}

bool File::is_bare_dimension(const std::string& path) const {
  return attribute(path, "NAME").starts_with("This is a netCDF dimension but not a netCDF variable");
}

bool File::is_text(const std::string& path) const {
  const Object object(opened(path));
  const Type type(H5Dget_type(object));
  return H5Tget_class(type) == H5T_STRING;
}

std::string File::text(const std::string& path) const {
  const Object object(opened(path));
  const Type stored(H5Dget_type(object));
  const Space space(H5Dget_space(object));
  if (H5Tget_class(stored) != H5T_STRING || H5Tis_variable_str(stored) > 0 || H5Sget_simple_extent_npoints(space) != 1)
    throw Error(where(path) + ": is not one text of fixed length; expected what elbo writes");
  check_claim(static_cast<double>(H5Tget_size(stored)), path);
  std::string text(H5Tget_size(stored) + 1, '\0');
  check(H5Dread(object, text_in_memory(stored), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()), where(path), "be read");
  return visible(text.c_str());
}

std::vector<std::string> File::texts(const std::string& path) const {
  const Object object(opened(path));
  const Type stored(H5Dget_type(object));
  const Space space(H5Dget_space(object));
  if (H5Tget_class(stored) != H5T_STRING || H5Sget_simple_extent_ndims(space) > 1)
    throw Failure(where(path) + ": is not a list of texts; expected one text a row; copy the file again");
  const auto count = static_cast<size_t>(check(H5Sget_simple_extent_npoints(space), where(path), "be measured"));
  check_claim(static_cast<double>(count) * static_cast<double>(H5Tget_size(stored)), path);
  const Type type = text_in_memory(stored);
  std::vector<std::string> texts;
  if (H5Tis_variable_str(stored) > 0) {
    std::vector<char*> read(count, nullptr);
    check(H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, read.data()), where(path), "be read");
    for (char* text : read) {
      texts.push_back(visible(text ? text : ""));
      H5free_memory(text);
    }
    return texts;
  }
  const size_t size = H5Tget_size(type);
  std::vector<char> read(count * size + 1, '\0');
  check(H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, read.data()), where(path), "be read");
  for (size_t i = 0; i < count; ++i) texts.push_back(visible(&read[i * size]));
  return texts;
}

double File::number(const std::string& path) const {
  const Object object(opened(path));
  const Space space(H5Dget_space(object));
  if (H5Sget_simple_extent_npoints(space) != 1)
    throw Error(where(path) + ": is not one number; expected what elbo writes");
  double value = 0;
  check(H5Dread(object, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value), where(path), "be read");
  return value;
}

std::string File::attribute(const std::string& object, const std::string& name) const {
  if (H5Aexists_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT) <= 0) return {};
  const std::string place = where(object) + "@" + name;
  const Attribute attribute(check(
      H5Aopen_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT, access_to(H5P_LINK_ACCESS)), place, "be opened"));
  const Type stored(H5Aget_type(attribute));
  const Space space(H5Aget_space(attribute));
  if (H5Tget_class(stored) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1) return {};
  const Type type = text_in_memory(stored);
  if (H5Tis_variable_str(stored) <= 0) {
    check_claim(static_cast<double>(H5Tget_size(type)), object);
    std::string text(H5Tget_size(type), '\0');
    check(H5Aread(attribute, type, text.data()), place, "be read");
    return visible(text.c_str());
  }
  char* read = nullptr;
  check(H5Aread(attribute, type, &read), place, "be read");
  const std::string text = visible(read ? read : "");
  H5free_memory(read);
  return text;
}

std::vector<int64_t> File::integers(const std::string& object, const std::string& name) const {
  if (H5Aexists_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT) <= 0)
    return H5Eclear2(H5E_DEFAULT), std::vector<int64_t>();
  const std::string place = where(object) + "@" + name;
  const Attribute attribute(check(
      H5Aopen_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT, access_to(H5P_LINK_ACCESS)), place, "be opened"));
  const Type stored(H5Aget_type(attribute));
  const Space space(H5Aget_space(attribute));
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  if (H5Tget_class(stored) != H5T_INTEGER || count < 1 || count > 32) return {};
  std::vector<int64_t> values(static_cast<size_t>(count));
  check(H5Aread(attribute, H5T_NATIVE_INT64, values.data()), place, "be read");
  return values;
}

}  // namespace elbo::host::h5
