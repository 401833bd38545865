// Rows of an HDF5 dataset, in one piece or in chunks.
#include <algorithm>
#include <optional>

#include <elbo/error.hpp>

#include "data/float_precision.hpp"
#include "data/hdf5_set.hpp"
#include "data/row_file.hpp"
#include "data/stored.hpp"

namespace elbo::data {
namespace {

/// Sizes of a chunk; nothing when the dataset is not chunked.
std::vector<hsize_t> chunk_of(hid_t set) {
  const Handle creation(H5Dget_create_plist(set), &H5Pclose);
  if (H5Pget_layout(creation) != H5D_CHUNKED) return {};
  std::vector<hsize_t> sizes(H5S_MAX_RANK);
  const int dims = H5Pget_chunk(creation, H5S_MAX_RANK, sizes.data());
  sizes.resize(static_cast<size_t>(std::max(dims, 0)));
  return sizes;
}

/// Of the file as the library has it open.
int descriptor_of(hid_t file) {
  void* descriptor = nullptr;
  return H5Fget_vfd_handle(file, H5P_DEFAULT, &descriptor) >= 0 && descriptor ? *static_cast<int*>(descriptor) : -1;
}

/// What lies in other files may change and this file not.
void check_own_values(const Hdf5Set& opened, const std::string& file) {
  const Handle creation(H5Dget_create_plist(opened.set), &H5Pclose), home(H5Iget_file_id(opened.set), &H5Fclose);
  const bool linked = state_of(descriptor_of(home)) != state_of(descriptor_of(opened.file));
  if (!linked && H5Pget_layout(creation) != H5D_VIRTUAL && H5Pget_external_count(creation) == 0) return;
  throw UserError(
      opened.where +
      ": its values lie in other files (an external link, external storage or a virtual dataset); expected them in " +
      file + " itself to be read by blocks; copy them into it, or name the file that holds them");
}

class Hdf5Rows : public RowFile {
 public:
  Hdf5Rows(const std::filesystem::path& path, const std::string& dataset)
      : RowFile(path, path.string() + ":" + dataset), set_(open_hdf5_set(path, dataset)), chunk_(chunk_of(set_.set)) {
    check_own_values(set_, path.string());
    check_same_file(descriptor_of(set_.file));
    const Shape& shape = set_.info.shape;
    const int64_t rows = chunk_.empty() ? 1 : static_cast<int64_t>(chunk_[0]);
    holds(shape, set_.info.type == StoredType::byte, std::clamp<int64_t>(rows, 1, std::max<int64_t>(1, shape[0])));
  }

 private:
  Array do_read(int64_t first, int64_t count, Md5* md5) override {
    const Quiet quiet;
    if (!md5) return read_rows(set_, first, count);
    if (first == 0) precision_.emplace(rows(), values_of_a_row());
    Array array = read_rows(set_, first, count, &*precision_);
    if (first + count == rows()) precision_->check(where());
    md5->add(bytes_of(array));
    return array;
  }

  void do_expect(int64_t first, int64_t count) override {
    const Quiet quiet;
    if (!chunk_.empty()) return expect_chunks(first, count);
    const haddr_t begin = H5Dget_offset(set_.set);
    const uint64_t row = static_cast<uint64_t>(values_of_a_row()) * H5Tget_size(set_.type);
    if (begin != HADDR_UNDEF)
      expect_bytes(begin + static_cast<uint64_t>(first) * row, static_cast<uint64_t>(count) * row);
  }

  /// Every chunk that holds a part of these rows.
  void expect_chunks(int64_t first, int64_t count) const {
    const hsize_t end = static_cast<hsize_t>(first) + static_cast<hsize_t>(count);
    std::vector<hsize_t> at(chunk_.size(), 0);
    at[0] = static_cast<hsize_t>(first) / chunk_[0] * chunk_[0];
    while (at[0] < end) {
      unsigned filters = 0;
      haddr_t address = HADDR_UNDEF;
      hsize_t size = 0;
      const bool found = H5Dget_chunk_info_by_coord(set_.set, at.data(), &filters, &address, &size) >= 0;
      if (found && address != HADDR_UNDEF) expect_bytes(address, size);
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

std::unique_ptr<RowFile> open_hdf5_rows(const std::filesystem::path& path, const std::string& dataset) {
  const Quiet quiet;
  return std::make_unique<Hdf5Rows>(path, dataset);
}

}  // namespace elbo::data
