// MATLAB's files: version 5 and older through libmatio, where it was there at build time; 7.3 are HDF5.
#include <elbo/error.hpp>

#include "format_files.hpp"

#ifdef ELBO_HAS_MATIO
#include <matio.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "base/files.hpp"
#include "base/text.hpp"
#include "formats/containers/mat_outline.hpp"
#include "formats/containers/sparse.hpp"
#include "formats/float_precision.hpp"
#endif

namespace elbo::host::formats {
namespace fs = std::filesystem;

#ifdef ELBO_HAS_MATIO
namespace {

using MatFile = std::unique_ptr<mat_t, int (*)(mat_t*)>;
using MatVariable = std::unique_ptr<matvar_t, void (*)(matvar_t*)>;

MatFile open_mat(const fs::path& path) {
  static const bool quiet = [] {
    Mat_LogInitFunc("elbo", [](int, auto) {});
    return true;
  }();
  static_cast<void>(quiet);
  if (!fs::is_regular_file(path)) throw UserError(path.string() + ": is missing; expected a MAT file; copy it again");
  check_mat_outline(read_file(path), path);
  MatFile file(Mat_Open(path.c_str(), MAT_ACC_RDONLY), &Mat_Close);
  const mat_ft version = file ? Mat_GetVersion(file.get()) : MAT_FT_UNDEFINED;
  if (version != MAT_FT_MAT5 && version != MAT_FT_MAT73)
    throw UserError(path.string() +
                    ": is damaged or no MAT file of version 5 or 7; expected one; copy or save it again");
  return file;
}

bool is_numeric(const matvar_t& variable) {
  return (variable.class_type >= MAT_C_DOUBLE && variable.class_type <= MAT_C_UINT64) && !variable.isComplex;
}

const char* mat_type(const matvar_t& variable) {
  if (variable.isLogical) return "bool";
  switch (variable.class_type) {
    case MAT_C_UINT8:
      return "uint8";
    case MAT_C_INT8:
      return "int8";
    case MAT_C_UINT16:
      return "uint16";
    case MAT_C_INT16:
      return "int16";
    case MAT_C_UINT32:
      return "uint32";
    case MAT_C_INT32:
      return "int32";
    case MAT_C_UINT64:
      return "uint64";
    case MAT_C_INT64:
      return "int64";
    case MAT_C_SINGLE:
      return "float32";
    default:
      return "float64";
  }
}

/// f(const matvar_t&) for each variable, without its values.
template <class F>
void for_each_variable(mat_t* file, F&& f) {
  for (;;) {
    const MatVariable info(Mat_VarReadNextInfo(file), &Mat_VarFree);
    if (!info) break;
    f(*info);
  }
}

MatVariable chosen_variable(mat_t* file, const std::string& name, const std::string& where) {
  std::vector<std::string> names, numeric;
  for_each_variable(file, [&](const matvar_t& info) {
    names.emplace_back(info.name ? info.name : "");
    if (is_numeric(info)) numeric.push_back(names.back());
  });
  if (name.empty() && numeric.size() != 1)
    throw UserError(where + ": holds the variables " + join(names) +
                    "; expected one of numbers, or its name; say which");
  Mat_Rewind(file);
  MatVariable variable(Mat_VarRead(file, name.empty() ? numeric[0].c_str() : name.c_str()), &Mat_VarFree);
  if (!variable) throw UserError(where + ": has no readable variable '" + name + "'" + suggestion(name, names));
  if (!is_numeric(*variable) || !variable->data || variable->rank < 1 || variable->rank > 16)
    throw UserError(where + ":" + variable->name + ": is no array of real numbers; expected one");
  return variable;
}

/// MATLAB stores by columns: f(place in the file) for each value in row-major order.
template <class F>
void by_rows(const Shape& shape, F&& f) {
  const auto count = static_cast<size_t>(numel(shape));
  Shape at(shape.size(), 0);
  for (size_t i = 0; i < count; ++i) {
    size_t place = 0;
    for (size_t d = shape.size(); d-- > 0;) place = place * static_cast<size_t>(shape[d]) + static_cast<size_t>(at[d]);
    f(place);
    for (size_t d = shape.size(); d-- > 0;) {
      if (++at[d] < shape[d]) break;
      at[d] = 0;
    }
  }
}

/// The file holds the data one after the other when they are its columns.
void check_precision(const double* stored, const Shape& shape, bool columns_are_data, const std::string& where) {
  const int64_t count = numel(shape), rows = shape[columns_are_data ? shape.size() - 1 : 0];
  FloatPrecision precision(rows, count / std::max<int64_t>(1, rows));
  if (columns_are_data) std::for_each_n(stored, count, [&](double value) { precision.add(value); });
  else by_rows(shape, [&](size_t place) { precision.add(stored[place]); });
  precision.check(where);
}

template <class T>
void fill(const matvar_t& variable, Array& array, const std::string& where) {
  const T* stored = static_cast<const T*>(variable.data);
  if constexpr (std::is_same_v<T, uint8_t>) {
    std::vector<uint8_t> bytes;
    by_rows(array.shape, [&](size_t place) { bytes.push_back(stored[place]); });
    array.values = std::move(bytes);
  } else {
    std::vector<float> floats;
    by_rows(array.shape, [&](size_t place) { floats.push_back(exact_float(stored[place], where)); });
    array.values = std::move(floats);
  }
}

bool mat_has(const fs::path& path, const std::string& variable) {
  const MatFile file = open_mat(path);
  return MatVariable(Mat_VarReadInfo(file.get(), variable.c_str()), &Mat_VarFree) != nullptr;
}

std::vector<Part> mat_parts(const fs::path& path) {
  const MatFile file = open_mat(path);
  std::vector<Part> parts;
  for_each_variable(file.get(), [&](const matvar_t& info) {
    Part part{info.name ? info.name : "", {}, is_numeric(info) ? mat_type(info) : ""};
    if (info.dims && info.rank > 0) part.shape.assign(info.dims, info.dims + info.rank);
    parts.push_back(std::move(part));
  });
  return parts;
}

Array read_variable(const fs::path& path, const std::string& name, bool columns_are_data) {
  const MatFile file = open_mat(path);
  const MatVariable variable = chosen_variable(file.get(), name, path.string());
  const std::string where = path.string() + ":" + variable->name;
  Array array{.shape = Shape(variable->dims, variable->dims + variable->rank), .values = {}};
  if (static_cast<size_t>(numel(array.shape)) * static_cast<size_t>(variable->data_size) != variable->nbytes)
    throw UserError(where + ": its values are not all there (truncated or damaged); expected an array " +
                    to_string(array.shape) + "; copy it again");
  switch (variable->class_type) {
    case MAT_C_UINT8:
      fill<uint8_t>(*variable, array, where);
      break;
    case MAT_C_INT8:
      fill<int8_t>(*variable, array, where);
      break;
    case MAT_C_INT16:
      fill<int16_t>(*variable, array, where);
      break;
    case MAT_C_UINT16:
      fill<uint16_t>(*variable, array, where);
      break;
    case MAT_C_INT32:
      fill<int32_t>(*variable, array, where);
      break;
    case MAT_C_UINT32:
      fill<uint32_t>(*variable, array, where);
      break;
    case MAT_C_INT64:
      fill<int64_t>(*variable, array, where);
      break;
    case MAT_C_UINT64:
      fill<uint64_t>(*variable, array, where);
      break;
    case MAT_C_SINGLE:
      fill<float>(*variable, array, where);
      break;
    default:
      check_precision(static_cast<const double*>(variable->data), array.shape, columns_are_data, where);
      fill<double>(*variable, array, where);
      break;
  }
  return array;
}

/// Images lie as [height, width, channels, images] in MATLAB; here [images, height, width, channels]. Other arrays as they are.
Array images_first(Array array, const std::string& where) {
  const Shape s = array.shape;
  if (s.size() != 4 || (s[2] != 1 && s[2] != 3)) return array;
  array.shape = {s[0] * s[1] * s[2], s[3]};
  array = transposed(array, where);
  array.shape = {s[3], s[0], s[1], s[2]};
  return array;
}

/// An empty name means the only numeric variable, and "faces'" is the transposed, for data in columns. Dimensions are in MATLAB's
/// own order.
Array read_mat(const Request& request) {
  const fs::path& path = request.path;
  const std::string& name = request.part;
  if (!name.ends_with('\'')) return images_first(read_variable(path, name, false), path.string());
  return transposed(read_variable(path, name.substr(0, name.size() - 1), true), path.string());
}

std::string mat_advice(const Part& part) {
  if (part.type.empty() || part.shape.size() != 2 || part.shape[0] < 2 || part.shape[1] < 2) return "";
  return "if its " + std::to_string(part.shape[1]) + " columns are the data: --select \"" + part.name + "'\"";
}

}  // namespace
#else
namespace {

[[noreturn]] void refuse_mat(const fs::path& file) {
  throw UserError(file.string() +
                  ": MAT files need libmatio, which was not there when this program was built; expected it; "
                  "run: sudo apt-get install libmatio-dev, and build again");
}

bool mat_has(const fs::path& file, const std::string&) { refuse_mat(file); }
Array read_mat(const Request& request) { refuse_mat(request.path); }
std::vector<Part> mat_parts(const fs::path& file) { refuse_mat(file); }
std::string mat_advice(const Part&) { return ""; }

}  // namespace
#endif

namespace readers {

constinit const Format mat{
    .name = "mat",
    .extensions = ".mat",
    .match = [](const Candidate& c) { return c.bytes.starts_with("MATLAB") ? Match::by_content : Match::none; },
    .read = &read_mat,
    .parts = &mat_parts,
    .has = &mat_has,
    .advice = &mat_advice,
    .part_key = "dataset",
    .container = true};

}  // namespace readers
}  // namespace elbo::host::formats
