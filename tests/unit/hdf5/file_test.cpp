#include "hdf5/file.hpp"

#include <cmath>
#include <fstream>

#include "unit/log/folder.hpp"

namespace elbo::host::h5 {
namespace {

const Spec growing{.type = H5T_IEEE_F64LE,
                   .shape = {0, 2},
                   .dims = {"row", "side"},
                   .units = "nat",
                   .long_name = "a table",
                   .growing = true,
                   .chunk = {4, 2}};

File with_table(const std::filesystem::path& path) {
  File file = File::create(path);
  file.coordinate("/row", "row");
  file.dimension("/side", 2, "side");
  file.dataset("/table", growing);
  return file;
}

TEST(H5, RowsGrowAndAreReadBack) {
  const Folder folder;
  File file = with_table(folder / "a.h5");
  Dataset table = file.dataset("/table");
  table.write<double>(0, std::vector<double>{1, 2, 3, 4});
  table.write<double>(3, std::vector<double>{7, 8});
  EXPECT_EQ(table.shape(), (std::vector<hsize_t>{4, 2}));
  EXPECT_EQ(table.read<double>(1, 1), (std::vector<double>{3, 4}));
  EXPECT_TRUE(std::isnan(table.read<double>(2, 1)[0])) << "rows never written are NaN";
  table.resize(1);
  table.resize(2);
  EXPECT_TRUE(std::isnan(table.read<double>(1, 1)[0])) << "rows cut off are forgotten";
}

TEST(H5, ADatasetNamesItsDimensions) {
  const Folder folder;
  File file = with_table(folder / "a.h5");
  file.number("/one", 1, "1", "one");
  EXPECT_EQ(file.dims("/table"), (std::vector<std::string>{"row", "side"}));
  EXPECT_EQ(file.dims("/row"), std::vector<std::string>{""});
  EXPECT_TRUE(file.dims("/one").empty());
  EXPECT_TRUE(file.is_bare_dimension("/side"));
  EXPECT_FALSE(file.is_bare_dimension("/row"));
}

TEST(H5, RowsThatTheFileCannotHoldTakeNoMemory) {
  const Folder folder;
  File file = with_table(folder / "a.h5");
  Dataset table = file.dataset("/table");
  table.resize(hsize_t{1} << 50);
  EXPECT_CONTAINS(error_of([&] { table.read<double>(0, table.rows()); }),
                  "a.h5:/table: claims 18014398509481984 bytes");
  EXPECT_EQ(table.read<double>(5, 1).size(), 2u);
}

TEST(H5, WhatIsNotThereIsNoFault) {
  const Folder folder;
  File file = with_table(folder / "a.h5");
  file.group("/deep");
  file.number("/deep/one", 1, "1", "one");
  EXPECT_TRUE(file.has("/deep/one"));
  EXPECT_FALSE(file.has("/not/there"));
  EXPECT_TRUE(file.is_group("/deep"));
  EXPECT_FALSE(file.is_group("/deep/one") || file.is_group("/not"));
  EXPECT_EQ(file.datasets(), (std::vector<std::string>{"/deep/one", "/row", "/side", "/table"}));
  EXPECT_TRUE(file.integers("/table", "shape").empty());
}

TEST(H5, SaysHowADatasetIsStored) {
  const Folder folder;
  File file = with_table(folder / "a.h5");
  Dataset table = file.dataset("/table");
  EXPECT_EQ(table.chunk(), (std::vector<hsize_t>{4, 2}));
  EXPECT_FALSE(table.place());
  EXPECT_FALSE(table.place_of_chunk({0, 0}));
  table.write<double>(0, std::vector<double>{1, 2});
  file.flush();
  EXPECT_EQ(table.place_of_chunk({0, 0})->bytes, 4 * 2 * sizeof(double));
  EXPECT_EQ(table.type().kind, ValueType::floating);
  EXPECT_EQ(table.type().bytes, 8u);
  EXPECT_TRUE(table.holds_own_values());
  EXPECT_GE(table.descriptor(), 0);
  EXPECT_EQ(table.descriptor(), file.descriptor());
}

TEST(H5, ValuesThatFillNoRowAreRefused) {
  const Folder folder;
  File file = with_table(folder / "a.h5");
  Dataset table = file.dataset("/table");
  const std::string error = error_of([&] { table.write<double>(0, std::vector<double>{1, 2, 3}); });
  EXPECT_CONTAINS(error, "a.h5:/table: was given 3 values; expected rows of 2");
}

TEST(H5, NothingIsCreatedOnceFrozen) {
  const Folder folder;
  File file = with_table(folder / "a.h5");
  file.freeze();
  EXPECT_CONTAINS(error_of([&] { file.group("/g"); }), "cannot be created or changed once rows are being written");
  EXPECT_THROW(file.attribute("/", "a", "b"), Error);
  EXPECT_THROW(file.text("/t", "text", "a text"), Error);
  EXPECT_THROW(file.texts("/t", {"text"}, "row", "a text"), Error);
  EXPECT_THROW(file.number("/n", 1, "1", "a number"), Error);
  EXPECT_THROW(file.dataset("/d", growing), Error);
  EXPECT_THROW(file.coordinate("/c", "c"), Error);
  EXPECT_THROW(file.dimension("/d", 3, "d"), Error);
  EXPECT_THROW(file.image_attributes("/table", false), Error);
  EXPECT_THROW(file.remove("/table"), Error);
  EXPECT_EQ(file.names("/"), (std::vector<std::string>{"row", "side", "table"}));
}

TEST(H5, TextsAreKeptExactly) {
  const Folder folder;
  File file = File::create(folder / "a.h5");
  for (const std::string text : {"", "one\ntwo \u00e4\u2192", "  "}) {
    file.remove("/t");
    file.text("/t", text, "a text");
    file.attribute("/", "a", text);
    EXPECT_EQ(file.text("/t"), text);
    EXPECT_EQ(file.attribute("/", "a"), text);
  }
  EXPECT_EQ(file.attribute("/", "none"), "");
  file.number("/n", 0.1, "nat", "a number");
  EXPECT_EQ(file.number("/n"), 0.1);
  EXPECT_TRUE(file.is_text("/t"));
  EXPECT_FALSE(file.is_text("/n"));
}

TEST(H5, NamesComeInTheOrderOfCreation) {
  const Folder folder;
  File file = File::create(folder / "a.h5");
  for (const char* name : {"/z", "/a", "/m"}) file.group(name);
  EXPECT_EQ(file.names("/"), (std::vector<std::string>{"z", "a", "m"}));
}

TEST(H5, ErrorsNameTheFileTheObjectAndTheReason) {
  const Folder folder;
  const std::string missing_folder = error_of([&] { File::create(folder / "none/a.h5"); });
  EXPECT_CONTAINS(missing_folder, "none/a.h5: cannot be created: No such file or directory");
  const File file = with_table(folder / "a.h5");
  EXPECT_CONTAINS(error_of([&] { file.dataset("/none"); }), "a.h5:/none: cannot be opened");
  std::ofstream(folder / "b.h5") << "not HDF5";
  EXPECT_CONTAINS(error_of([&] { File::open(folder / "b.h5", Mode::read); }), "file signature not found");
}

// The library tries again as long as it may be a writer's half of a page, twice as long each time: for ever, had it its way.
TEST(H5, AWrongChecksumIsSaidAtOnce) {
  const Folder folder;
  with_table(folder / "a.h5").close();
  {
    std::fstream file(folder / "a.h5", std::ios::binary | std::ios::in | std::ios::out);
    constexpr int in_the_superblock = 24;
    file.seekp(in_the_superblock).put('\x5a');
  }
  EXPECT_CONTAINS(error_of([&] { File::open(folder / "a.h5", Mode::live); }), "checksum");
}

TEST(H5, NothingStaysOpen) {
  const Folder folder;
  with_table(folder / "a.h5").close();
  EXPECT_EQ(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

// A log is made to be mailed: one that shows what lies in a private file of its reader would carry that away.
TEST(H5, ValuesInOtherFilesAreRefused) {
  const Folder folder;
  std::ofstream(folder / "private") << "12345678";
  with_table(folder / "other.h5");
  const hsize_t one = 1;
  {
    const FileHandle file(H5Fcreate((folder / "log.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    const Space space(H5Screate_simple(1, &one, nullptr));
    const Properties raw(H5Pcreate(H5P_DATASET_CREATE)), virtual_one(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_external(raw, (folder / "private").c_str(), 0, 8);
    H5Pset_virtual(virtual_one, space, (folder / "other.h5").c_str(), "/row", space);
    const Object a(H5Dcreate2(file, "raw", H5T_IEEE_F64LE, space, H5P_DEFAULT, raw, H5P_DEFAULT));
    const Object b(H5Dcreate2(file, "virtual", H5T_IEEE_F64LE, space, H5P_DEFAULT, virtual_one, H5P_DEFAULT));
    H5Lcreate_external((folder / "other.h5").c_str(), "/row", file, "link", H5P_DEFAULT, H5P_DEFAULT);
  }
  for (const Mode mode : {Mode::read, Mode::foreign}) {
    const File file = File::open(folder / "log.h5", mode);
    for (const char* dataset : {"/raw", "/virtual", "/link"}) {
      try {
        file.dataset(dataset);
        ADD_FAILURE() << dataset;
      } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find("its values lie in other files"), std::string::npos) << e.what();
      }
    }
  }
}

}  // namespace
}  // namespace elbo::host::h5
