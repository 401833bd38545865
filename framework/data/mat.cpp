#include "data/mat.hpp"

#include <elbo/error.hpp>

#ifdef ELBO_HAS_MATIO
#include <matio.h>

#include <cmath>
#include <memory>

#include "base/files.hpp"
#include "base/text.hpp"
#include "data/exact_float.hpp"
#include "data/sparse.hpp"
#endif

namespace elbo::data {
namespace fs = std::filesystem;

#ifdef ELBO_HAS_MATIO
namespace {

using File = std::unique_ptr<mat_t, int (*)(mat_t*)>;
using Variable = std::unique_ptr<matvar_t, void (*)(matvar_t*)>;

// libmatio gives a file that is cut whatever happens to lie in memory, so the lengths of its elements are added up
// first.
void check_whole(mat_t* file, const fs::path& path) {
  const mat_ft version = Mat_GetVersion(file);
  if (version == MAT_FT_MAT73) return;
  if (version != MAT_FT_MAT5)
    throw UserError(path.string() +
                    ": is truncated, or of version 4; expected a MAT file of version 5 or 7; save it again");
  const std::string bytes = read_file(path);
  const bool big_endian = bytes.compare(126, 2, "MI") == 0;
  size_t at = 128;
  while (at + 8 <= bytes.size()) {
    size_t length = 0;
    for (size_t i = 0; i < 4; ++i)
      length = length << 8 | static_cast<unsigned char>(bytes[at + 4 + (big_endian ? i : 3 - i)]);
    at += 8 + length;
  }
  if (at != bytes.size())
    throw UserError(path.string() + ": is truncated or damaged: its parts end at byte " + std::to_string(at) + " of " +
                    std::to_string(bytes.size()) + "; expected the whole file; copy it again");
}

File open(const fs::path& path) {
  static const bool quiet = [] {
    Mat_LogInitFunc("elbo", [](int, char*) {});
    return true;
  }();
  static_cast<void>(quiet);
  File file(fs::is_regular_file(path) ? Mat_Open(path.c_str(), MAT_ACC_RDONLY) : nullptr, &Mat_Close);
  if (!file) throw UserError(path.string() + ": is missing, damaged or no MAT file; expected one; copy it again");
  check_whole(file.get(), path);
  return file;
}

bool is_numeric(const matvar_t& variable) {
  return (variable.class_type >= MAT_C_DOUBLE && variable.class_type <= MAT_C_UINT64) && !variable.isComplex;
}

Variable chosen(mat_t* file, const std::string& name, const std::string& where) {
  std::vector<std::string> names, numeric;
  for (;;) {
    const Variable info(Mat_VarReadNextInfo(file), &Mat_VarFree);
    if (!info) break;
    names.emplace_back(info->name ? info->name : "");
    if (is_numeric(*info)) numeric.push_back(names.back());
  }
  if (name.empty() && numeric.size() != 1)
    throw UserError(where + ": holds the variables " + join(names) +
                    "; expected one of numbers, or its name; say which");
  Mat_Rewind(file);
  Variable variable(Mat_VarRead(file, name.empty() ? numeric[0].c_str() : name.c_str()), &Mat_VarFree);
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

}  // namespace

bool mat_has(const fs::path& path, const std::string& variable) {
  const File file = open(path);
  return Variable(Mat_VarReadInfo(file.get(), variable.c_str()), &Mat_VarFree) != nullptr;
}

Array read_mat(const fs::path& path, const std::string& name) {
  if (name.ends_with('\'')) return transposed(read_mat(path, name.substr(0, name.size() - 1)), path.string());
  const File file = open(path);
  const Variable variable = chosen(file.get(), name, path.string());
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
      fill<double>(*variable, array, where);
      break;
  }
  return array;
}

#else
namespace {

[[noreturn]] void refuse(const fs::path& file) {
  throw UserError(file.string() +
                  ": MAT files need libmatio, which was not there when this program was built; expected it; "
                  "run: sudo apt-get install libmatio-dev, and build again");
}

}  // namespace

bool mat_has(const fs::path& file, const std::string&) { refuse(file); }
Array read_mat(const fs::path& file, const std::string&) { refuse(file); }
#endif

}  // namespace elbo::data
