// Packed bytes of h5py 3.7 (LZF 3.5), read by its read_direct_chunk().
#include "hdf5/lzf.hpp"

#include "hdf5/file.hpp"
#include "unit/log/folder.hpp"

namespace elbo::host::h5 {
namespace {

/// numpy.arange(40) // 8 % 3, [10, 4] of uint8
const std::vector<uint8_t> packed = {1, 0, 0, 128, 0, 0, 1, 160, 0, 0, 2, 160, 0, 128, 21, 192, 23, 1, 1, 1};

std::vector<uint8_t> steps() {
  std::vector<uint8_t> values(40);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint8_t>(i / 8 % 3);
  return values;
}

/// repeat(1000 [[0, 1], [2, 3], [4, 5]], 8) as little-endian int32, shuffled, packed, with a Fletcher checksum behind
const std::vector<uint8_t> shuffled = {2,   0, 232, 0, 224, 4,   1,  1, 208, 184, 224, 5,   1,  1,   160, 136, 224,
                                       5,   1, 1,   0, 3,   224, 5,  1, 1,   7,   11,  224, 5,  1,   1,   15,  19,
                                       224, 5, 1,   0, 0,   224, 84, 0, 1,   0,   0,   107, 13, 254, 130};

struct Filters {
  unsigned size;  // what the LZF filter says of its chunk
  bool with_others = false;
};

/// A dataset /x of one chunk with these packed bytes.
void write_packed(const std::filesystem::path& path, hid_t type, const std::vector<hsize_t>& shape,
                  const std::vector<uint8_t>& bytes, const Filters& filters) {
  prepare_filters();
  const FileHandle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
  const Space space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr));
  const Properties how(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_chunk(how, static_cast<int>(shape.size()), shape.data());
  const unsigned numbers[] = {4, 261, filters.size};
  if (filters.with_others) H5Pset_shuffle(how);
  H5Pset_filter(how, 32000, H5Z_FLAG_OPTIONAL, 3, numbers);
  if (filters.with_others) H5Pset_fletcher32(how);
  const Object set(H5Dcreate2(file, "x", type, space, H5P_DEFAULT, how, H5P_DEFAULT));
  const std::vector<hsize_t> origin(shape.size(), 0);
  ASSERT_GE(H5Dwrite_chunk(set, H5P_DEFAULT, 0, origin.data(), bytes.size(), bytes.data()), 0);
}

TEST(Lzf, UnpacksWhatH5pyPacks) {
  EXPECT_EQ(unpack_lzf(packed, 40), steps());
  const Folder folder;
  write_packed(folder / "a.h5", H5T_STD_U8LE, {10, 4}, packed, {40});
  EXPECT_EQ(File::open(folder / "a.h5", Mode::foreign).dataset("/x").read<uint8_t>(0, 10), steps());
  write_packed(folder / "b.h5", H5T_STD_I32LE, {24, 2}, shuffled, {192, true});
  const auto values = File::open(folder / "b.h5", Mode::foreign).dataset("/x").read<int64_t>(0, 24);
  EXPECT_EQ(values[0], 0);
  EXPECT_EQ(values[1], 1000);
  EXPECT_EQ(values[16], 2000);
  EXPECT_EQ(values[47], 5000);
}

// A library in the folder that HDF5_PLUGIN_PATH names would run its code here as soon as a file has its filter.
TEST(Lzf, OtherFiltersAreNotLoadedFromOutside) {
  const Folder folder;
  write_packed(folder / "a.h5", H5T_STD_U8LE, {10, 4}, packed, {40});
  File::open(folder / "a.h5", Mode::foreign);
  unsigned kinds = H5PL_ALL_PLUGIN;
  ASSERT_GE(H5PLget_loading_state(&kinds), 0);
  EXPECT_EQ(kinds, 0u);
}

TEST(Lzf, NoBytesReadOrWriteBeyondTheirBuffers) {
  for (size_t length = 0; length < packed.size(); ++length)
    EXPECT_FALSE(unpack_lzf({packed.data(), length}, 40)) << length;
  for (size_t size : {0, 1, 39, 41, 1000000}) EXPECT_FALSE(unpack_lzf(packed, size)) << size;
  for (size_t at = 0; at < packed.size(); ++at)
    for (int value = 0; value < 256; ++value) {
      std::vector<uint8_t> changed = packed;
      changed[at] = static_cast<uint8_t>(value);
      const auto out = unpack_lzf(changed, 40);
      EXPECT_TRUE(!out || out->size() == 40u);
    }
  EXPECT_FALSE(unpack_lzf(std::vector<uint8_t>{0, 7, 32, 5}, 4)) << "a reference to before the beginning";
}

TEST(Lzf, AChunkThatIsNotFilledIsRefused) {
  const Folder folder;
  for (const unsigned size : {0u, 8u, 39u, 41u, 4000000000u}) {
    write_packed(folder / "a.h5", H5T_STD_U8LE, {10, 4}, packed, {size});
    const File file = File::open(folder / "a.h5", Mode::foreign);
    EXPECT_CONTAINS(error_of([&] { file.dataset("/x"); }), "whole chunks") << size;
  }
}

TEST(Lzf, OtherFiltersAreNamed) {
  const Folder folder;
  const hsize_t size = 4;
  {
    const FileHandle file(H5Fcreate((folder / "a.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    const Space space(H5Screate_simple(1, &size, nullptr));
    const Properties how(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_chunk(how, 1, &size);
    H5Pset_filter(how, 32001, H5Z_FLAG_OPTIONAL, 0, nullptr);
    const Object set(H5Dcreate2(file, "x", H5T_STD_U8LE, space, H5P_DEFAULT, how, H5P_DEFAULT));
  }
  EXPECT_CONTAINS(File::open(folder / "a.h5", Mode::foreign).dataset("/x").unknown_filters(), "(32001)");
}

}  // namespace
}  // namespace elbo::host::h5
