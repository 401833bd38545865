// RAII over the HDF5 C API: what the run log needs of it, and no more.
#pragma once
#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/transient.hpp"

namespace elbo::h5 {

/// Owns an HDF5 identifier and closes it with its own H5?close.
template <herr_t (*closer)(hid_t)>
class Handle {
 public:
  explicit Handle(hid_t id = H5I_INVALID_HID) : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) closer(id_);
  }
  hid_t release() { return std::exchange(id_, H5I_INVALID_HID); }
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
};

using Space = Handle<H5Sclose>;
using Type = Handle<H5Tclose>;
using Properties = Handle<H5Pclose>;
using Attribute = Handle<H5Aclose>;
using Object = Handle<H5Oclose>;

/// The library or the system refused.
struct Failure : Error {
  using Error::Error;
};

/// The disk is full, say.
struct TransientFailure : Failure, Transient {
  using Failure::Failure;
};

/// Throws Failure "<where>: cannot <what>: <the innermost reason on the HDF5 error stack>".
[[noreturn]] void fail(const std::string& where, const std::string& what);

/// The result, unless it is negative: then fail().
template <class Result>
Result check(Result result, const std::string& where, const std::string& what) {
  if (result < 0) fail(where, what);
  return result;
}

/// The memory type of T: double, float, int64_t or uint8_t.
template <class T>
hid_t type_of();

/// How a numeric dataset is made. The first dimension grows when `growing`.
struct Spec {
  hid_t type;  // H5T_IEEE_F64LE, ...
  std::vector<hsize_t> shape;
  std::vector<std::string> dims;  // names of dimension scales in the same group, one a dimension
  std::string units, long_name;
  bool growing = false;
  std::vector<hsize_t> chunk{};  // empty: contiguous
  bool deflate = false;          // only for chunks that are written exactly once
};

/// An open dataset, seen as rows along its first dimension.
class Dataset {
 public:
  Dataset() = default;
  Dataset(hid_t id, std::string where) : id_(id), where_(std::move(where)) {}

  std::vector<hsize_t> shape() const;
  hsize_t rows() const { return shape()[0]; }
  /// Whether rows can be added.
  bool grows() const;
  /// Elements in one row.
  hsize_t row_size() const;
  /// Cuts, or extends with the fill value.
  void resize(hsize_t rows);
  /// Writes whole rows from `first` on and grows where needed; values.size() is a multiple of row_size().
  template <class T>
  void write(hsize_t first, std::span<const T> values) {
    write(first, type_of<T>(), values.data(), values.size());
  }
  template <class T>
  std::vector<T> read(hsize_t first, hsize_t rows) const {
    std::vector<T> values(rows * row_size());
    read(first, rows, type_of<T>(), values.data());
    return values;
  }
  /// Whether the chunk of a row has been written to the file; for chunks of one row.
  bool holds(hsize_t row) const;
  const std::string& where() const { return where_; }

 private:
  Space select(hsize_t first, hsize_t rows) const;
  void write(hsize_t first, hid_t type, const void* values, size_t count);
  void read(hsize_t first, hsize_t rows, hid_t type, void* values) const;

  Handle<H5Dclose> id_;
  std::string where_;
};

enum class Mode {
  read,    // a file that nobody writes
  live,    // a file that is being written, or whose writer was killed
  write,   // a file that nobody else writes
  repair,  // as write, but clears the flags of a killed writer and keeps all bytes it left
};

/// An HDF5 file. Everything is created first; after freeze() creating anything throws, because the library itself
/// would let it pass and readers would meet a half-made object.
class File {
 public:
  /// Replaces a file of that name. Each throws Error.
  static File create(const std::filesystem::path& file);
  static File open(const std::filesystem::path& file, Mode mode);

  /// Starts single-writer-multiple-reader mode. No dataset may be open.
  void freeze();
  void flush();
  /// What the destructor does, but throws when the last bytes cannot be written.
  void close();
  /// After a failed write, instead of closing: writes nothing more, so that what was flushed stays as it is.
  void abandon();

  void group(const std::string& path);
  void attribute(const std::string& object, const std::string& name, const std::string& text);
  /// The same where there may be such an attribute already; not while others read the file.
  void replace_attribute(const std::string& object, const std::string& name, const std::string& text);
  void attribute(const std::string& object, const std::string& name, const std::vector<std::string>& texts);
  /// UTF-8: a scalar of fixed length, or texts of any length, one for each row of the dimension scale `dim`.
  void text(const std::string& path, const std::string& text, const std::string& long_name);
  void texts(const std::string& path, const std::vector<std::string>& texts, const std::string& dim,
             const std::string& long_name);
  void number(const std::string& path, double value, const std::string& units, const std::string& long_name);
  /// As attribute(), but nothing for an empty text.
  void attribute_if_any(const std::string& object, const std::string& name, const std::string& text) {
    if (!text.empty()) attribute(object, name, text);
  }
  Dataset dataset(const std::string& path, const Spec& spec);
  /// A dimension with a value for each row: a growing int64 dataset that is its own dimension scale.
  void coordinate(const std::string& path, const std::string& long_name);
  /// A dimension without values, named as netCDF-4 names it.
  void dimension(const std::string& path, hsize_t size, const std::string& long_name);
  /// A group with all in it; nothing when it is not there.
  void remove(const std::string& path);
  /// Attributes of fixed length ASCII, as the HDF5 Image specification wants them.
  void image_attributes(const std::string& path, bool colour);

  bool has(const std::string& path) const;
  Dataset dataset(const std::string& path) const;
  /// Names of a dataset's dimensions; of a dimension without a scale an empty one.
  std::vector<std::string> dims(const std::string& path) const;
  /// Whether a dimension has no values, as one that dimension() made.
  bool is_bare_dimension(const std::string& path) const;
  /// Names in a group, in the order of creation.
  std::vector<std::string> names(const std::string& group) const;
  bool is_text(const std::string& path) const;
  /// Of a scalar dataset.
  std::string text(const std::string& path) const;
  /// Of a dataset of one dimension.
  std::vector<std::string> texts(const std::string& path) const;
  double number(const std::string& path) const;
  /// Empty when there is no such text attribute.
  std::string attribute(const std::string& object, const std::string& name) const;
  const std::filesystem::path& path() const { return path_; }

 private:
  File(hid_t id, std::filesystem::path path) : id_(id), path_(std::move(path)) {}
  std::string where(const std::string& object) const { return path_.string() + ":" + object; }
  void must_not_be_frozen(const std::string& object) const;
  void attach(const std::string& path, const std::vector<std::string>& dims);
  void write_attribute(const std::string& object, const std::string& name, hid_t space,
                       const std::vector<const char*>& texts);

  Handle<H5Fclose> id_;
  std::filesystem::path path_;
  bool frozen_ = false;
};

}  // namespace elbo::h5
