
#include <cstring>

#include "hdf5_files.hpp"

namespace elbo::host::formats {
namespace {
using namespace test;

using Bytes = std::vector<uint8_t>;

void put(std::string& to, uint32_t value) {
  for (int i = 0; i < 4; ++i) to += static_cast<char>(value >> 8 * i);
}

void element(std::string& to, uint32_t type, std::string content) {
  put(to, type);
  put(to, static_cast<uint32_t>(content.size()));
  content.resize((content.size() + 7) / 8 * 8);
  to += content;
}

constexpr uint32_t int8 = 1, uint8 = 2, int32 = 5, uint32 = 6, doubles = 9, array = 14;

/// A MAT file of version 5 with one array; `type` and `array_class` as MATLAB's manual numbers them.
std::string mat(uint32_t array_class, uint32_t type, uint32_t rows, uint32_t columns, const std::string& values) {
  std::string flags, sizes, inside;
  put(flags, array_class);
  put(flags, 0);
  put(sizes, rows);
  put(sizes, columns);
  element(inside, uint32, flags);
  element(inside, int32, sizes);
  element(inside, int8, "faces");
  element(inside, type, values);
  std::string file = "MATLAB 5.0 MAT-file";
  file.resize(124, ' ');
  file += std::string("\x00\x01IM", 4);
  element(file, array, inside);
  return file;
}

const std::string faces = mat(9, uint8, 2, 3, {"\0\3\1\4\2\5", 6});

class Mat : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      test::read("mat", write(folder_ / "a.mat", faces), "");
    } catch (const UserError& fault) {
      if (std::string(fault.what()).find("need libmatio") != std::string::npos)
        GTEST_SKIP() << "built without libmatio";
    }
  }
  Array read_content(const std::string& content, const std::string& name = "") {
    return test::read("mat", write(folder_ / "a.mat", content), name);
  }
  Folder folder_;
};

TEST_F(Mat, ColumnsBecomeRows) {
  const Array array = read_content(faces, "faces");
  EXPECT_EQ(array.shape, (Shape{2, 3}));
  EXPECT_EQ(std::get<0>(array.values), (Bytes{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(read_content(faces).shape, (Shape{2, 3}));
  EXPECT_TRUE(find_format("mat")->has(folder_ / "a.mat", "faces"));
  EXPECT_FALSE(find_format("mat")->has(folder_ / "a.mat", "labels"));
}

TEST_F(Mat, AnApostropheTransposes) {
  const Array array = read_content(faces, "faces'");
  EXPECT_EQ(array.shape, (Shape{3, 2}));
  EXPECT_EQ(std::get<0>(array.values), (Bytes{0, 3, 1, 4, 2, 5}));
}

TEST_F(Mat, VariablesAreListed) {
  write(folder_ / "a.mat", faces);
  const std::vector<Part> parts = find_format("mat")->parts(folder_ / "a.mat");
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].name, "faces");
  EXPECT_EQ(parts[0].shape, (Shape{2, 3}));
  EXPECT_EQ(parts[0].type, "uint8");
}

/// What MATLAB writes with -v7.3: HDF5 behind a header of its own, dimensions in reverse.
fs::path mat_73(const fs::path& path) {
  const hid_t how = H5Pcreate(H5P_FILE_CREATE);
  H5Pset_userblock(how, 512);
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, how, H5P_DEFAULT);
  const hsize_t sizes[] = {3, 2};
  const uint8_t values[] = {0, 3, 1, 4, 2, 5};
  const hid_t space = H5Screate_simple(2, sizes, nullptr), one = H5Screate(H5S_SCALAR), text = H5Tcopy(H5T_C_S1);
  const hid_t set = H5Dcreate2(file, "faces", H5T_STD_U8LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  H5Tset_size(text, 5);
  const hid_t attribute = H5Acreate2(set, "MATLAB_class", text, one, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, text, "uint8");
  H5Aclose(attribute), H5Dclose(set), H5Tclose(text), H5Sclose(one), H5Sclose(space), H5Fclose(file), H5Pclose(how);
  std::string header = "MATLAB 7.3 MAT-file, Platform: GLNXA64";
  header.resize(124, ' ');
  header += std::string("\x00\x02IM", 4);
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).write(header.data(), 128);
  return path;
}

