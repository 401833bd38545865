#include "hdf5/file.hpp"

#include <cstdlib>

#include <elbo/error.hpp>

#include "hdf5/lzf.hpp"
#include "hdf5/walk.hpp"

namespace elbo::host::h5 {
namespace fs = std::filesystem;
namespace {

Properties access(Mode mode) {
  Properties p(H5Pcreate(H5P_FILE_ACCESS));
  if (mode == Mode::foreign) return p;
  H5Pset_libver_bounds(p, H5F_LIBVER_V110, H5F_LIBVER_V110);
  // A live reader holds a shared lock for as long as it looks; it must not stop the writer from finishing.
  // Two writers are kept apart by WriterLock.
  H5Pset_file_locking(p, false, true);
  if (mode == Mode::live) H5Pset_metadata_read_attempts(p, read_attempts);
  if (mode == Mode::repair) {
    const hbool_t yes = true;
    H5Pset(p, "clear_status_flags", &yes);
    H5Pset(p, "skip_eof_check", &yes);
  }
  return p;
}

unsigned flags(Mode mode) {
  if (mode == Mode::read || mode == Mode::foreign) return H5F_ACC_RDONLY;
  if (mode == Mode::live) return H5F_ACC_RDONLY | H5F_ACC_SWMR_READ;
  return H5F_ACC_RDWR;
}

}  // namespace

File File::create(const fs::path& file, Placement placement) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Properties creation(H5Pcreate(H5P_FILE_CREATE));
  H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_attr_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_obj_track_times(creation, false);
  if (placement == Placement::pages) {
    constexpr hsize_t page = 4096;
    H5Pset_file_space_strategy(creation, H5F_FSPACE_STRATEGY_PAGE, false, 1);
    H5Pset_file_space_page_size(creation, page);
  }
  return File(check(H5Fcreate(file.c_str(), H5F_ACC_TRUNC, creation, access(Mode::write)), file.string(), "be created"),
              file);
}

File File::open(const fs::path& file, Mode mode) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  prepare_filters();
  if (mode != Mode::write && mode != Mode::repair) must_survive_a_walk(file);
  File opened(check(H5Fopen(file.c_str(), flags(mode), access(mode)), file.string(), "be opened"), file);
  // A killed writer may have put chunks past the end that its superblock tells of. Moving that end behind the
  // last byte keeps new objects from being laid over them.
  const char* external = std::getenv("ELBO_HDF5_EXTERNAL");
  opened.may_refer_to_others_ = mode == Mode::foreign && external && std::string(external) == "allow";
  if (mode == Mode::repair) check(H5Fincrement_filesize(opened.id_, 0), file.string(), "be repaired");
  return opened;
}

Properties File::access_to(hid_t kind) const {
  Properties links(H5Pcreate(kind));
  const auto refuse = [](const char*, const char*, const char*, const char*, unsigned*, hid_t, void*) { return -1; };
  if (!may_refer_to_others_) H5Pset_elink_cb(links, refuse, nullptr);
  return links;
}

hid_t File::opened(const std::string& path) const {
  H5L_info_t link{};
  const bool is_external = H5Lget_info(id_, path.c_str(), &link, H5P_DEFAULT) >= 0 && link.type == H5L_TYPE_EXTERNAL;
  H5Eclear2(H5E_DEFAULT);
  const auto refuse = [&] {
    throw UserError(
        where(path) +
        ": its values lie in other files (an external link, external storage or a virtual dataset); expected "
        "them in this one; copy them into it, or, if you trust whoever made it, set ELBO_HDF5_EXTERNAL=allow "
        "to read data");
  };
  if (is_external && !may_refer_to_others_) refuse();
  Object dataset(check(H5Dopen2(id_, path.c_str(), access_to(H5P_DATASET_ACCESS)), where(path), "be opened"));
  const Properties creation(H5Dget_create_plist(dataset));
  if (!may_refer_to_others_ && (H5Pget_external_count(creation) > 0 || H5Pget_layout(creation) == H5D_VIRTUAL))
    refuse();
  const Type type(H5Dget_type(dataset));
  if (!lzf_fills_chunks(creation, H5Tget_size(type)))
    throw Failure(where(path) +
                  ": its LZF filter does not unpack to whole chunks; expected a file of h5py; copy it again");
  return dataset.release();
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

// H5Lexists fails, rather than saying no, when a group on the way is missing.
bool File::has(const std::string& path) const {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
    if (H5Lexists(id_, path.substr(0, slash).c_str(), H5P_DEFAULT) <= 0) return H5Eclear2(H5E_DEFAULT), false;
  return H5Lexists(id_, path.c_str(), H5P_DEFAULT) > 0;
}

int File::descriptor() const { return descriptor_of(id_); }

void File::check_claim(double bytes, const std::string& object) const {
  hsize_t size = 0;
  check(H5Fget_filesize(id_, &size), path_.string(), "be measured");
  h5::check_claim(bytes, static_cast<double>(size), where(object));
}

Dataset File::dataset(const std::string& path) const { return Dataset(opened(path), where(path)); }

}  // namespace elbo::host::h5
