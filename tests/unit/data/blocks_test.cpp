// Data within a bound on memory: the same parts as in memory, and no more than a few blocks at a time.
#include <algorithm>
#include <numeric>

#include "data/audit/totals.hpp"
#include "data/blocks.hpp"
#include "data/files/data_record.hpp"
#include "data/splits/split.hpp"
#include "formats/format.hpp"
#include "observation/data_summary.hpp"
#include "unit/formats/hdf5_files.hpp"

namespace elbo::host::data {
namespace {
using namespace test;

constexpr int64_t rows = 1000, width = 4;

/// Row i is i mod 256, i / 256, 7, 255: bytes of grey levels, by which a row is known.
std::vector<uint8_t> numbered() {
  std::vector<uint8_t> values;
  for (int64_t i = 0; i < rows; ++i)
    for (const int64_t value : {i % 256, i / 256, int64_t{7}, int64_t{255}})
      values.push_back(static_cast<uint8_t>(value));
  return values;
}

std::string npy_of(const std::vector<uint8_t>& values) {
  return npy("'|u1'", "(" + std::to_string(rows) + ", 4)",
             {reinterpret_cast<const char*>(values.data()), values.size()});
}

std::vector<uint8_t> bytes_in(const Split& split) {
  std::vector<uint8_t> all;
  for_each_part(split, [&](const auto& values) { all.insert(all.end(), values.begin(), values.end()); });
  return all;
}

/// Sorted, as whole rows.
std::vector<std::string> rows_of(const std::vector<uint8_t>& values) {
  std::vector<std::string> all;
  for (size_t i = 0; i < values.size(); i += width)
    all.emplace_back(reinterpret_cast<const char*>(values.data()) + i, width);
  std::sort(all.begin(), all.end());
  return all;
}

class BlocksOfAFile : public ::testing::Test {
 protected:
  BlocksOfAFile() : cache_("ELBO_CACHE", (folder_ / "cache").string()) { write(folder_ / "x.npy", npy_of(numbered())); }

  DataConfig config(double memory_gb, const std::string& format = "npy") {
    DataConfig c = own(folder_ / ("x." + format), format);
    c.test = 100;
    c.valid = 50;
    c.memory_gb = memory_gb;
    return c;
  }
  static Dataset loaded(const DataConfig& c) { return load(description_of(c), c); }

