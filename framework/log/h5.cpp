#include "log/h5.hpp"

namespace elbo::h5 {
namespace fs = std::filesystem;
namespace {

// At exit the library closes what is still open. After a failed write that crashes (1.10.8), so it must not;
// it can be told only before its first use.
[[maybe_unused]] const herr_t no_exit_handler = H5dont_atexit();

herr_t keep_innermost(unsigned n, const H5E_error2_t* error, void* reason) {
  if (n == 0 && error->desc) *static_cast<std::string*>(reason) = error->desc;
  return 0;
}

/// HDF5 wraps the system's reason in addresses and times; only the reason helps.
std::string short_reason(const std::string& reason) {
  constexpr std::string_view mark = "error message = '";
  const size_t begin = reason.find(mark);
  if (begin == std::string::npos) return reason;
  const size_t end = reason.find('\'', begin + mark.size());
  return reason.substr(begin + mark.size(), end - begin - mark.size());
}

Properties access(Mode mode) {
  Properties p(H5Pcreate(H5P_FILE_ACCESS));
  H5Pset_libver_bounds(p, H5F_LIBVER_V110, H5F_LIBVER_V110);
  // A live reader holds a shared lock for as long as it looks; it must not stop the writer from finishing.
  // Two writers are kept apart by WriterLock.
  H5Pset_file_locking(p, false, true);
  if (mode == Mode::repair) {
    const hbool_t yes = true;
    H5Pset(p, "clear_status_flags", &yes);
    H5Pset(p, "skip_eof_check", &yes);
  }
  return p;
}

unsigned flags(Mode mode) {
  if (mode == Mode::read) return H5F_ACC_RDONLY;
  if (mode == Mode::live) return H5F_ACC_RDONLY | H5F_ACC_SWMR_READ;
  return H5F_ACC_RDWR;
}

}  // namespace

void fail(const std::string& where, const std::string& what) {
  std::string reason;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &reason);
  H5Eclear2(H5E_DEFAULT);
  const std::string text = short_reason(reason),
                    sentence = where + ": cannot " + what + (text.empty() ? "" : ": " + text);
  if (is_transient_reason(text)) throw TransientFailure(sentence);
  throw Failure(sentence);
}

template <>
hid_t type_of<double>() {
  return H5T_NATIVE_DOUBLE;
}
template <>
hid_t type_of<float>() {
  return H5T_NATIVE_FLOAT;
}
template <>
hid_t type_of<int64_t>() {
  return H5T_NATIVE_INT64;
}
template <>
hid_t type_of<uint8_t>() {
  return H5T_NATIVE_UINT8;
}

// ------------------------------------------------------------------------------------------------ Dataset

std::vector<hsize_t> Dataset::shape() const {
  const Space space(check(H5Dget_space(id_), where_, "be read"));
  std::vector<hsize_t> shape(static_cast<size_t>(check(H5Sget_simple_extent_ndims(space), where_, "be read")));
  H5Sget_simple_extent_dims(space, shape.data(), nullptr);
  if (shape.empty()) throw Error(where_ + ": is a scalar; expected rows; the file is not what it was created as");
  return shape;
}

bool Dataset::grows() const {
  const Space space(check(H5Dget_space(id_), where_, "be read"));
  std::vector<hsize_t> largest(static_cast<size_t>(check(H5Sget_simple_extent_ndims(space), where_, "be read")));
  H5Sget_simple_extent_dims(space, nullptr, largest.data());
  return !largest.empty() && largest[0] == H5S_UNLIMITED;
}

hsize_t Dataset::row_size() const {
  hsize_t size = 1;
  const std::vector<hsize_t> all = shape();
  for (size_t i = 1; i < all.size(); ++i) size *= all[i];
  return size;
}

void Dataset::resize(hsize_t rows) {
  std::vector<hsize_t> size = shape();
  size[0] = rows;
  check(H5Dset_extent(id_, size.data()), where_, "be resized");
}

