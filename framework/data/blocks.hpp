// Rows of large files: chosen ones, read a piece at a time; and training data that do not fit in memory, in blocks of rows of which
// a few are held at a time.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "data/dataset.hpp"
#include "formats/row_file.hpp"

namespace elbo::host::data {

using formats::RowFile;

/// So many rows are read at one go: about four million values, whole grains.
int64_t rows_of_a_piece(const RowFile& file);

/// The rows in the given order, checked and typed as the description says: [rows, X...]. Throws UserError.
Array gathered(RowFile& file, std::span<const int64_t> rows, const Description& description);

/// How a file is cut: rows of the file in a block, and blocks that are held at a time.
struct BlockSizes {
  int64_t rows = 1, held = 1;
};

/// As many blocks as mix well (16), or as there are, within so many bytes; whole grains of the file. Throws UserError when
/// not one grain fits.
BlockSizes block_sizes(const RowFile& file, int64_t bytes_of_a_row, double bytes);

/// Datum i is the i-th of the chosen rows, in the file's order. Any order of access gives the same values; the order in
/// which few blocks are needed at a time is fast. Not for several threads.
class Blocks {
 public:
  /// Opens the file and proves that it holds what it held; throws ChangedData.
  using Reopen = std::function<std::unique_ptr<RowFile>()>;
  /// `rows`: those of the file that are the training data, in increasing order. A file that is touched is opened again
  /// by `reopen`; without it, that ends the reading.
  Blocks(std::unique_ptr<RowFile> file, std::vector<int64_t> rows, Description description, BlockSizes sizes,
         Reopen reopen = {});

  int64_t rows() const { return static_cast<int64_t>(rows_.size()); }
  int64_t count() const { return static_cast<int64_t>(starts_.size()) - 1; }
  /// Blocks held at a time, at most.
  int64_t held() const { return static_cast<int64_t>(slots_.size()); }
  /// The data of a block are begin .. end - 1.
  int64_t begin(int64_t block) const { return starts_[static_cast<size_t>(block)]; }
  int64_t end(int64_t block) const { return starts_[static_cast<size_t>(block) + 1]; }
  bool are_bytes() const { return bytes_; }

  /// The values of a block, which stay until `held` others were asked for. Throws UserError: damaged, or changed meanwhile.
  const Array& block(int64_t block);
  /// The values of one data point, which stay as long.
  std::variant<const uint8_t*, const float*> row(int64_t datum);

  /// Blocks will be needed in this order: while one is used, the system fetches the one `held` places later.
  void expect(std::span<const int64_t> order);

 private:
  struct Slot {
    int64_t block = -1;
    uint64_t used = 0;
    Array values;
  };
  Slot& slot_of(int64_t block);
  Slot& load(int64_t block);
  Array read(std::span<const int64_t> rows);

  std::unique_ptr<RowFile> file_;
  Reopen reopen_;
  std::vector<int64_t> rows_;
  Description description_;
  int64_t rows_of_a_block_, row_;
  bool bytes_;
  std::vector<int64_t> starts_;    // of each block, and the end
  std::vector<int64_t> block_of_;  // of each block of the file, the place among those that hold data
  std::vector<Slot> slots_;
  std::vector<int32_t> slot_;        // of each block, -1 when it is not held
  std::vector<int64_t> afterwards_;  // of each block, the one to fetch meanwhile, or -1
  uint64_t clock_ = 0;
};

/// f(const std::vector<T>& values) for all data in order: once, or block by block. T is uint8_t or float.
template <class F>
void for_each_part(const Split& split, F&& f) {
  if (!split.blocks) return std::visit(f, split.x.values);
  for (int64_t block = 0; block < split.blocks->count(); ++block) std::visit(f, split.blocks->block(block).values);
}

/// f(const T* values) for each of these data in turn; `row` values belong to one.
template <class F>
void for_each_row(const Split& split, std::span<const int64_t> data, int64_t row, F&& f) {
  if (split.blocks) {
    for (const int64_t datum : data) std::visit(f, split.blocks->row(datum));
    return;
  }
  std::visit(
      [&](const auto& values) {
        for (const int64_t datum : data) f(values.data() + datum * row);
      },
      split.x.values);
}

inline bool holds_bytes(const Split& split) {
  return split.blocks ? split.blocks->are_bytes() : std::holds_alternative<std::vector<uint8_t>>(split.x.values);
}

}  // namespace elbo::host::data
