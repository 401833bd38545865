// `elbo evaluate` on small runs that are really trained, on data that the program makes.
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/digest.hpp"
#include "hdf5/file.hpp"
#include "log/evaluation_file.hpp"
#include "program.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::json;

const std::string evaluated_run =
    "latent_dim = 2\n"
    "dataset = { name = \"linear_gaussian\", observe = \"real\", train = 500, test = 100 }\n"
    "encoder = { plugin = \"linear\" }\n"
    "decoder = { plugin = \"linear\" }\n"
    "prior = { plugin = \"standard_normal\" }\n"
    "likelihood = { plugin = \"gaussian\", scale = \"fixed\", fixed_scale = 0.5 }\n"
    "train = { max_epochs = 20, batch_size = 20, optimizer = { lr = 1e-2 } }\n"
    "log = { images = 0 }\n";

class Evaluate : public Program {
 protected:
  void train(const std::string& text, const std::string& out = "out") {
    write("x.toml", text);
    const Said said = elbo("run x.toml --out " + out);
    ASSERT_EQ(said.code, 0) << said.err << said.out;
  }

  fs::path folder_of(const std::string& out = "out") const {
    for (const auto& entry : fs::directory_iterator(scratch.path / out))
      if (fs::exists(entry.path() / "log.h5")) return entry.path();
    return {};
  }

  /// The metrics of the only run, by name.
  std::map<std::string, Json> metrics(const std::string& words) const {
    const Said said = elbo("evaluate " + words + " --json");
    std::map<std::string, Json> found;
    const Json answer = Json::parse(said.out.empty() ? "{}" : said.out, nullptr, false);
    EXPECT_TRUE(answer.is_object()) << said.out << said.err;
    for (const Json& metric : answer.value("metrics", Json::array())) found[metric.at("metric")] = metric;
    return found;
  }

  static double value(const Json& metric, const std::string& name) {
    for (const Json& one : metric.at("values"))
      if (one.at("name") == name) return one.at("value").is_null() ? std::nan("") : one.at("value").get<double>();
    ADD_FAILURE() << "no value " << name;
    return 0;
  }
};

TEST_F(Evaluate, BoundsOfManySamplesRiseTowardsTheEvidenceAndTheLogStaysAsItIs) {
  train(evaluated_run);
  const fs::path log = folder_of() / "log.h5";
  const std::string before = sha256_of_file(log);
  const auto found = metrics("out --metrics bounds --set bound_samples=[1,10,100]");
  const Json& bounds = found.at("bounds");
  EXPECT_EQ(bounds.at("rows").at("k").at("values"), Json({1, 10, 100}));
  const std::vector<double> log_px = bounds.at("rows").at("log_px").at("values");
  EXPECT_LE(log_px[0], log_px[1] + 0.05);
  EXPECT_LE(log_px[1], log_px[2] + 0.02);
  EXPECT_EQ(bounds.at("measure"), "density on R");
  EXPECT_EQ(bounds.at("measure_key").at("estimator").at("samples"), 100);
  EXPECT_EQ(sha256_of_file(log), before);

  const h5::File file = h5::File::open(folder_of() / "evaluation.h5", h5::Mode::read);
  EXPECT_EQ(file.dataset("/bounds/log_px_each").shape(), (std::vector<hsize_t>{3, 100}));
  EXPECT_EQ(file.attribute("/bounds/log_px", "units"), "nat");
}

TEST_F(Evaluate, ShowAndReportHaveWhatWasMeasured) {
  train(evaluated_run);
  const auto found = metrics("out --metrics bounds,aggregate --set bound_samples=[1,10,100] --set images=3");
  const fs::path folder = folder_of(), file = folder / "evaluation.h5";
  const auto read = log::read_evaluation(file);
  ASSERT_EQ(read.size(), 3u) << "and the columns, which the run itself has measured";
  for (const auto& metric : read) {  // as the worker said it
    if (metric.at("metric") == "columns") continue;
    const Json said = Json::parse(metric.dump()), &expected = found.at(metric.at("metric"));
    EXPECT_EQ(said, expected);
  }
  const Said shown = elbo("show " + folder.string());
  EXPECT_TRUE(has(shown.out, "bounds: importance-weighted")) << shown.out;
  EXPECT_TRUE(has(shown.out, "measure: density on R")) << shown.out;
  EXPECT_TRUE(has(shown.out, "mutual_information")) << shown.out;

  ASSERT_EQ(elbo("report out").code, 0);
  const std::string page = read_file(scratch.path / "out/report.html");
  EXPECT_TRUE(has(page, "{\"metric\":\"bounds\""));
  EXPECT_TRUE(has(page, "\"problems\":[],")) << "evaluation.h5 is no damaged log";

  write(fs::relative(file, scratch.path).string(), "damaged");
  const Said damaged = elbo("show " + folder.string());
  EXPECT_EQ(damaged.code, 0);
  EXPECT_TRUE(has(damaged.out, "evaluation.h5")) << damaged.out;
  EXPECT_TRUE(has(damaged.out, "\ntest data\n")) << damaged.out;
  ASSERT_EQ(elbo("report out").code, 0);
  EXPECT_TRUE(has(read_file(scratch.path / "out/report.html"), "\"state\":\"damaged\""));
}

