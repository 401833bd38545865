// `elbo sample --as`: samples in the units of the run's data, which can be read as data again.
#include <nlohmann/json.hpp>
#include <set>

#include "apply_fixture.hpp"
#include "formats/format.hpp"

namespace elbo::host {
namespace {

using SampleFiles = ApplyTest;

TEST_F(SampleFiles, RowsOfATableAreNewDataForTheRun) {
  train("evaluate.importance_samples = 50\n");
  const Said said = elbo("sample out --count 1200 --seed 7 --draw --as csv --out a");
  ASSERT_EQ(said.code, 0) << said.err;
  ASSERT_EQ(elbo("sample out --count 1200 --seed 7 --draw --as csv --out b").code, 0);
  ASSERT_EQ(elbo("sample out --count 700 --seed 7 --draw --as csv --out fewer").code, 0);
  const std::string all = read_file(scratch.path / "a/sample.csv"),
                    fewer = read_file(scratch.path / "fewer/sample.csv");
  EXPECT_EQ(all, read_file(scratch.path / "b/sample.csv"));
  EXPECT_TRUE(all.starts_with(fewer));  // a sample depends on the seed and its place
  EXPECT_TRUE(all.starts_with("height,weight,visits,colour,since\n")) << all.substr(0, 100);
  const auto rows = columns("a/sample.csv");
  EXPECT_EQ(std::set<std::string>(rows.at("colour").begin(), rows.at("colour").end()),
            (std::set<std::string>{"red", "green", "blue, dark"}));
  for (const double visits : numbers("a/sample.csv", "visits")) EXPECT_EQ(visits, std::floor(visits));
  double mean = 0;
  for (const double weight : numbers("a/sample.csv", "weight")) mean += weight / 1200;
  EXPECT_NEAR(mean, 63, 8);  // as the data's
  const Said applied = elbo("apply out a/sample.csv --json");
  ASSERT_EQ(applied.code, 0) << applied.err;
  EXPECT_EQ(nlohmann::json::parse(applied.out).at("scored"), 1200);
  const auto record = nlohmann::json::parse(read_file(scratch.path / "a/sample.json"));
  EXPECT_EQ(record.at("seed"), 7);
  EXPECT_EQ(record.at("count"), 1200);
  EXPECT_EQ(record.at("x"), "x ~ p(x|z)");
  ASSERT_EQ(elbo("sample out --count 20 --as csv --out means").code, 0);
  EXPECT_EQ(columns("means/sample.csv").at("colour").size(), 20u);
}

TEST_F(SampleFiles, ImagesAreArraysAndPictures) {
  write("e.toml", "seeds = [1]\n" + tiny_model + "evaluate.importance_samples = 20\n");
  ASSERT_EQ(elbo("run e.toml --out out").code, 0);
  ASSERT_EQ(elbo("sample out --count 30 --seed 3 --draw --as npz").code, 0);
  ASSERT_EQ(elbo("sample out --count 30 --seed 3 --draw").code, 0);
  const std::filesystem::path folder = log().parent_path();
  const auto read = [&](const std::string& part) {
    return formats::read_with(*formats::find_format("npz"), {.path = folder / "sample.npz", .part = part});
  };
  const formats::Array x = read("x"), z = read("z"), seed = read("seed");
  EXPECT_EQ(x.shape, (Shape{30, 1, 8, 8}));
  const auto& bytes = std::get<std::vector<uint8_t>>(x.values);
  const auto& codes = std::get<std::vector<float>>(z.values);
  EXPECT_EQ(std::get<std::vector<float>>(seed.values).at(0), 3);
  const h5::File sheet = h5::File::open(folder / "sample.h5", h5::Mode::read);
  EXPECT_EQ(sheet.attribute("/", "seed"), "3");
  EXPECT_EQ(sheet.dataset("/z").read<float>(0, 30), codes);
  const auto drawn = sheet.dataset("/data").read<float>(0, 30);
  for (size_t i = 0; i < drawn.size(); ++i) ASSERT_EQ(drawn[i], bytes[i]);
  const Said said = elbo("sample out --count 12 --draw --as png --out pictures");
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(exists("pictures/sample/00.png") && exists("pictures/sample/11.png"));
  EXPECT_FALSE(exists("pictures/sample/12.png"));
  const Said csv = elbo("sample out --as csv --out refused");
  EXPECT_EQ(csv.code, 2);
  EXPECT_TRUE(has(csv.err, "the data points have the shape [1, 8, 8], which has no columns")) << csv.err;
  EXPECT_TRUE(has(elbo("sample out --as tiff").err, "--as is \"tiff\"; expected csv, npz or png"));
}

TEST_F(SampleFiles, ColumnsOfTwoNamesUnderABinaryLikelihoodGetTheMostProbableOne) {
  std::string table = "sex,mass\n";
  for (int i = 0; i < 120; ++i)
    table += std::string(i % 3 ? "female," : "male,") + std::to_string(3 + i % 3 + i * 7 % 11 * 0.05) + "\n";
  write("two.csv", table);
  write("two.toml",
        "latent_dim = 1\nseeds = [1]\ndataset = { path = \"two.csv\", observe = \"columns\", standardize = true }\n"
        "encoder = { plugin = \"mlp\", hidden = [8] }\ndecoder = { plugin = \"mlp\", hidden = [8] }\n"
        "prior.plugin = \"standard_normal\"\n"
        "likelihood = { plugin = \"composite\", columns = { \"sex\" = \"bernoulli\" }, rest = \"gaussian\" }\n"
        "train = { max_epochs = 3, batch_size = 20 }\nevaluate.importance_samples = 5\n");
  ASSERT_EQ(elbo("run two.toml --out two").code, 0);
  const Said said = elbo("sample two --count 20 --as csv --out made");
  ASSERT_EQ(said.code, 0) << said.err;
  const std::string made = read_file(scratch.path / "made/sample.csv");
  EXPECT_TRUE(has(made, "female,") && !has(made, "nan")) << made;
  EXPECT_EQ(elbo("apply two two.csv -o applied.csv").code, 0);
}

}  // namespace
}  // namespace elbo::host
