// A dataset of numbers, made with its dimensions and read and written by rows.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "hdf5/handle.hpp"

namespace elbo::host::h5 {

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

/// What a dataset's values are, as they are stored.
struct ValueType {
  enum Class { integer, floating, text, other } kind = other;
  size_t bytes = 0;  // of one value
  bool is_signed = false;
};

/// Bytes of a file.
struct Place {
  haddr_t begin;
  hsize_t bytes;
};

/// An open dataset, seen as rows along its first dimension.
class Dataset {
 public:
  Dataset() = default;
  Dataset(hid_t id, std::string where) : id_(id), where_(std::move(where)) {}

  /// Of one dimension at least. Throws Failure for a scalar.
  std::vector<hsize_t> shape() const;
  /// The same, empty for a scalar.
  std::vector<hsize_t> extent() const;
  ValueType type() const;
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
  /// Throws Failure for rows that the file cannot hold, before memory is taken for them.
  template <class T>
  std::vector<T> read(hsize_t first, hsize_t rows) const {
    check_rows(rows);
    std::vector<T> values(rows * row_size());
    read(first, rows, type_of<T>(), values.data());
    return values;
  }
  /// Whether the chunk of a row has been written to the file; for chunks of one row.
  bool holds(hsize_t row) const;
  /// The bytes that its values take in the file, packed as they are; 0 before the first is written.
  hsize_t stored_bytes() const;
  /// The shape of a chunk; empty unless it is stored in chunks.
  std::vector<hsize_t> chunk() const;
  /// Where its values lie in the file, unless in chunks; where the chunk that begins at this place lies. Nothing when not there.
  std::optional<Place> place() const;
  std::optional<Place> place_of_chunk(const std::vector<hsize_t>& begin) const;
  /// Whether its values lie in the file that has the dataset: neither in external storage nor in the files of a virtual dataset.
  bool holds_own_values() const;
  /// The filters that its values are packed by and that cannot be read here: "blosc (32001)". Empty where there are none.
  std::string unknown_filters() const;
  /// Of the file that has it, which is another than the one it was opened by when a link leads there; -1 when unknown.
  int descriptor() const;
  const std::string& where() const { return where_; }

 private:
  void check_rows(hsize_t rows) const;
  Space select(hsize_t first, hsize_t rows) const;
  void write(hsize_t first, hid_t type, const void* values, size_t count);
  void read(hsize_t first, hsize_t rows, hid_t type, void* values) const;

  Handle<H5Dclose> id_;
  std::string where_;
};

}  // namespace elbo::host::h5
