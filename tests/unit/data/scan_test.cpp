#include "data/scan.hpp"

#include "hdf5_files.hpp"

namespace elbo::data {
namespace {
using namespace test;

class ScanOfAFile : public ::testing::Test {
 protected:
  ScanOfAFile() : cache_("ELBO_CACHE", (folder_ / "cache").string()) {}

  Description described(const std::string& format, const std::string& part = "") {
    Description d;
    d.name = "d";
    d.format = format;
    d.folders = {static_cast<const fs::path&>(folder_).string()};
    d.files = {{"x", "x." + format, part, ""}};
    return d;
  }
  Scan scan(const Description& d) { return scan_of(d, d.files[0]); }
  fs::path three_floats(float last) {
    const std::vector<float> values{0, 2, last};
    const auto file =
        write(folder_ / "x.npy", npy("'<f4'", "(3,)", {reinterpret_cast<const char*>(values.data()), 12}));
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(1));
    return file;
  }
  size_t kept() {
    const fs::path folder = folder_ / "cache" / "scans";
    return fs::exists(folder) ? static_cast<size_t>(std::distance(fs::directory_iterator(folder), {})) : 0;
  }

  Folder folder_;
  Environment cache_;
};

TEST_F(ScanOfAFile, FindsTheRangeAndTheChecksumOfTheWholeFile) {
  const auto file = three_floats(255);
  const Scan seen = scan(described("npy"));
  EXPECT_EQ(seen.shape, (Shape{3}));
  EXPECT_FALSE(seen.values.bytes);
  EXPECT_TRUE(seen.values.all_whole_up_to(255));
  EXPECT_FALSE(seen.values.all_whole_up_to(254));
  EXPECT_EQ(seen.md5, md5_of(slurp(file)));
  three_floats(0.5);
  EXPECT_FALSE(scan(described("npy")).values.whole);
}

TEST_F(ScanOfAFile, NumbersThatAreNotFiniteAreNotWhole) {
  three_floats(std::numeric_limits<float>::quiet_NaN());
  EXPECT_FALSE(scan(described("npy")).values.whole);
  three_floats(std::numeric_limits<float>::infinity());
  EXPECT_FALSE(scan(described("npy")).values.all_whole_up_to(1e300));
  EXPECT_EQ(scan(described("npy")).values.most, std::numeric_limits<double>::infinity());
}

TEST_F(ScanOfAFile, IsKeptUntilTheFileChanges) {
  const auto file = three_floats(9);
  EXPECT_EQ(scan(described("npy")).values.most, 9);
  EXPECT_EQ(kept(), 1u);
  const auto time = fs::last_write_time(file);
  const std::vector<float> others{0, 2, 5};
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary)
      .seekp(static_cast<std::streamoff>(fs::file_size(file)) - 4)
      .write(reinterpret_cast<const char*>(&others[2]), 4);
  fs::last_write_time(file, time);
  EXPECT_EQ(scan(described("npy")).values.most, 9);  // nothing tells the two apart, and the file was not read again
  fs::last_write_time(file, time + std::chrono::seconds(1));
  EXPECT_EQ(scan(described("npy")).values.most, 5);
}

TEST_F(ScanOfAFile, OfAFileJustWrittenOrWithADamagedCacheIsMadeAgain) {
  const auto file = three_floats(9);
  fs::last_write_time(file, fs::file_time_type::clock::now());
  scan(described("npy"));
  EXPECT_EQ(kept(), 0u);
  three_floats(9);
  scan(described("npy"));
  for (const auto& entry : fs::directory_iterator(folder_ / "cache" / "scans")) write(entry.path(), "{");
  EXPECT_EQ(scan(described("npy")).values.most, 9);
}

TEST_F(ScanOfAFile, HasTheChecksumThatTheWholeReadHas) {
  {
    Hdf5Writer file(folder_ / "x.hdf5");
    file.add("/x", H5T_STD_I64LE, {3, 1}, std::vector<int64_t>{1, 2, 3});
  }
  const std::vector<float> values{1, 2, 3};
  EXPECT_EQ(scan(described("hdf5", "/x")).md5, md5_of({reinterpret_cast<const char*>(values.data()), 12}));
  Description d = described("hdf5", "/x");
  d.files[0].md5 = "0";
  EXPECT_SAYS(refusal([&] { scan(d); }), "it is damaged or another version");
}

}  // namespace
}  // namespace elbo::data
