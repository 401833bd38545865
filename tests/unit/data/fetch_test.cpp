#include "data/files/fetch.hpp"

#include <png.h>

#include "data/dataset.hpp"
#include "data/files/locate.hpp"
#include "files.hpp"

namespace elbo::host::data {
namespace {
using namespace test;

const std::string images = idx(0x08, {1, 2, 2}, "abcd");

Description described() {
  Description d;
  d.name = "one";
  d.format = "idx";
  d.shape = {1, 2, 2};
  d.train = d.test = 1;
  d.how_to_get = "run: make one";
  d.files = {{"train_x", "train", "", md5_of(images)}, {"test_x", "test", "", md5_of(images)}};
  return d;
}

class Fetch : public ::testing::Test {
 protected:
  Folder from_, into_;
  Environment data_{"ELBO_DATA", static_cast<const fs::path&>(into_).string()};
};

TEST_F(Fetch, FromAFolderUnpacksAndChecks) {
  write(from_ / "train", images);
  write_gzip(from_ / "test.gz", images);
  fetch_from(described(), from_);
  EXPECT_EQ(slurp(into_ / "one" / "train"), images);
  EXPECT_EQ(slurp(into_ / "one" / "test"), images);
}

TEST_F(Fetch, OneBadFileLeavesNothing) {
  write(from_ / "train", images);
  write(from_ / "test", images + "x");
  EXPECT_SAYS(refusal([&] { fetch_from(described(), from_); }), md5_of(images));
  EXPECT_FALSE(fs::exists(into_ / "one"));
}

TEST_F(Fetch, NoFileOfAnEarlierFolderStays) {
  Description d = described();
  d.format = "png";
  d.files = {{"train_x", "train", "", ""}, {"test_x", "test", "", ""}};
  const auto picture = [&](const std::string& name) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = image.height = 2;
    image.format = PNG_FORMAT_GRAY;
    fs::create_directories((from_ / name).parent_path());
    png_image_write_to_file(&image, (from_ / name).c_str(), 0, "abcd", 0, nullptr);
  };
  for (const char* name : {"train/1.png", "test/1.png"}) picture(name);
  fetch_from(d, from_);
  fs::remove(from_ / "train/1.png");
  picture("train/2.png");
  fetch_from(d, from_);
  EXPECT_FALSE(fs::exists(into_ / "one" / "train" / "1.png"));
  EXPECT_TRUE(fs::exists(into_ / "one" / "train" / "2.png"));
}

TEST_F(Fetch, AMissingFileIsNamed) {
  write(from_ / "train", images);
  EXPECT_SAYS(refusal([&] { fetch_from(described(), from_); }), "test is missing");
}

TEST_F(Fetch, WithoutADownloadSaysHowToGetIt) {
  EXPECT_SAYS(refusal([] { fetch(described()); }), "to get it, run: make one");
}

TEST_F(Fetch, DataMadeByTheProgramAreNotFetched) {
  const Description bars = description_of(config_of("bars"));
  EXPECT_SAYS(refusal([&] { fetch(bars); }), "nothing to fetch");
  EXPECT_SAYS(refusal([&] { fetch_from(bars, from_); }), "nothing to fetch");
}

}  // namespace
}  // namespace elbo::host::data
