// The verbs that make pictures and arrays, as docs/generating.md shows them.
#include "hdf5/file.hpp"
#include "program.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

class Generate : public Program {
 protected:
  void train(const std::string& text) {
    write("x.toml", text);
    const Said said = elbo("run x.toml --out out");
    ASSERT_EQ(said.code, 0) << said.err << said.out;
    for (const auto& entry : fs::directory_iterator(scratch.path / "out"))
      if (fs::exists(entry.path() / "log.h5")) fs::rename(entry.path(), scratch.path / "RUN");
  }

  h5::File arrays(const std::string& name) const { return h5::File::open(scratch.path / name, h5::Mode::read); }

  /// Width and height of a PNG file, from its header.
  std::pair<int, int> size_of(const std::string& name) const {
    const std::string bytes = read_file(scratch.path / name);
    const auto number = [&](size_t at) {
      int n = 0;
      for (size_t i = 0; i < 4; ++i) n = n * 256 + static_cast<unsigned char>(bytes.at(at + i));
      return n;
    };
    return {number(16), number(20)};
  }
};

TEST_F(Generate, EveryCommandOnThePageRuns) {
  train(tiny);
  std::istringstream page(read_file(ELBO_SOURCE_DIR "/docs/generating.md"));
  int commands = 0;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("    elbo ")) continue;
    ++commands;
    std::string words = line.substr(9);
    words = words.substr(0, words.find("  "));  // the remark beside it
    const Said said = elbo(words);
    EXPECT_EQ(said.code, 0) << line << "\n" << said.err;
    const std::string verb = words.substr(0, words.find(' '));
    EXPECT_TRUE(exists("RUN/" + verb + ".h5") && exists("RUN/" + verb + ".png")) << line;
  }
  EXPECT_EQ(commands, 11);
}

TEST_F(Generate, ArraysHoldTheCodesAndWhatTheDecoderMakesOfThem) {
  train(tiny);
  ASSERT_EQ(elbo("sample RUN --count 12 --columns 4 --draw --out a").code, 0);
  ASSERT_EQ(elbo("sample RUN --count 12 --columns 4 --draw --out b").code, 0);
  EXPECT_EQ(arrays("a/sample.h5").dataset("/z").read<float>(0, 12),
            arrays("b/sample.h5").dataset("/z").read<float>(0, 12));
  EXPECT_EQ(arrays("a/sample.h5").dataset("/mean").shape(), (std::vector<hsize_t>{12, 1, 8, 8}));
  for (const float x : arrays("a/sample.h5").dataset("/data").read<float>(0, 12)) EXPECT_TRUE(x == 0 || x == 1) << x;
  EXPECT_EQ(size_of("a/sample.png"), std::pair(32, 48));  // 24 images, pairs of draw and mean, 4 in a row

  ASSERT_EQ(elbo("interpolate RUN --data 0,1 --steps 5 --out a").code, 0);
  ASSERT_EQ(elbo("reconstruct RUN --data 0,1 --out a").code, 0);
  const auto line = arrays("a/interpolate.h5").dataset("/z").read<float>(0, 5),
             ends = arrays("a/reconstruct.h5").dataset("/z").read<float>(0, 2);
  for (size_t j = 0; j < 2; ++j) {
    EXPECT_FLOAT_EQ(line[j], ends[j]);
    EXPECT_FLOAT_EQ(line[8 + j], ends[2 + j]);
    EXPECT_NEAR(line[4 + j], (ends[j] + ends[2 + j]) / 2, 1e-6);
  }
  ASSERT_EQ(elbo("traverse RUN --dimensions 1 --steps 3 --reach 2 --row 0 --out a").code, 0);
  const auto walked = arrays("a/traverse.h5").dataset("/z").read<float>(0, 3);
  EXPECT_EQ((std::vector<float>{walked[1], walked[3], walked[5]}), (std::vector<float>{-2, 0, 2}));
  EXPECT_NEAR(walked[0], ends[0], 1e-5);  // the other one is kept

  ASSERT_EQ(elbo("manifold RUN --side 4 --out a").code, 0);
  const auto plane = arrays("a/manifold.h5").dataset("/z").read<float>(0, 16);
  EXPECT_NEAR(plane[0], -1.1503494, 1e-5);  // the quantile of 1/8
  EXPECT_NEAR(plane[1], 1.1503494, 1e-5);
  EXPECT_EQ(size_of("a/manifold.png"), std::pair(32, 32));
}

TEST_F(Generate, DataThatAreNoImagesHaveArraysOnlyAndItIsSaid) {
  train(
      "latent_dim = 3\ndataset = { name = \"linear_gaussian\", observe = \"real\", train = 100, test = 20 }\n"
      "encoder = { plugin = \"linear\" }\ndecoder = { plugin = \"linear\" }\nprior = { plugin = \"standard_normal\" }\n"
      "likelihood = { plugin = \"gaussian\" }\ntrain = { max_epochs = 1 }\n");
  const Said said = elbo("sample RUN --count 5");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.out, "the data are no images, of shape [8]: there is no sample.png, only the arrays"))
      << said.out;
  EXPECT_EQ(arrays("RUN/sample.h5").dataset("/mean").shape(), (std::vector<hsize_t>{5, 8}));
  EXPECT_FALSE(exists("RUN/sample.png"));

  const Said plane = elbo("manifold RUN");
  EXPECT_EQ(plane.code, 2);
  EXPECT_TRUE(has(plane.err, "this run has 3 latent dimensions; expected 2")) << plane.err;
  EXPECT_TRUE(has(elbo("reconstruct RUN --data 20").err, "there is no test data point 20; expected 0 to 19"));
  EXPECT_TRUE(has(elbo("traverse RUN --dimensions 3").err, "there is no latent dimension 3; expected 0 to 2"));
}

TEST_F(Generate, MistakesAreSaidInOneSentence) {
  EXPECT_TRUE(has(elbo("sample").err, "no run is named"));
  EXPECT_TRUE(has(elbo("sample nowhere").err, "there is no log of a run"));
  fs::create_directories(scratch.path / "half");
  write("half/log.h5.partial", "");
  EXPECT_TRUE(has(elbo("manifold half").err, "the run is not finished"));
  EXPECT_TRUE(has(elbo("interpolate RUN --data 0,1,2").err, "names 3 test data; expected pairs"));
  EXPECT_TRUE(has(elbo("interpolate RUN --path bent").err, "--path is 'bent'; expected linear or spherical"));
  EXPECT_TRUE(has(elbo("reconstruct RUN --data 0,x").err, "--data has 'x'; expected whole numbers"));
  EXPECT_TRUE(has(elbo("sample RUN --count 0").err, "--count is 0; expected 1 or more"));
}

}  // namespace
}  // namespace elbo::host
