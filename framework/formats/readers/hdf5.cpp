// A dataset of an HDF5 file, whole or by rows, which lie in one piece or in chunks.
#include <algorithm>
#include <optional>

#include <elbo/error.hpp>

#include "format_files.hpp"
#include "formats/containers/hdf5_arrays.hpp"
#include "formats/containers/single_cell.hpp"
#include "formats/float_precision.hpp"
#include "formats/row_file.hpp"

namespace elbo::host::formats {
namespace {

/// What lies in other files may change and this file not.
void check_own_values(const Hdf5Set& opened, const std::string& file) {
  const bool linked = state_of(opened.set.descriptor()) != state_of(opened.file.descriptor());
  if (!linked && opened.set.holds_own_values()) return;
  throw UserError(
      opened.where +
      ": its values lie in other files (an external link, external storage or a virtual dataset); expected them in " +
      file + " itself to be read by blocks; copy them into it, or name the file that holds them");
}

class Hdf5Rows : public RowFile {
 public:
  Hdf5Rows(const std::filesystem::path& path, const std::string& dataset)
      : RowFile(path, path.string() + ":" + dataset), set_(open_hdf5_set(path, dataset)), chunk_(set_.set.chunk()) {
    check_own_values(set_, path.string());
    check_same_file(set_.file.descriptor());
    const Shape& shape = set_.info.shape;
    const int64_t rows = chunk_.empty() ? 1 : static_cast<int64_t>(chunk_[0]);
    holds(shape, set_.info.type == StoredType::byte, std::clamp<int64_t>(rows, 1, std::max<int64_t>(1, shape[0])));
  }

 private:
  Array do_read(int64_t first, int64_t count, Md5* md5) override {
    if (!md5) return read_rows(set_, first, count);
    if (first == 0) precision_.emplace(rows(), values_of_a_row());
    Array array = read_rows(set_, first, count, &*precision_);
    if (first + count == rows()) precision_->check(where());
    md5->add(value_bytes(array));
    return array;
  }

  void do_expect(int64_t first, int64_t count) override {
    if (!chunk_.empty()) return expect_chunks(first, count);
    const uint64_t row = static_cast<uint64_t>(values_of_a_row()) * set_.set.type().bytes;
    if (const auto place = set_.set.place())
      expect_bytes(place->begin + static_cast<uint64_t>(first) * row, static_cast<uint64_t>(count) * row);
  }

  /// Every chunk that holds a part of these rows.
  void expect_chunks(int64_t first, int64_t count) const {
    const hsize_t end = static_cast<hsize_t>(first) + static_cast<hsize_t>(count);
    std::vector<hsize_t> at(chunk_.size(), 0);
    at[0] = static_cast<hsize_t>(first) / chunk_[0] * chunk_[0];
    while (at[0] < end) {
      if (const auto place = set_.set.place_of_chunk(at)) expect_bytes(place->begin, place->bytes);
      for (size_t d = at.size(); d-- > 0;) {  // the next place, the last dimension first
        at[d] += chunk_[d];
        if (d == 0 || at[d] < static_cast<hsize_t>(shape()[d])) break;
        at[d] = 0;
      }
    }
  }

  Hdf5Set set_;
  std::vector<hsize_t> chunk_;
  std::optional<FloatPrecision> precision_;  // of the values that were read for the checksum
};

}  // namespace

namespace readers {

constinit const Format hdf5{
    .name = "hdf5",
    .extensions = ".h5 .hdf5",
    .match = [](const Candidate& c) { return c.is_hdf5() ? Match::by_content : Match::none; },
    .read =
        [](const Request& r) {
          return r.labels ? labels_or_values(open_hdf5(r.path), r.part) : read_hdf5(r.path, r.part);
        },
    .parts = [](const std::filesystem::path& path) { return hdf5_parts(open_hdf5(path)); },
    .has = &hdf5_has,
    .open_rows = [](const std::filesystem::path& path, const std::string& part) -> std::unique_ptr<RowFile> {
      return std::make_unique<Hdf5Rows>(path, part);
    },
    .part_key = "dataset",
    .container = true};

}  // namespace readers
}  // namespace elbo::host::formats
