// `elbo apply` on images and arrays: folders of PNG files, NPZ, HDF5 in memory and by blocks, counts.
#include "apply_fixture.hpp"
#include "base/zip.hpp"
#include "support/images.hpp"
#include "unit/formats/files.hpp"

namespace elbo::host {
namespace {

class ApplyArrays : public ApplyTest {
 protected:
  static constexpr uint32_t side = 6;

  /// Grey images [6, 6] of two kinds.
  static std::vector<std::string> images() {
    std::vector<std::string> all;
    for (uint32_t i = 0; i < 100; ++i) {
      std::string pixels;
      for (uint32_t y = 0; y < side; ++y)
        for (uint32_t x = 0; x < side; ++x)
          pixels += static_cast<char>((i % 2 ? 30 * x : 30 * y) + i * (x + 2 * y) % 23);
      all.push_back(pixels);
    }
    return all;
  }
  static std::string joined(const std::vector<std::string>& rows) {
    std::string all;
    for (const std::string& row : rows) all += row;
    return all;
  }
  void write_npz(const std::string& name, const std::vector<std::string>& rows, const std::string& shape = "6, 6") {
    ZipWriter archive(scratch.path / name);
    archive.add("x.npy", test::npy("'|u1'", "(" + std::to_string(rows.size()) + ", " + shape + ")", joined(rows)));
    archive.add("id.npy", test::npy("'|u1'", "(" + std::to_string(rows.size()) + ",)", std::string(rows.size(), '\1')));
    archive.close("");
  }
  void train_on_images(const std::string& dataset = "observe = \"binary\", binarize = \"dynamic\"",
                       const std::string& likelihood = "bernoulli") {
    write_npz("train.npz", images());
    write("e.toml", "latent_dim = 2\nseeds = [1]\ndataset = { path = \"train.npz\", select = \"x\", " + dataset +
                        " }\nencoder = { plugin = \"mlp\", hidden = [8] }\n"
                        "decoder = { plugin = \"mlp\", hidden = [8] }\nprior.plugin = \"standard_normal\"\n"
                        "likelihood.plugin = \"" +
                        likelihood +
                        "\"\ntrain = { max_epochs = 3, batch_size = 20 }\nevaluate.importance_samples = 50\n");
    const Said said = elbo("run e.toml --out out");
    ASSERT_EQ(said.code, 0) << said.err << said.out;
  }
  std::vector<std::string> test_images() const {
    std::vector<std::string> rows;
    for (const double row : logged("row")) rows.push_back(images().at(static_cast<size_t>(row)));
    return rows;
  }
  void write_folder(const std::string& folder, const std::vector<std::string>& rows, uint32_t width = side) {
    for (size_t i = 0; i < rows.size(); ++i) {
      std::vector<uint16_t> values;
      for (const char c : rows[i]) values.push_back(static_cast<uint8_t>(c));
      test::write_file(scratch.path / folder / (std::to_string(100 + i) + ".png"),
                       test::png_bytes({.width = width, .height = side, .values = values}));
    }
  }
  void write_hdf5(const std::string& name, const std::vector<std::string>& rows) const {
    h5::File file = h5::File::create(scratch.path / name);
    const std::string bytes = joined(rows);
    const std::vector<uint8_t> values(bytes.begin(), bytes.end());
    file.dimension("/n", rows.size(), "row");
    file.dimension("/p", side * side, "pixel");
    file.dataset("/images", {.type = H5T_STD_U8LE,
                             .shape = {rows.size(), side * side},
                             .dims = {"n", "p"},
                             .units = "1",
                             .long_name = "images",
                             .chunk = {4, side * side}})
        .write<uint8_t>(0, values);
    file.close();
  }
};

TEST_F(ApplyArrays, TestImagesComeToTheNumbersOfTheLogFromAnyFormat) {
  train_on_images();
  const std::vector<std::string> rows = test_images();
  write_npz("new.npz", rows);
  write_folder("pictures", rows);
  write_hdf5("new.h5", rows);
  const std::map<std::string, std::string> files = {
      {"npz", "new.npz"}, {"png", "pictures"}, {"h5", "new.h5"}, {"blocks", "new.h5 --set dataset.memory_gb=1e-6"}};
  for (const auto& [name, words] : files) {
    const std::string out = name + "-out.csv";
    const Said said = elbo("apply out " + words + " -o " + out);
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_TRUE(has(said.err, "a CSV file has no columns for decoded images")) << said.err;
    for (const char* column : {"log_px", "elbo", "ess"}) expect_as_logged(out, column);
  }
  EXPECT_EQ(columns("png-out.csv").at("name").at(3), "103.png");
  ASSERT_EQ(elbo("apply out pictures -o all.h5").code, 0);
  const h5::File file = h5::File::open(scratch.path / "all.h5", h5::Mode::read);
  EXPECT_EQ(file.dataset("/mean").shape(), (std::vector<hsize_t>{20, 1, side, side}));
  EXPECT_EQ(file.dims("/mean"), (std::vector<std::string>{"sample", "channel", "y", "x"}));
  EXPECT_EQ(file.texts("/name").at(0), "100.png");
  double greatest = 0;
  for (const double value : file.dataset("/mean").read<double>(0, 20)) greatest = std::max(greatest, value);
  EXPECT_GT(greatest, 60);  // in stored grey values, not in probabilities
  EXPECT_LE(greatest, 255);
}

TEST_F(ApplyArrays, OtherImagesAreRefused) {
  train_on_images("observe = \"levels\"", "discretized_logistic");
  const std::vector<std::string> rows = images();
  write_folder("wide", {std::string(48, 'a'), std::string(48, 'b')}, 8);
  expect_refused("wide -o refused.csv",
                 "wide/100.png: is 6 x 8; expected 6 x 6, as those that the run was trained on; convert it or take it "
                 "away; 2 of the "
                 "2 images do not fit");
  test::write_file(scratch.path / "colour" / "1.png",
                   test::png_bytes({.width = side,
                                    .height = side,
                                    .type = PNG_COLOR_TYPE_RGB,
                                    .values = std::vector<uint16_t>(side * side * 3, 77)}));
  expect_refused("colour", "colour/1.png: is in colour; expected a grey one, as those that the run was trained on");
  std::string halves;
  for (uint32_t i = 0; i < side * side; ++i) {
    const float value = 0.5F;
    halves.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  write("scaled.npy", test::npy("'<f4'", "(1, 6, 6)", halves));
  expect_refused("scaled.npy", "scaled.npy: row 0 holds 0.5; expected a whole number from 0 to 255, as in the run's");
  write_npz("other.npz", {rows[0].substr(0, 20)}, "4, 5");
  expect_refused("other.npz", "expected");
  ZipWriter archive(scratch.path / "two.npz");
  archive.add("a.npy", test::npy("'|u1'", "(1, 6, 6)", rows[0]));
  archive.add("b.npy", test::npy("'|u1'", "(1, 6, 6)", rows[1]));
  archive.close("");
  expect_refused(
      "two.npz",
      "two.npz: several of its arrays fit (a, b); expected one of data points of shape [1, 6, 6], as the run "
      "was trained on; name it by --set select=NAME");
  EXPECT_EQ(elbo("apply out two.npz --set select=b").code, 0);
}

TEST_F(ApplyArrays, OneOddImageAmongManyIsNamed) {
  train_on_images("observe = \"levels\"", "discretized_logistic");
  const std::vector<std::string> rows = images();
  const auto folder_with = [&](const std::string& name, const std::string& bytes) {
    write_folder(name, {rows.begin(), rows.begin() + 5});
    test::write_file(scratch.path / name / "102.png", bytes);
    return name;
  };
  const std::vector<uint16_t> wide(side * 9, 7), colour(side * side * 3, 77);
  expect_refused(folder_with("sizes", test::png_bytes({.width = 9, .height = side, .values = wide})),
                 "sizes/102.png: is 6 x 9; expected 6 x 6, as those that the run was trained on");
  expect_refused(
      folder_with("colours",
                  test::png_bytes({.width = side, .height = side, .type = PNG_COLOR_TYPE_RGB, .values = colour})),
      "colours/102.png: is in colour; expected a grey one");
  const std::string whole =
      test::png_bytes({.width = side, .height = side, .values = std::vector<uint16_t>(side * side, 7)});
  expect_refused(folder_with("cut", whole.substr(0, whole.size() - 20)), "cut/102.png: ");
  expect_refused(folder_with("text", "no image"), "text/102.png: ");
}

TEST_F(ApplyArrays, CountsAreCountsInANewFileToo) {
  std::string table = "a,b,c\n";
  for (int i = 0; i < 100; ++i)
    table += std::to_string(i * i % 5) + "," + std::to_string(i % 7) + "," + std::to_string(i * 3 % 4) + "\n";
  write("counts.csv", table);
  write("e.toml",
        "latent_dim = 2\nseeds = [1]\ndataset = { path = \"counts.csv\", observe = \"counts\" }\n"
        "encoder = { plugin = \"mlp\", hidden = [8] }\ndecoder = { plugin = \"mlp\", hidden = [8] }\n"
        "prior.plugin = \"standard_normal\"\nlikelihood.plugin = \"poisson\"\n"
        "train = { max_epochs = 2, batch_size = 20 }\nevaluate.importance_samples = 20\n");
  ASSERT_EQ(elbo("run e.toml --out out").code, 0);
  write("good.csv", "c,a,b\n1,200,0\n0,3,4\n");
  EXPECT_EQ(elbo("apply out good.csv").code, 0) << elbo("apply out good.csv").err;
  write("half.csv", "a,b,c\n1,2,3\n0.5,1,2\n");
  expect_refused("half.csv", "half.csv: row 1, column 'a', holds 0.5; expected a count: 0, 1, 2, ..., as in the run's");
  std::filesystem::remove(scratch.path / "counts.csv");
  const Said said = elbo("apply out good.csv");
  EXPECT_EQ(said.code, 2) << said.err;
  EXPECT_TRUE(has(said.err, "counts.csv")) << said.err;
}

TEST_F(ApplyArrays, DataWithoutNamesTakeTheColumnsOfAFileAsTheyAre) {
  write("e.toml",
        "latent_dim = 2\nseeds = [1]\ndataset = { name = \"linear_gaussian\", observe = \"real\", train = 100, test = "
        "50 }\n"
        "encoder.plugin = \"linear\"\ndecoder.plugin = \"linear\"\nprior.plugin = \"standard_normal\"\n"
        "likelihood.plugin = \"gaussian\"\ntrain = { max_epochs = 1, batch_size = 20 }\n"
        "evaluate.importance_samples = 20\n");
  ASSERT_EQ(elbo("run e.toml --out out").code, 0);
  write("named.tsv", "a\tb\tc\td\te\tf\tg\th\n0.5\t0\t1\t-1\t0\t0\t2\t0\n");
  write("plain.csv", "0.5,0,1,-1,0,0,2,0\n1,2,3,4,5,6,7,8\n");
  ASSERT_EQ(elbo("apply out named.tsv -o named-out.csv").code, 0) << elbo("apply out named.tsv").err;
  ASSERT_EQ(elbo("apply out plain.csv -o plain-out.csv").code, 0);
  EXPECT_EQ(numbers("named-out.csv", "log_px").at(0), numbers("plain-out.csv", "log_px").at(0));
  write("seven.csv", "1,2,3,4,5,6,7\n0,0,1,0,0,0,0\n");
  expect_refused("seven.csv", "seven.csv: holds 2 data points of shape [7]; expected [8], as the run was trained on");
}

TEST_F(ApplyArrays, AnAutoencoderRanksByItsReconstruction) {
  write_npz("train.npz", images());
  write("e.toml",
        "latent_dim = 2\nseeds = [1]\ndataset = { path = \"train.npz\", select = \"x\", observe = \"levels\" }\n"
        "encoder = { plugin = \"mlp\", hidden = [8] }\ndecoder = { plugin = \"mlp\", hidden = [8] }\n"
        "prior.plugin = \"standard_normal\"\nlikelihood.plugin = \"discretized_logistic\"\n"
        "objective = { plugin = \"autoencoder\" }\ntrain = { max_epochs = 2, batch_size = 20 }\n");
  const Said ran = elbo("run e.toml --out out");
  ASSERT_EQ(ran.code, 0) << ran.err;
  write_npz("new.npz", test_images());
  const Said said = elbo("apply out new.npz -o new-out.csv");
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.out, "log p(x|z), as the run has no bound on log p(x): mean ")) << said.out;
  expect_as_logged("new-out.csv", "reconstruction");
}

}  // namespace
}  // namespace elbo::host
