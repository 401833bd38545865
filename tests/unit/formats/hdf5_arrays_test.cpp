#include "formats/containers/hdf5_arrays.hpp"

#include <hdf5.h>

#include "hdf5_files.hpp"

namespace elbo::host::formats {
namespace {
using namespace test;

const std::vector<uint8_t> six_bytes = {0, 1, 2, 253, 254, 255};

TEST(Hdf5Reader, ReadsBytesIntegersAndFloats) {
  const Folder folder;
  {
    Hdf5Writer file(folder / "a.h5");
    file.add("/u8", H5T_STD_U8LE, {2, 3}, six_bytes);
    file.add("/deep/i64", H5T_STD_I64BE, {3}, std::vector<int64_t>{-5, 0, 70000});
    file.add("/f64", H5T_IEEE_F64LE, {2}, std::vector<double>{0.5, -2});
  }
  const Array u8 = read_hdf5(folder / "a.h5", "/u8");
  EXPECT_EQ(u8.shape, (Shape{2, 3}));
  EXPECT_EQ(std::get<0>(u8.values), six_bytes);
  EXPECT_EQ(std::get<1>(read_hdf5(folder / "a.h5", "/deep/i64").values), (std::vector<float>{-5, 0, 70000}));
  EXPECT_EQ(std::get<1>(read_hdf5(folder / "a.h5", "/f64").values), (std::vector<float>{0.5f, -2}));
  EXPECT_EQ(hdf5_info(folder / "a.h5", "/deep/i64").type, StoredType::integer);
  EXPECT_TRUE(hdf5_has(folder / "a.h5", "/deep/i64"));
  EXPECT_FALSE(hdf5_has(folder / "a.h5", "/not/there"));
}

TEST(Hdf5Reader, RefusesWhatIsNotThereOrNoNumber) {
  const Folder folder;
  {
    Hdf5Writer file(folder / "a.h5");
    file.add("/x", H5T_STD_U8LE, {6}, six_bytes);
    file.add_text("/words");
    file.add("/big", H5T_STD_I64LE, {1}, std::vector<int64_t>{(1 << 24) + 1});
  }
  EXPECT_SAYS(refusal([&] { read_hdf5(folder / "none.h5", "/x"); }), "no such file");
  EXPECT_SAYS(refusal([&] { read_hdf5(folder / "a.h5", "/y"); }), "a.h5:/y: the file has no such dataset");
  EXPECT_SAYS(refusal([&] { read_hdf5(folder / "a.h5", "/words"); }), "neither integers nor floats");
  EXPECT_SAYS(refusal([&] { read_hdf5(folder / "a.h5", "/big"); }), "16777217");
  EXPECT_SAYS(refusal([&] { read_hdf5(write(folder / "text.h5", "not HDF5 at all"), "/x"); }),
              "damaged, truncated or not HDF5");
}

TEST(Hdf5Reader, EveryTruncationIsRefused) {
  const Folder folder;
  {
    Hdf5Writer(folder / "a.h5").add("/x", H5T_STD_U8LE, {2000}, std::vector<uint8_t>(2000, 7));
  }
  const std::string whole = slurp(folder / "a.h5");
  for (size_t length = 0; length < whole.size(); length += 97)
    refusal([&] { read_hdf5(write(folder / "cut.h5", whole.substr(0, length)), "/x"); });
}

TEST(Hdf5Reader, DamagedCompressedValuesAreRefused) {
  const Folder folder;
  std::vector<uint8_t> noise(5000);
  for (size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<uint8_t>((i * 2654435761u) >> 13);
  haddr_t at = 0;
  {
    at = Hdf5Writer(folder / "a.h5").add_deflated("/x", noise);
  }
  EXPECT_EQ(std::get<0>(read_hdf5(folder / "a.h5", "/x").values), noise);
  std::string damaged = slurp(folder / "a.h5");
  for (size_t i = 0; i < 64; ++i) damaged[at + 100 + i] = '\x55';
  EXPECT_SAYS(refusal([&] { read_hdf5(write(folder / "b.h5", damaged), "/x"); }), "cannot be read");
}

}  // namespace
}  // namespace elbo::host::formats
