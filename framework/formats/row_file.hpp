// An array in a file whose rows can be read without the rest of it.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "base/digest.hpp"
#include "formats/array.hpp"
#include "formats/file_state.hpp"

namespace elbo::host::formats {

class RowFile {
 public:
  virtual ~RowFile();
  RowFile(const RowFile&) = delete;
  RowFile& operator=(const RowFile&) = delete;

  /// Of the whole array.
  const Shape& shape() const { return shape_; }
  int64_t rows() const { return shape_[0]; }
  int64_t values_of_a_row() const;
  /// Its values are unsigned bytes; else all become floats.
  bool holds_bytes() const { return holds_bytes_; }
  /// So many rows lie together that one of them costs as much to read as all: those of an HDF5 chunk.
  int64_t grain() const { return grain_; }
  const std::string& where() const { return where_; }
  /// Of the file when it was opened. All that is read is of it.
  const FileState& state() const { return state_; }

  /// Rows first .. first + count - 1. Throws UserError naming the file: damaged; ChangedData: written to, or even touched, since
  /// it was opened.
  Array read(int64_t first, int64_t count);
  /// The same; adds what the file's checksum is taken of to `md5`. All rows must be read so, in order.
  Array read(int64_t first, int64_t count, Md5& md5);
  /// Lets the operating system fetch these rows while the program goes on.
  void expect(int64_t first, int64_t count);

 protected:
  /// Throws UserError when the file cannot be opened.
  RowFile(const std::filesystem::path& path, std::string where);
  /// To be called once by the constructor.
  void holds(Shape shape, bool bytes, int64_t grain);
  int descriptor() const { return descriptor_; }
  /// Throws ChangedData unless `descriptor` is open on the same file.
  void check_same_file(int descriptor) const;
  void expect_bytes(uint64_t offset, uint64_t size) const;

 private:
  virtual Array do_read(int64_t first, int64_t count, Md5* md5) = 0;
  virtual void do_expect(int64_t first, int64_t count) = 0;
  Array read_unchanged(int64_t first, int64_t count, Md5* md5);
  void check_unchanged() const;

  std::string where_;
  int descriptor_ = -1;
  Shape shape_;
  bool holds_bytes_ = false;
  int64_t grain_ = 1;
  FileState state_;
};

}  // namespace elbo::host::formats