Space Dataset::select(hsize_t first, hsize_t rows) const {
  std::vector<hsize_t> count = shape(), start(count.size(), 0);
  start[0] = first;
  count[0] = rows;
  Space space(check(H5Dget_space(id_), where_, "be read"));
  check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr), where_,
        "select rows");
  return space;
}

void Dataset::write(hsize_t first, hid_t type, const void* values, size_t count) {
  const hsize_t size = row_size(), rows = size ? count / size : 0, extent = count;
  if (size == 0 || rows * size != count)
    throw Error(where_ + ": was given " + std::to_string(count) + " values; expected rows of " + std::to_string(size));
  if (rows == 0) return;
  if (first + rows > this->rows()) resize(first + rows);
  const Space from(H5Screate_simple(1, &extent, nullptr)), to = select(first, rows);
  check(H5Dwrite(id_, type, from, to, H5P_DEFAULT, values), where_, "be written");
}

void Dataset::read(hsize_t first, hsize_t rows, hid_t type, void* values) const {
  if (rows == 0) return;
  const hsize_t extent = rows * row_size();
  const Space to(H5Screate_simple(1, &extent, nullptr)), from = select(first, rows);
  check(H5Dread(id_, type, to, from, H5P_DEFAULT, values), where_, "be read");
}

bool Dataset::holds(hsize_t row) const {
  std::vector<hsize_t> offset(shape().size(), 0);
  offset[0] = row;
  hsize_t bytes = 0;
  if (H5Dget_chunk_storage_size(id_, offset.data(), &bytes) >= 0) return bytes > 0;
  H5Eclear2(H5E_DEFAULT);
  return false;
}

// --------------------------------------------------------------------------------------------------- File

File File::create(const fs::path& file) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Properties order(H5Pcreate(H5P_FILE_CREATE));
  H5Pset_link_creation_order(order, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_attr_creation_order(order, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_obj_track_times(order, false);
  return File(check(H5Fcreate(file.c_str(), H5F_ACC_TRUNC, order, access(Mode::write)), file.string(), "be created"),
              file);
}

File File::open(const fs::path& file, Mode mode) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  File opened(check(H5Fopen(file.c_str(), flags(mode), access(mode)), file.string(), "be opened"), file);
  // A killed writer may have put chunks past the end that its superblock tells of. Moving that end behind the
  // last byte keeps new objects from being laid over them.
  if (mode == Mode::repair) check(H5Fincrement_filesize(opened.id_, 0), file.string(), "be repaired");
  return opened;
}

void File::freeze() {
  check(H5Fstart_swmr_write(id_), path_.string(), "start single-writer-multiple-reader mode");
  frozen_ = true;
}

void File::flush() { check(H5Fflush(id_, H5F_SCOPE_LOCAL), path_.string(), "be written"); }

void File::close() {
  if (id_ < 0) return;
  flush();
  check(H5Fclose(id_.release()), path_.string(), "be closed");
}

void File::must_not_be_frozen(const std::string& object) const {
  if (frozen_) throw Error(where(object) + ": cannot be created or changed once rows are being written");
}

void File::abandon() {
  const hid_t id = id_.release();
  hsize_t size = 0;
  if (id < 0 || H5Fget_filesize(id, &size) < 0) return;
  // The superblock may already tell of bytes that could not be written. A hole in their place takes no space.
  std::error_code ignored;
  if (fs::file_size(path_, ignored) < size) fs::resize_file(path_, size, ignored);
}

bool File::has(const std::string& path) const { return H5Lexists(id_, path.c_str(), H5P_DEFAULT) > 0; }

Dataset File::dataset(const std::string& path) const {
  return Dataset(check(H5Dopen2(id_, path.c_str(), H5P_DEFAULT), where(path), "be opened"), where(path));
}

}  // namespace elbo::h5
