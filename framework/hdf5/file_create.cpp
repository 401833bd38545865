// The part of h5::File that creates and removes.
#include <hdf5_hl.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <limits>

#include <elbo/error.hpp>

#include "hdf5/file.hpp"

namespace elbo::host::h5 {
namespace {

constexpr unsigned in_order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;

Type text_type(size_t size) {
  Type type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type, size);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }
std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Properties creation(const Spec& spec) {
  Properties p(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_attr_creation_order(p, in_order);
  H5Pset_obj_track_times(p, false);  // the same content makes the same bytes
  if (!spec.chunk.empty()) H5Pset_chunk(p, static_cast<int>(spec.chunk.size()), spec.chunk.data());
  if (spec.deflate) H5Pset_deflate(p, 4);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const int64_t none = -1;
  if (H5Tget_class(spec.type) == H5T_FLOAT) H5Pset_fill_value(p, H5T_NATIVE_DOUBLE, &nan);
  if (H5Tequal(spec.type, H5T_STD_I64LE) > 0) H5Pset_fill_value(p, H5T_NATIVE_INT64, &none);
  return p;
}

}  // namespace

void File::group(const std::string& path) {
  must_not_be_frozen(path);
  const Properties p(H5Pcreate(H5P_GROUP_CREATE));
  H5Pset_link_creation_order(p, in_order);
  H5Pset_attr_creation_order(p, in_order);
  H5Pset_obj_track_times(p, false);
  const Object created(check(H5Gcreate2(id_, path.c_str(), H5P_DEFAULT, p, H5P_DEFAULT), where(path), "be created"));
}

// Attributes have variable length: h5py then gives them as str and not as bytes.
void File::write_attribute(const std::string& object, const std::string& name, hid_t space,
                           const std::vector<const char*>& texts) {
  must_not_be_frozen(object);
  const std::string place = where(object) + "@" + name;
  const Type type = text_type(H5T_VARIABLE);
  const bool there = H5Aexists_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
  const Attribute attribute(check(
      there ? H5Aopen_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT)
            : H5Acreate_by_name(id_, object.c_str(), name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
      place, "be created"));
  check(H5Awrite(attribute, type, texts.data()), place, "be written");
}

void File::attribute(const std::string& object, const std::string& name, const std::string& text) {
  write_attribute(object, name, Space(H5Screate(H5S_SCALAR)), {text.c_str()});
}

// Made anew: to write another text of variable length into one that is there has failed in HDF5 1.10 ("can't locate open
// attribute") in a group that keeps the order of its attributes.
void File::replace_attribute(const std::string& object, const std::string& name, const std::string& text) {
  must_not_be_frozen(object);
  if (H5Aexists_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT) > 0)
    check(H5Adelete_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT), where(object) + "@" + name, "be removed");
  attribute(object, name, text);
}

void File::replace_attribute(const std::string& object, const std::string& name, int64_t number) {
  must_not_be_frozen(object);
  const std::string place = where(object) + "@" + name;
  if (H5Aexists_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT) > 0)
    check(H5Adelete_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT), place, "be removed");
  const Space space(H5Screate(H5S_SCALAR));
  const Attribute attribute(check(
      H5Acreate_by_name(id_, object.c_str(), name.c_str(), H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
      place, "be created"));
  check(H5Awrite(attribute, H5T_NATIVE_INT64, &number), place, "be written");
}

void File::attribute(const std::string& object, const std::string& name, const std::vector<std::string>& texts) {
  const hsize_t size = texts.size();
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  write_attribute(object, name, Space(H5Screate_simple(1, &size, nullptr)), pointers);
}

void File::text(const std::string& path, const std::string& text, const std::string& long_name) {
  must_not_be_frozen(path);
  const Type type = text_type(text.size() + 1);
  const Space space(H5Screate(H5S_SCALAR));
  const Object created(
      check(H5Dcreate2(id_, path.c_str(), type, space, H5P_DEFAULT, creation({H5T_C_S1, {}, {}, {}, {}}), H5P_DEFAULT),
            where(path), "be created"));
  check(H5Dwrite(created, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text.c_str()), where(path), "be written");
  attribute(path, "long_name", long_name);
}

void File::texts(const std::string& path, const std::vector<std::string>& texts, const std::string& dim,
                 const std::string& long_name) {
  must_not_be_frozen(path);
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  const Type type = text_type(H5T_VARIABLE);  // netCDF 4.9.0 crashes on arrays of fixed length
  const hsize_t rows = texts.size();
  const Space space(H5Screate_simple(1, &rows, nullptr));
  const Object created(
      check(H5Dcreate2(id_, path.c_str(), type, space, H5P_DEFAULT, creation({H5T_C_S1, {}, {}, {}, {}}), H5P_DEFAULT),
            where(path), "be created"));
  check(H5Dwrite(created, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()), where(path), "be written");
  attach(path, {dim});
  attribute(path, "long_name", long_name);
}

