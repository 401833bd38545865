#include "data/files/scan.hpp"

#include <unistd.h>

#include "unit/formats/hdf5_files.hpp"

namespace elbo::host::data {
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
    return write(folder_ / "x.npy", npy("'<f4'", "(3,)", {reinterpret_cast<const char*>(values.data()), 12}));
  }
  fs::path only_cache_file() { return fs::directory_iterator(folder_ / "cache" / "scans")->path(); }
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
  EXPECT_EQ(seen.record.shape, (Shape{3}));
  EXPECT_FALSE(seen.values.bytes);
  EXPECT_TRUE(seen.values.all_whole_up_to(255));
  EXPECT_FALSE(seen.values.all_whole_up_to(254));
  EXPECT_EQ(seen.record.digest, md5_of(slurp(file)));
  three_floats(0.5);
  EXPECT_FALSE(scan(described("npy")).values.whole);
}

TEST_F(ScanOfAFile, InfinitiesAreNotWholeAndMissingValuesAreNoNumbers) {
  three_floats(std::numeric_limits<float>::quiet_NaN());
  EXPECT_TRUE(scan(described("npy")).values.whole);
  three_floats(std::numeric_limits<float>::infinity());
  EXPECT_FALSE(scan(described("npy")).values.all_whole_up_to(1e300));
  EXPECT_EQ(scan(described("npy")).values.most, std::numeric_limits<double>::infinity());
}

TEST_F(ScanOfAFile, OfAFileJustWrittenIsNotKeptWhateverTimeItClaims) {
  fs::last_write_time(three_floats(9), fs::file_time_type::clock::now() - std::chrono::hours(1));
  scan(described("npy"));
  EXPECT_EQ(kept(), 0u);
}

TEST_F(ScanOfAFile, IsKeptUntilTheFileChangesThoughItsSizeAndTimeStayAsTheyWere) {
  const auto file = three_floats(9);
  ::sleep(3);  // a file that was just written is not kept
  EXPECT_EQ(scan(described("npy")).values.most, 9);
  ASSERT_EQ(kept(), 1u);
  std::string json = slurp(only_cache_file());
  json.replace(json.find("\"most\": 9"), 9, "\"most\": 8");
  write(only_cache_file(), json);
  EXPECT_EQ(scan(described("npy")).values.most, 8);  // the file was not read again
  write(only_cache_file(), "{");
  EXPECT_EQ(scan(described("npy")).values.most, 9);  // what is damaged is made again
  const auto time = fs::last_write_time(file);
  three_floats(5);
  fs::last_write_time(file, time);
  EXPECT_EQ(scan(described("npy")).values.most, 5);
}

TEST_F(ScanOfAFile, HasTheChecksumThatTheWholeReadHas) {
  {
    Hdf5Writer file(folder_ / "x.hdf5");
    file.add("/x", H5T_STD_I64LE, {3, 1}, std::vector<int64_t>{1, 2, 3});
  }
  const std::vector<float> values{1, 2, 3};
  EXPECT_EQ(scan(described("hdf5", "/x")).record.digest, md5_of({reinterpret_cast<const char*>(values.data()), 12}));
  Description d = described("hdf5", "/x");
  d.files[0].md5 = "0";
  EXPECT_SAYS(refusal([&] { scan(d); }), "it is damaged or another version");
}

}  // namespace
}  // namespace elbo::host::data
