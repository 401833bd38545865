// NumPy's own format (.npy), whole or by rows, which lie one after the other.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include <elbo/error.hpp>

#include "format_files.hpp"
#include "formats/containers/npy.hpp"
#include "formats/float_precision.hpp"
#include "formats/row_file.hpp"

namespace elbo::host::formats {
namespace {

constexpr size_t longest_header = 1 << 16;

class NpyRows : public RowFile {
 public:
  explicit NpyRows(const std::filesystem::path& path) : RowFile(path, path.string()) {
    struct stat file{};
    ::fstat(descriptor(), &file);
    const auto size = static_cast<size_t>(file.st_size);
    start_ = bytes_at(0, std::min(size, longest_header));
    if (start_.size() > 1 && start_[0] == std::byte{0x1f} && start_[1] == std::byte{0x8b})
      throw UserError(where() +
                      ": is packed, so it cannot be read by blocks; expected a plain NPY file; unpack it with gunzip");
    header_ = parse_npy_header(start_, where());
    check_npy_size(header_, size - header_.size, where());
    if (header_.fortran_order && header_.shape.size() > 1)
      throw UserError(where() +
                      ": is stored column by column, so it cannot be read by blocks; expected row by row; convert it: "
                      "numpy.save('rows.npy', numpy.ascontiguousarray(numpy.load('columns.npy', mmap_mode='r')))");
    start_.resize(header_.size);
    row_bytes_ = static_cast<uint64_t>(numel(header_.shape)) /
                 static_cast<uint64_t>(std::max<int64_t>(1, header_.shape[0])) * header_.width;
    holds(header_.shape, header_.width == 1 && (header_.kind == 'u' || header_.kind == 'b'), 1);
  }

 private:
  Array do_read(int64_t first, int64_t count, Md5* md5) override {
    const std::vector<std::byte> bytes = bytes_at(offset_of(first), static_cast<size_t>(count) * row_bytes_);
    if (md5 && first == 0) md5->add(start_);  // the checksum is one of the whole file
    if (md5) md5->add(bytes);
    Shape shape = header_.shape;
    shape[0] = count;
    if (!md5) return npy_values(header_, shape, bytes, where());
    if (first == 0) precision_.emplace(rows(), values_of_a_row());
    Array values = npy_values(header_, shape, bytes, where(), &*precision_);
    if (first + count == rows()) precision_->check(where());
    return values;
  }
  void do_expect(int64_t first, int64_t count) override {
    expect_bytes(offset_of(first), static_cast<uint64_t>(count) * row_bytes_);
  }
  uint64_t offset_of(int64_t row) const { return header_.size + static_cast<uint64_t>(row) * row_bytes_; }

  std::vector<std::byte> bytes_at(uint64_t offset, size_t size) const {
    std::vector<std::byte> bytes(size);
    for (size_t done = 0; done < size;) {
      const ssize_t got = ::pread(descriptor(), bytes.data() + done, size - done, static_cast<off_t>(offset + done));
      if (got <= 0) throw UserError(where() + ": cannot be read to its end; expected a whole NPY file; copy it again");
      done += static_cast<size_t>(got);
    }
    return bytes;
  }

  std::vector<std::byte> start_;
  NpyHeader header_;
  std::optional<FloatPrecision> precision_;  // of the values that were read for the checksum
  uint64_t row_bytes_ = 0;
};

}  // namespace

namespace readers {

constinit const Format npy{
    .name = "npy",
    .extensions = ".npy",
    .match = [](const Candidate& c) { return c.bytes.starts_with("\x93NUMPY") ? Match::by_content : Match::none; },
    .parse =
        [](Bytes bytes, const Request& r) {
          return r.labels ? parse_npy_labels(bytes, r.path.string()) : parse_npy(bytes, r.path.string());
        },
    .open_rows = [](const std::filesystem::path& path, const std::string&) -> std::unique_ptr<RowFile> {
      return std::make_unique<NpyRows>(path);
    }};

}  // namespace readers
}  // namespace elbo::host::formats