void File::number(const std::string& path, double value, const std::string& units, const std::string& long_name) {
  must_not_be_frozen(path);
  const Space space(H5Screate(H5S_SCALAR));
  const Object created(check(H5Dcreate2(id_, path.c_str(), H5T_IEEE_F64LE, space, H5P_DEFAULT,
                                        creation({H5T_IEEE_F64LE, {}, {}, {}, {}}), H5P_DEFAULT),
                             where(path), "be created"));
  check(H5Dwrite(created, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, &value), where(path), "be written");
  attribute(path, "units", units);
  attribute(path, "long_name", long_name);
}

Dataset File::dataset(const std::string& path, const Spec& spec) {
  must_not_be_frozen(path);
  std::vector<hsize_t> largest = spec.shape;
  if (spec.growing) largest[0] = H5S_UNLIMITED;
  const Space space(H5Screate_simple(static_cast<int>(spec.shape.size()), spec.shape.data(), largest.data()));
  Dataset created(check(H5Dcreate2(id_, path.c_str(), spec.type, space, H5P_DEFAULT, creation(spec), H5P_DEFAULT),
                        where(path), "be created"),
                  where(path));
  attach(path, spec.dims);
  if (!spec.units.empty()) attribute(path, "units", spec.units);
  attribute(path, "long_name", spec.long_name);
  return created;
}

void File::attach(const std::string& path, const std::vector<std::string>& dims) {
  const Object dataset(check(H5Dopen2(id_, path.c_str(), H5P_DEFAULT), where(path), "be opened"));
  for (size_t i = 0; i < dims.size(); ++i) {
    const std::string scale_path = folder_of(path) + dims[i];
    const Object scale(check(H5Dopen2(id_, scale_path.c_str(), H5P_DEFAULT), where(scale_path), "be opened"));
    check(H5DSattach_scale(dataset, scale, static_cast<unsigned>(i)), where(path), "be given dimension " + dims[i]);
  }
}

void File::remove(const std::string& path) {
  must_not_be_frozen(path);
  if (has(path)) check(H5Ldelete(id_, path.c_str(), H5P_DEFAULT), where(path), "be removed");
}

void File::coordinate(const std::string& path, const std::string& long_name) {
  dataset(path, {.type = H5T_STD_I64LE,
                 .shape = {0},
                 .dims = {},
                 .units = "1",
                 .long_name = long_name,
                 .growing = true,
                 .chunk = {1024}});
  const Object scale(check(H5Dopen2(id_, path.c_str(), H5P_DEFAULT), where(path), "be opened"));
  check(H5DSset_scale(scale, name_of(path).c_str()), where(path), "become a dimension");
}

void File::dimension(const std::string& path, hsize_t size, const std::string& long_name) {
  dataset(path, {.type = H5T_IEEE_F32BE, .shape = {size}, .dims = {}, .units = "1", .long_name = long_name});
  const Object scale(check(H5Dopen2(id_, path.c_str(), H5P_DEFAULT), where(path), "be opened"));
  char name[80];
  std::snprintf(name, sizeof name, "This is a netCDF dimension but not a netCDF variable.%10llu",
                static_cast<unsigned long long>(size));
  check(H5DSset_scale(scale, name), where(path), "become a dimension");
}

void File::image_attributes(const std::string& path, bool colour) {
  must_not_be_frozen(path);
  const auto text = [&](const char* name, const char* value) {
    check(H5LTset_attribute_string(id_, path.c_str(), name, value), where(path), std::string("be given ") + name);
  };
  text("CLASS", "IMAGE");
  text("IMAGE_VERSION", "1.2");
  text("IMAGE_SUBCLASS", colour ? "IMAGE_TRUECOLOR" : "IMAGE_GRAYSCALE");
  text("DISPLAY_ORIGIN", "UL");
  if (colour) text("INTERLACE_MODE", "INTERLACE_PIXEL");
  const unsigned char white_is_zero = 0, range[] = {0, 255};
  if (!colour) H5LTset_attribute_uchar(id_, path.c_str(), "IMAGE_WHITE_IS_ZERO", &white_is_zero, 1);
  H5LTset_attribute_uchar(id_, path.c_str(), "IMAGE_MINMAXRANGE", range, 2);
}

}  // namespace elbo::host::h5