  Folder folder_;
  Environment cache_;
};

TEST_F(BlocksOfAFile, HoldTheSamePartsAsMemory) {
  const DataConfig all = config(0), some = config(2e-6);
  const Dataset memory = loaded(all), blocks = loaded(some);
  EXPECT_EQ(memory.train.blocks, nullptr);
  ASSERT_NE(blocks.train.blocks, nullptr);
  EXPECT_EQ(blocks.train.x.shape, memory.train.x.shape);
  EXPECT_EQ(blocks.test.x.values, memory.test.x.values);  // in the same order: results are paired by it
  EXPECT_EQ(blocks.valid.x.values, memory.valid.x.values);
  EXPECT_EQ(rows_of(bytes_in(blocks.train)), rows_of(bytes_in(memory.train)));
  EXPECT_EQ(fingerprint(description_of(all), all), fingerprint(description_of(some), some));
}

TEST_F(BlocksOfAFile, AreNotUsedForWhatFits) {
  const Dataset memory = loaded(config(0)), fits = loaded(config(1));
  EXPECT_EQ(fits.train.blocks, nullptr);
  EXPECT_EQ(fits.train.x.values, memory.train.x.values);
}

TEST_F(BlocksOfAFile, GiveEachRowInAnyOrder) {
  const Dataset data = loaded(config(2e-6));
  Blocks& blocks = *data.train.blocks;
  EXPECT_GT(blocks.count(), 2 * blocks.held());
  const std::vector<uint8_t> in_order = bytes_in(data.train);
  for (const int64_t datum : permutation(blocks.rows(), 3)) {
    const auto* values = std::get<const uint8_t*>(blocks.row(datum));
    ASSERT_TRUE(std::equal(values, values + width, in_order.begin() + datum * width)) << datum;
  }
}

TEST_F(BlocksOfAFile, OfHdf5InOnePieceAndInDeflatedChunksAreTheSame) {
  const auto values = numbered();
  const auto shape = std::vector<hsize_t>{static_cast<hsize_t>(rows), width};
  {
    Hdf5Writer file(folder_ / "x.hdf5");
    file.add("/piece", H5T_STD_U8LE, shape, values);
    file.add_chunked("/chunks", H5T_STD_U8LE, shape, {32, 3}, values);
    file.add("/floats", H5T_IEEE_F64LE, shape, std::vector<double>(values.begin(), values.end()));
  }
  const Dataset npy = loaded(config(2e-6));
  for (const char* part : {"/piece", "/chunks", "/floats"}) {
    DataConfig c = config(2e-6, "hdf5");
    c.select = part;
    if (std::string(part) == "/floats") c.observe = "levels";
    const Dataset data = loaded(c);
    ASSERT_NE(data.train.blocks, nullptr) << part;
    EXPECT_EQ(bytes_in(data.train), bytes_in(npy.train)) << part;
    EXPECT_EQ(data.test.x.values, npy.test.x.values) << part;
    std::vector<int64_t> order(static_cast<size_t>(data.train.blocks->count()));
    std::iota(order.rbegin(), order.rend(), int64_t{0});
    data.train.blocks->expect(order);  // fetched ahead or not, the values are those
    EXPECT_EQ(bytes_in(data.train), bytes_in(npy.train)) << part;
  }
}

TEST_F(BlocksOfAFile, SplitByTheFileKeepItsOrder) {
  const auto values = numbered();
  {
    Hdf5Writer file(folder_ / "x.hdf5");
    file.add("/train/x", H5T_STD_U8LE, {rows, width}, values);
    file.add("/test/x", H5T_STD_U8LE, {2, width}, std::vector<uint8_t>(8, 3));
    file.add("/test/labels", H5T_STD_U8LE, {2}, std::vector<uint8_t>{4, 5});
  }
  DataConfig c = own(folder_ / "x.hdf5", "hdf5");
  c.memory_gb = 1e-6;
  const Dataset data = loaded(c);
  EXPECT_EQ(bytes_in(data.train), values);
  ASSERT_EQ(data.test.rows.size(), 2u);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(data.test.labels[i], 4 + data.test.rows[i]);
}

TEST_F(BlocksOfAFile, HaveTheFactsOfTheDataInMemory) {
  const observation::DataSummary memory = observation::summary_of(loaded(config(0))),
                                 blocks = observation::summary_of(loaded(config(2e-6)));
  EXPECT_EQ(in_words(memory), in_words(blocks));
  EXPECT_NEAR(memory.draws_entropy, blocks.draws_entropy, 1e-12);  // added up in another order, as the totals below
  DataConfig all = config(0), some = config(2e-6);
  all.observe = some.observe = "counts";
  EXPECT_EQ(in_words(observation::summary_of(loaded(all))), in_words(observation::summary_of(loaded(some))));
  const auto a = log_prob_of_totals(loaded(all)), b = log_prob_of_totals(loaded(some));
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-9);
}

TEST_F(BlocksOfAFile, WhatIsHeldOutMustFitInHalf) {
  DataConfig c = config(5e-7);
  EXPECT_SAYS(refusal([&] { loaded(c); }), "50 validation and 100 test data take 0.000 GB, and they stay in memory");
}

TEST_F(BlocksOfAFile, AChunkMustFit) {
  {
    Hdf5Writer file(folder_ / "x.hdf5");
    file.add_chunked("/x", H5T_STD_U8LE, {rows, width}, {rows, width}, numbered());
  }
  DataConfig c = config(2e-6, "hdf5");
  c.select = "/x";
  EXPECT_SAYS(refusal([&] { loaded(c); }), "1000 rows lie in one piece");
}

TEST_F(BlocksOfAFile, OtherFormatsAreRefused) {
  write(folder_ / "x.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n9,1\n");
  DataConfig c = own(folder_ / "x.csv", "csv", "real");
  c.memory_gb = 1e-9;
  EXPECT_SAYS(refusal([&] { loaded(c); }), "expected hdf5 or npy files, which can be read by blocks");
}

TEST_F(BlocksOfAFile, FilesThatCannotBeReadByRowsAreRefused) {
  write(folder_ / "x.npy", npy("'|u1'", "(3, 2)", "abcdef", true));
  EXPECT_SAYS(refusal([&] { formats::open_rows("npy", folder_ / "x.npy", ""); }), "is stored column by column");
  write_gzip(folder_ / "y.npy", npy_of(numbered()));
  EXPECT_SAYS(refusal([&] { formats::open_rows("npy", folder_ / "y.npy", ""); }), "unpack it with gunzip");
  write(folder_ / "x.npy", npy("'|u1'", "(4, 2)", "abcdef"));
  EXPECT_SAYS(refusal([&] { formats::open_rows("npy", folder_ / "x.npy", ""); }), "6 bytes follow");
  write(folder_ / "x.npy", "");
  EXPECT_SAYS(refusal([&] { formats::open_rows("npy", folder_ / "x.npy", ""); }), "does not begin as an NPY file does");
}

TEST_F(BlocksOfAFile, AValueOutsideTheSupportIsNamedWhenItsBlockIsRead) {
  Description d = description_of(config(2e-6));
  d.support = Support::binary;
  const auto said = refusal([&] {
    Blocks blocks(formats::open_rows("npy", folder_ / "x.npy", ""), {0, 1, 2}, d, {.rows = 2, .held = 1});
    blocks.block(1);
  });
  EXPECT_SAYS(said, "data point 2 holds 2; expected values of support binary");
}

TEST_F(BlocksOfAFile, AFileThatChangesMeanwhileIsRefused) {
  const Dataset data = loaded(config(2e-6));
  fs::last_write_time(folder_ / "x.npy", fs::file_time_type::clock::now() + std::chrono::seconds(5));
  EXPECT_SAYS(refusal([&] { bytes_in(data.train); }), "was changed while it was being read");
}

TEST_F(BlocksOfAFile, APlannedFileThatIsOnlyTouchedIsReadOn) {
  const DataConfig c = config(2e-6);
  const Dataset data = load_planned(c, record_of(description_of(c), c));
  const std::vector<uint8_t> before = bytes_in(data.train);
  fs::last_write_time(folder_ / "x.npy", fs::file_time_type::clock::now() + std::chrono::seconds(5));
  EXPECT_EQ(bytes_in(data.train), before);
  fs::copy_file(folder_ / "x.npy", folder_ / "copy");
  fs::rename(folder_ / "copy", folder_ / "x.npy");
  EXPECT_EQ(bytes_in(data.train), before);
}

TEST_F(BlocksOfAFile, APlannedFileThatChangesMeanwhileIsNamedWithWhatHasChanged) {
  const auto values = numbered();
  auto others = values;
  others[10] = 99;
  const std::vector<hsize_t> shape{static_cast<hsize_t>(rows), width};
  const auto hdf5_of =
      [&](const std::vector<uint8_t>& content) {  // the library does not write to a file that it has open
        {
          Hdf5Writer file(folder_ / "elsewhere.hdf5");
          file.add_chunked("/x", H5T_STD_U8LE, shape, {32, width}, content);
        }
        return slurp(folder_ / "elsewhere.hdf5");
      };
  for (const bool replaced : {false, true}) {
    write(folder_ / "x.npy", npy_of(values));
    write(folder_ / "x.hdf5", hdf5_of(values));
    DataConfig hdf5 = config(2e-6, "hdf5");
    hdf5.select = "/x";
    for (const DataConfig& c : {config(2e-6), hdf5}) {
      const Dataset data = load_planned(c, record_of(description_of(c), c));
      bytes_in(data.train);
      const auto time = fs::last_write_time(c.path);
      if (replaced) fs::rename(c.path, folder_ / "before");
      write(c.path, c.format == "npy" ? npy_of(others) : hdf5_of(others));
      fs::last_write_time(c.path, time);
      const std::string said = refusal([&] { bytes_in(data.train); });
      EXPECT_SAYS(said, c.path);
      EXPECT_SAYS(said, "it holds other values, in as many rows (1000)");
      EXPECT_SAYS(refusal([&] { bytes_in(data.train); }), "it holds other values");  // however often it is asked
    }
  }
}

TEST_F(BlocksOfAFile, ValuesThatLieInOtherFilesAreRefused) {
  {
    Hdf5Writer other(folder_ / "other.h5"), file(folder_ / "x.hdf5");
    other.add("/x", H5T_STD_U8LE, {static_cast<hsize_t>(rows), width}, numbered());
  }
  const hid_t file = H5Fopen((folder_ / "x.hdf5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  H5Lcreate_external("other.h5", "/x", file, "/x", H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);
  DataConfig c = config(2e-6, "hdf5");
  c.select = "/x";
  EXPECT_SAYS(refusal([&] { loaded(c); }), "its values lie in other files");
  c.memory_gb = 0;
  EXPECT_SAYS(refusal([&] { loaded(c); }), "its values lie in other files");
  setenv("ELBO_HDF5_EXTERNAL", "allow", 1);
  EXPECT_EQ(loaded(c).train.x.rows(), 750);
  unsetenv("ELBO_HDF5_EXTERNAL");
}

TEST(BlockSizes, AreWholeChunksAndFillTheMemory) {
  const Folder folder;
  write(folder / "x.npy", npy_of(numbered()));
  const auto npy = formats::open_rows("npy", folder / "x.npy", "");
  EXPECT_EQ(block_sizes(*npy, 4, 1600).rows, 25);
  EXPECT_EQ(block_sizes(*npy, 4, 1600).held, 16);
  EXPECT_EQ(block_sizes(*npy, 4, 4).held, 1);
  EXPECT_SAYS(refusal([&] { block_sizes(*npy, 4, 3); }), "raise it, or write the file in smaller chunks");
  {
    Hdf5Writer file(folder / "x.hdf5");
    file.add_chunked("/x", H5T_STD_U8LE, {rows, width}, {10, width}, numbered());
  }
  const auto chunked = formats::open_rows("hdf5", folder / "x.hdf5", "/x");
  EXPECT_EQ(chunked->grain(), 10);
  EXPECT_EQ(block_sizes(*chunked, 4, 1600).rows, 20);
  EXPECT_EQ(block_sizes(*chunked, 4, 1600).held, 20);
}

}  // namespace
}  // namespace elbo::host::data