TEST_F(Mat, Version73IsReadAndListedAlike) {
  const fs::path file = mat_73(folder_ / "b.mat");
  const Array array = test::read("mat", file, "");
  EXPECT_EQ(array.shape, (Shape{2, 3}));
  EXPECT_EQ(std::get<0>(array.values), (Bytes{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(test::read("mat", file, "faces'").shape, (Shape{3, 2}));
  const std::vector<Part> parts = find_format("mat")->parts(file);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].name, "faces");
  EXPECT_EQ(parts[0].shape, (Shape{2, 3}));
  EXPECT_EQ(parts[0].type, "uint8");
}

TEST_F(Mat, ReadsDoubles) {
  const double values[] = {1.5, -2};
  std::string raw(sizeof values, '\0');
  std::memcpy(raw.data(), values, sizeof values);
  EXPECT_EQ(std::get<1>(read_content(mat(6, doubles, 1, 2, raw)).values), (std::vector<float>{1.5F, -2}));
}

TEST_F(Mat, FaultsAreNamed) {
  EXPECT_SAYS(refusal([&] { read_content("text"); }), "a.mat: is damaged or no MAT file of version 5 or 7");
  EXPECT_SAYS(refusal([&] { test::read("mat", folder_ / "none.mat", ""); }), "none.mat: is missing");
  EXPECT_SAYS(refusal([&] { read_content(faces, "face"); }), "has no readable variable 'face'; did you mean 'faces'?");
}

TEST_F(Mat, WhatHasNoHeaderIsNotReadAsVersion4) {
  std::string version_4;
  for (const uint32_t number : {0U, 2U, 2U, 0U, 0x20000000U}) put(version_4, number);  // a name of half a gigabyte
  version_4.resize(200);
  EXPECT_SAYS(refusal([&] { read_content(version_4); }), "is damaged or no MAT file of version 5 or 7");
}

TEST_F(Mat, LengthsThatCannotBeAreNotBelieved) {
  std::string long_sizes = faces, many_values = faces;
  long_sizes[128 + 8 + 16 + 7] = 0x7f;       // of the part that holds the sizes
  many_values[128 + 8 + 16 + 8 + 3] = 0x7f;  // rows
  for (const std::string& file : {long_sizes, many_values})
    EXPECT_SAYS(refusal([&] { read_content(file); }), "is truncated or damaged; expected the whole MAT file");
}

TEST_F(Mat, EveryTruncationIsRefused) {
  std::vector<size_t> accepted;
  for (size_t length = 0; length < faces.size(); ++length) try {
      read_content(faces.substr(0, length));
      accepted.push_back(length);
    } catch (const UserError&) {
    }
  EXPECT_EQ(accepted, std::vector<size_t>{});
}

TEST_F(Mat, AnArrayThatUnpacksToMoreThanThereIsRoomForIsRefused) {
  const auto packed = [] {
    const std::string plain = mat(6, doubles, 140'000'000 / 8, 1, std::string(140'000'000, '\0')).substr(128);
    std::string bytes(compressBound(plain.size()), '\0');
    uLongf size = bytes.size();
    compress(reinterpret_cast<Bytef*>(bytes.data()), &size, reinterpret_cast<const Bytef*>(plain.data()), plain.size());
    return bytes.substr(0, size);
  };
  std::string file = mat(6, doubles, 1, 1, std::string(8, '\0')).substr(0, 128);
  element(file, 15, packed());
  const fs::path path = write(folder_ / "a.mat", file);
  const LimitedMemory limited(rlim_t{1} << 29);
  EXPECT_SAYS(refusal([&] { find_format("mat")->parts(path); }), "a.mat: unpacks to more than 0.1 GB");
}

}  // namespace
}  // namespace elbo::host::formats