TEST_F(Evaluate, AnnealingAndAppendixDComeToTheExactEvidenceOfTheLinearModel) {
  train(evaluated_run);
  const auto found = metrics(
      "out --metrics bounds,ais,marginal --set images=20 --set ais_images=20 --set marginal_images=20 --set "
      "bound_samples=[2000] --set ais_temperatures=100 --set ais_start=prior --set leapfrog_steps=3 --set "
      "marginal_samples=500");
  const double bound = found.at("bounds").at("rows").at("log_px").at("values")[0];
  EXPECT_NEAR(value(found.at("ais"), "log_px"), bound, 0.15);
  EXPECT_NEAR(value(found.at("marginal"), "log_px"), bound, 0.15);
  EXPECT_GE(value(found.at("ais"), "simulated_gap"), -0.05);
  EXPECT_LT(value(found.at("ais"), "simulated_gap"), 0.4);
  EXPECT_EQ(found.at("ais").at("measure_key").at("direction"), "lower");
  EXPECT_EQ(found.at("marginal").at("measure_key").at("direction"), "upper");
}

TEST_F(Evaluate, FactorsAndLabelsAreReadFromLatents) {
  train(
      "latent_dim = 4\ndataset = { name = \"sprites\", observe = \"binary\", train = 2000, test = 300 }\n"
      "encoder = { plugin = \"mlp\", hidden = [64] }\ndecoder = { plugin = \"mlp\", hidden = [64] }\n"
      "prior = { plugin = \"standard_normal\" }\nlikelihood = { plugin = \"bernoulli\" }\n"
      "train = { max_epochs = 10, batch_size = 50 }\n[evaluate]\nimportance_samples = 10\nmetrics = [\"factors\", "
      "\"probes\", \"aggregate\"]\n");
  const h5::File file = h5::File::open(folder_of() / "evaluation.h5", h5::Mode::read);  // the run itself has measured
  EXPECT_EQ(file.dataset("/factors/importance").shape(), (std::vector<hsize_t>{4, 4}));
  EXPECT_EQ(file.text("/factors/factor_names"), "shape, size, column, row");
  EXPECT_GT(file.number("/factors/informativeness"), 0.3);  // guessing tells a quarter
  EXPECT_GT(file.number("/probes/neighbour_accuracy"), 0.4);
  const double kl = file.number("/aggregate/aggregate_kl");
  EXPECT_NEAR(file.number("/aggregate/total_correlation") + file.number("/aggregate/dimension_kl"), kl, 1e-9);
  EXPECT_LE(file.number("/aggregate/mutual_information"), file.number("/aggregate/log_data"));

  const auto found = metrics("out");  // what the experiment asks for
  EXPECT_EQ(found.size(), 3u);
  EXPECT_EQ(value(found.at("factors"), "mig"), file.number("/factors/mig"));  // the same seed, the same numbers
}

TEST_F(Evaluate, WhatDoesNotFitIsSaidAndTheRestIsMeasured) {
  train(evaluated_run);
  const Said usual = elbo("evaluate out");
  EXPECT_EQ(usual.code, 0) << usual.err;
  EXPECT_TRUE(has(usual.out, "not measured: probes: the data have no labels")) << usual.out;
  EXPECT_TRUE(has(usual.out, "not measured: factors: the data have no known factors")) << usual.out;
  EXPECT_TRUE(has(usual.out, "measure: density on R")) << usual.out;
  EXPECT_TRUE(has(usual.out, "mutual_information")) << usual.out;
  EXPECT_EQ(elbo("evaluate out --metrics probes").code, 1);
  const h5::File file = h5::File::open(folder_of() / "evaluation.h5", h5::Mode::read);
  EXPECT_TRUE(file.has("/bounds"));  // stays when others are measured
}

TEST_F(Evaluate, AnAutoencoderHasNoBound) {
  train(evaluated_run + "objective = { plugin = \"autoencoder\" }\n");
  const Said said = elbo("evaluate out --metrics bounds,reconstruction");
  EXPECT_EQ(said.code, 1);
  EXPECT_TRUE(has(said.out, "bounds: objective:autoencoder has a point for a posterior")) << said.out;
  EXPECT_TRUE(has(said.out, "squared_error")) << said.out;
}

TEST_F(Evaluate, MistakesAreSaidInOneSentence) {
  EXPECT_TRUE(has(elbo("evaluate").err, "no run is named"));
  EXPECT_TRUE(has(elbo("evaluate nowhere").err, "there is no log of a run"));
  train(evaluated_run);
  const Said metric = elbo("evaluate out --metrics bound");
  EXPECT_EQ(metric.code, 2);
  EXPECT_TRUE(has(metric.err, "expected one of \"aggregate\"") && has(metric.err, "\"bounds\"")) << metric.err;
  EXPECT_TRUE(has(elbo("evaluate out --set imags=5").err, "did you mean 'images'?"));
  fs::remove(folder_of() / "weights.safetensors");
  EXPECT_TRUE(has(elbo("evaluate out").err, "has no weights.safetensors"));
}

TEST_F(Evaluate, AnUnfinishedRunIsNamed) {
  fs::create_directories(scratch.path / "half");
  write("half/log.h5.partial", "");
  const Said said = elbo("evaluate half");
  EXPECT_EQ(said.code, 2);
  EXPECT_TRUE(has(said.err, "the run is not finished")) << said.err;
}

}  // namespace
}  // namespace elbo::host
