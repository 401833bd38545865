#include "formats/row_file.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace elbo::host::formats {

RowFile::RowFile(const std::filesystem::path& path, std::string where)
    : where_(std::move(where)), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  const auto state = state_of(descriptor_);
  if (!state) throw UserError(path.string() + ": cannot be opened; expected a file that may be read");
  state_ = *state;
}

RowFile::~RowFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int64_t RowFile::values_of_a_row() const { return numel({shape_.begin() + 1, shape_.end()}); }

void RowFile::holds(Shape shape, bool bytes, int64_t grain) {
  shape_ = std::move(shape);
  holds_bytes_ = bytes;
  grain_ = grain;
}

void RowFile::check_same_file(int descriptor) const {
  if (state_of(descriptor) != state_)
    throw ChangedData(where_ + ": was replaced while it was being opened; expected one file; begin again");
}

void RowFile::check_unchanged() const {
  if (state_of(descriptor_) != state_)
    throw ChangedData(where_ +
                      ": was changed while it was being read; expected the file as it was at the start; begin again");
}

/// The state after the read is the proof: what was written meanwhile may be in it.
Array RowFile::read_unchanged(int64_t first, int64_t count, Md5* md5) {
  check_unchanged();
  Array array = do_read(first, count, md5);
  check_unchanged();
  return array;
}

Array RowFile::read(int64_t first, int64_t count) { return read_unchanged(first, count, nullptr); }

Array RowFile::read(int64_t first, int64_t count, Md5& md5) { return read_unchanged(first, count, &md5); }

void RowFile::expect(int64_t first, int64_t count) { do_expect(first, count); }

void RowFile::expect_bytes(uint64_t offset, uint64_t size) const {
  ::posix_fadvise(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(size), POSIX_FADV_WILLNEED);
}

}  // namespace elbo::host::formats
