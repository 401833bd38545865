// The whole program on data of p(x|c) whose density is known in closed form.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include "cli/apply_fixture.hpp"
#include "log/run_log.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

// x = 1.2 z + 0.5 + a_c + N(0, 0.25) with z ~ N(0, 1) and c of three levels: of each x and c the density is a normal one.
constexpr double weight = 1.2, mean = 0.5, noise = 0.25;
constexpr double offsets[] = {-2, 0, 1}, shares[] = {0.5, 0.3, 0.2};
constexpr const char* names[] = {"low", "middle", "high"};

double log_p(double x, size_t c) {
  const double variance = weight * weight + noise, off = x - mean - offsets[c];
  return -0.5 * std::log(2 * std::numbers::pi * variance) - 0.5 * off * off / variance;
}

double log_p(double x) {
  double p = 0;
  for (size_t c = 0; c < 3; ++c) p += shares[c] * std::exp(log_p(x, c));
  return std::log(p);
}

class ConditionOracle : public ApplyTest {
 protected:
  struct Datum {
    double x;
    size_t c;
  };

  static std::vector<Datum> drawn(size_t count) {
    std::mt19937_64 bits(20261201);
    std::vector<Datum> data;
    for (size_t i = 0; i < count; ++i) {
      std::normal_distribution<double> normal;
      const double u = std::uniform_real_distribution<double>()(bits);
      const size_t c = u < shares[0] ? 0 : u < shares[0] + shares[1] ? 1 : 2;
      data.push_back({weight * normal(bits) + mean + offsets[c] + std::sqrt(noise) * normal(bits), c});
    }
    return data;
  }

  void train_both() {
    data_ = drawn(4000);
    std::string table = "x,kind\n";
    for (const Datum& one : data_) table += std::to_string(one.x) + "," + names[one.c] + "\n";
    write("toy.csv", table);
    write("toy.toml", R"(
name = "toy"
latent_dim = 1
seeds = [1]
encoder = { plugin = "linear" }
decoder = { plugin = "linear" }
prior = { plugin = "standard_normal" }
likelihood = { plugin = "gaussian", scale = "shared" }
dataset = { path = "toy.csv", observe = "real", select = "x" }
train = { max_epochs = 60, batch_size = 50, optimizer = { lr = 0.01 }, schedule = { name = "cosine" } }
evaluate = { images = 0 }
[[variant]]
name = "given"
dataset.condition = ["kind"]
[[variant]]
name = "without"
)");
    const Said said = elbo("run toy.toml --out out");
    ASSERT_EQ(said.code, 0) << said.err << said.out;
    table_ = said.out;
  }

  fs::path run(const std::string& variant) const {
    for (const auto& entry : fs::directory_iterator(scratch.path / "out"))
      if (entry.path().filename().string().starts_with(variant + "-")) return entry.path();
    return {};
  }
  std::vector<double> logged_of(const std::string& variant, const std::string& column) const {
    const h5::File file = h5::File::open(run(variant) / "log.h5", h5::Mode::read);
    const h5::Dataset values = file.dataset("/per_example/" + column);
    return values.read<double>(0, values.rows());
  }

  std::vector<Datum> data_;
  std::string table_;
};

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double one : values) sum += one;
  return sum / static_cast<double>(values.size());
}

// The linear decoder contains the truth, so that a maximum of the bound over 3,200 rows lies 5 parameters / (2 * 3200) nat below it in
// expectation; a posterior that is not given c could not be a normal distribution of the right mean.
TEST_F(ConditionOracle, ALinearVaeThatIsGivenTheKindReachesItsDensity) {
  train_both();
  const std::vector<double> log_px = logged_of("given", "log_px"), rows = logged_of("given", "row");
  ASSERT_EQ(log_px.size(), 800u);
  std::vector<double> exact, off;
  for (size_t i = 0; i < log_px.size(); ++i) {
    const Datum& datum = data_.at(static_cast<size_t>(rows.at(i)));
    exact.push_back(log_p(datum.x, datum.c));
    off.push_back(std::abs(log_px[i] - exact.back()));
  }
  EXPECT_NEAR(mean_of(log_px), mean_of(exact), 0.01);
  EXPECT_LT(mean_of(off), 0.05) << "of each data point";
  EXPECT_NEAR(mean_of(logged_of("given", "elbo")), mean_of(exact), 0.05);

  std::vector<double> without;
  for (const double row : logged_of("without", "row")) without.push_back(log_p(data_.at(static_cast<size_t>(row)).x));
  EXPECT_LT(mean_of(logged_of("without", "log_px")), mean_of(without) + 0.01)
      << "a normal distribution is not the mixture";
  EXPECT_GT(mean_of(exact), mean_of(without) + 0.2);
}

