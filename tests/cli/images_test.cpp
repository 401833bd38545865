// Folders of images as people have them: what `elbo data info` says, the experiment it writes, and comparisons of sizes.
#include "support/images.hpp"
#include "cli/program.hpp"

namespace elbo::host {
namespace {
using test::jpeg_bytes;
using test::png_bytes;

class Images : public Program {
 protected:
  void file(const std::string& name, const std::string& bytes) { test::write_file(scratch.path / name, bytes); }
  /// JPEG photos of unequal sizes in two classes, with a shading that differs between them.
  void write_photos() {
    for (uint32_t i = 0; i < 40; ++i) {
      const uint32_t height = 12 + i % 3, width = 14 + i % 4;
      std::vector<uint8_t> values;
      for (uint32_t y = 0; y < height; ++y)
        for (uint32_t x = 0; x < width; ++x)
          for (const uint32_t step : {3U, 5U, 7U})
            values.push_back(static_cast<uint8_t>((i % 2 ? x * step * 2 : y * step * 2) + i));
      file("photos/" + std::string(i % 2 ? "lake/" : "wood/") + std::to_string(i) + ".jpg",
           jpeg_bytes(width, height, 3, values));
    }
    file("photos/lake/.DS_Store", "x");
  }
  std::string info(const std::string& words) {
    const Said said = elbo("data info " + words);
    EXPECT_EQ(said.code, 0) << said.err;
    return said.out;
  }
};

#define EXPECT_HAS(text, part) EXPECT_TRUE(has(text, part)) << text

TEST_F(Images, OfUnequalSizesAreShownWithWhatHasToBeSet) {
  write_photos();
  const std::string said = info("photos");
  EXPECT_HAS(said, "photos: images\n");
  EXPECT_HAS(said, "images       40\n");
  EXPECT_HAS(said, "sizes        12 x 14 (");
  EXPECT_HAS(said, "modes        RGB (40)\n");
  EXPECT_HAS(said, "layout       a folder for each class\n");
  EXPECT_HAS(said,
             "set          resize = [8, 8], since the images have 12 sizes, as 12 x 14 and 14 x 17; or crop, or pad");
  EXPECT_HAS(said, "hidden files skipped: 1");
  EXPECT_HAS(said, "shape        [3, 8, 8]\n");
  EXPECT_HAS(said, "format = \"images\"\nresize = [8, 8]\nresize_aspect = \"crop\"\nobserve = \"levels\"\n");
}

TEST_F(Images, TheExperimentToStartFromRuns) {
  write_photos();
  file("photos/wood/glass.png",
       png_bytes(
           {.width = 16, .height = 16, .type = PNG_COLOR_TYPE_RGB_ALPHA, .values = std::vector<uint16_t>(1024, 100)}));
  write("my.toml", info("photos --experiment"));
  const Said checked = elbo("check my.toml");
  EXPECT_EQ(checked.code, 0) << checked.err;
  const Said ran = elbo("run my.toml --set 'seeds=[1]' --set train.max_epochs=2 --set evaluate.importance_samples=10");
  EXPECT_EQ(ran.code, 0) << ran.err << ran.out;
  EXPECT_HAS(ran.out, "images after composite(white), resize(8 x 8, area, crop)");
}

TEST_F(Images, OfDifferentSizesAreNeverRankedTogether) {
  write_photos();
  const std::string model =
      "latent_dim = 2\nencoder = { plugin = \"mlp\", hidden = [8] }\ndecoder = { plugin = \"mlp\", hidden = [8] }\n"
      "prior = { plugin = \"standard_normal\" }\nlikelihood = { plugin = \"gaussian\" }\n"
      "train = { max_epochs = 1, batch_size = 10 }\nevaluate.importance_samples = 10\n"
      "dataset = { path = \"photos\", resize = [8, 8] }\n"
      "[[variant]]\nname = \"small\"\n[[variant]]\nname = \"large\"\ndataset.resize = [12, 12]\n";
  write("sizes.toml", model);
  const Said ran = elbo("run sizes.toml");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_HAS(ran.out, "images after resize(8 x 8, area, stretch)");
  EXPECT_HAS(ran.out, "images after resize(12 x 12, area, stretch)");
  EXPECT_FALSE(has(ran.out, "beats")) << ran.out;
}

TEST_F(Images, UnequalOnesWithoutATransformAndOneFileAreRefused) {
  write_photos();
  write("x.toml",
        "latent_dim = 2\nencoder = { plugin = \"mlp\" }\ndecoder = { plugin = \"mlp\" }\nprior = { plugin = "
        "\"standard_normal\" }\nlikelihood = { plugin = \"gaussian\" }\ndataset = { path = \"photos\" }\n");
  const Said said = elbo("run x.toml");
  EXPECT_EQ(said.code, 2);
  EXPECT_HAS(said.err, "its images have 12 sizes, as 12 x 14");
  EXPECT_HAS(said.err, "set dataset.resize = [12, 14], or crop or pad");
  expect_nothing_written();
  const std::string one = elbo("data info photos/lake/1.jpg").err;
  EXPECT_HAS(one, "is one JPEG image, 13 x 15 (height x width), RGB; expected a folder of images");
  EXPECT_HAS(one, "name the folder: photos/lake");
  file("photos/lake/3.jpg", jpeg_bytes(14, 12, 3, std::vector<uint8_t>(14 * 12 * 3, 9)).substr(0, 400));
  EXPECT_HAS(elbo("data info photos").err, "photos/lake/3.jpg: is damaged: libjpeg says");
}

TEST_F(Images, OfSixteenBitsAreScoredOn65536Levels) {
  for (uint32_t i = 0; i < 20; ++i) {
    std::vector<uint16_t> values;
    for (uint32_t k = 0; k < 64; ++k) values.push_back(static_cast<uint16_t>(3000 + i * 900 + k * 500));
    file("deep/" + std::to_string(i) + ".png", png_bytes({.width = 8, .height = 8, .bits = 16, .values = values}));
  }
  const std::string said = info("deep");
  EXPECT_HAS(said, "modes        16-bit grey (20)\n");
  EXPECT_HAS(said, "on 65536 levels");
  EXPECT_HAS(said, "gaussian");
}

}  // namespace
}  // namespace elbo::host