TEST_F(ConditionOracle, WhatIsGivenIsNeverRankedWithWhatIsNot) {
  train_both();
  EXPECT_TRUE(has(table_, "given kind (3 levels)")) << table_;
  EXPECT_TRUE(has(table_, "R11: what is given of the data differs")) << table_;
  EXPECT_FALSE(has(table_, "given leads")) << table_;
  const Said evaluated = elbo("evaluate out/" + run("given").filename().string() + " --metrics condition");
  EXPECT_EQ(evaluated.code, 0) << evaluated.err;
  EXPECT_TRUE(has(evaluated.out, "kind is low")) << evaluated.out;
  const Said refused = elbo("evaluate out/" + run("without").filename().string() + " --metrics condition");
  EXPECT_TRUE(has(refused.out + refused.err, "nothing is given")) << refused.out << refused.err;
}

TEST_F(ConditionOracle, SamplesAndNewDataAreOfTheKindThatIsAskedFor) {
  train_both();
  const std::string folder = "out/" + run("given").filename().string();
  for (size_t c = 0; c < 3; ++c) {
    const std::string name = names[c];
    const Said said =
        elbo("sample " + folder + " --given kind=" + name + " --count 4000 --draw --as csv --out of_" + name);
    ASSERT_EQ(said.code, 0) << said.err;
    EXPECT_NEAR(mean_of(numbers("of_" + name + "/sample.csv", "x")), mean + offsets[c], 0.15);
    EXPECT_EQ(columns("of_" + name + "/sample.csv").at("kind").at(17), name);
  }
  const Said unknown = elbo("sample " + folder + " --given kind=middling --out wrong");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_TRUE(has(unknown.err, "'middling'") && has(unknown.err, "high, low, middle")) << unknown.err;

  ASSERT_EQ(elbo("apply " + folder + " toy.csv -o all.csv").code, 0);
  const std::vector<double> now = numbers("all.csv", "log_px"), rows = logged_of("given", "row"),
                            then = logged_of("given", "log_px");
  ASSERT_EQ(now.size(), data_.size());
  write("new.csv", "x\n-1.5\n0.5\n2.5\n");
  const Said lacking = elbo("apply " + folder + " new.csv -o new_out.csv");
  EXPECT_EQ(lacking.code, 2);
  EXPECT_TRUE(has(lacking.err, "kind")) << lacking.err;
  ASSERT_EQ(elbo("apply " + folder + " new.csv --given kind=high -o new_out.csv").code, 0);
  const std::vector<double> high = numbers("new_out.csv", "log_px");
  const double x[] = {-1.5, 0.5, 2.5};
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(high.at(i), log_p(x[i], 2), 0.1);
}

TEST_F(ConditionOracle, ALevelThatOnlyTestDataHaveIsNamedOrScoredAsUnknown) {
  std::string train = "x,kind\n", test = "x,kind\n0.1,rare\n0.3,a\n";
  for (int i = 0; i < 60; ++i) train += std::to_string(i * 37 % 41 * 0.05) + (i % 2 ? ",a\n" : ",b\n");
  write("train.csv", train);
  write("test.csv", test);
  const auto file = [&](const std::string& more) {
    write("e.toml",
          "latent_dim = 1\nseeds = [1]\nencoder.plugin = \"linear\"\ndecoder.plugin = \"linear\"\n"
          "prior.plugin = \"standard_normal\"\nlikelihood.plugin = \"gaussian\"\n"
          "dataset = { path = \"train.csv\", test_path = \"test.csv\", observe = \"real\", condition = [\"kind\"]" +
              more + " }\ntrain = { max_epochs = 2, batch_size = 10 }\n");
  };
  file("");
  const Said refused = elbo("check e.toml");
  EXPECT_EQ(refused.code, 2);
  EXPECT_TRUE(has(refused.err, "'rare'") && has(refused.err, "unseen")) << refused.err;
  file(", unseen = 0.2");
  const Said said = elbo("run e.toml --out unseen");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.out + said.err, "'rare'")) << said.out << said.err;
  const Said applied = elbo("apply unseen test.csv");
  EXPECT_EQ(applied.code, 0) << applied.err;
  EXPECT_TRUE(has(applied.out + applied.err, "1 of 2 rows have no value of it that the training data have"))
      << applied.out << applied.err;
  EXPECT_FALSE(has(applied.out + applied.err, "left out")) << applied.out;
  const Said twice = elbo("apply unseen test.csv --given kind=a --given kind=b");
  EXPECT_EQ(twice.code, 2);
  EXPECT_TRUE(has(twice.err, "is said twice")) << twice.err;
  EXPECT_TRUE(has(elbo("evaluate unseen --metrics condition").out, "kind is not known"));
}

}  // namespace
}  // namespace elbo::host
