// `elbo bench`: that it measures, and in which shape it says so. Times are never compared.
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>

#include "program.hpp"

namespace elbo::host {
namespace {

using Json = nlohmann::json;
using Bench = Program;

const std::string quick = " --min-time 1e-4 --repetitions 1";

void expect_positive(const Json& row, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) {
    ASSERT_TRUE(row.contains(key) && row[key].is_number()) << key << " in " << row;
    EXPECT_GT(row[key].get<double>(), 0) << key;
  }
}

TEST_F(Bench, MeasuresEachLikelihoodBesideItsTextbookForm) {
  const Said said = elbo("bench likelihoods --json --filter n" + quick);
  ASSERT_EQ(said.code, 0) << said.err;
  const Json report = Json::parse(said.out);
  EXPECT_EQ(report["conditions"]["threads"], "1");
  bool has_levels = false;
  for (const Json& row : report["rows"]) {
    expect_positive(row, {"forward_ns_per_dim", "both_ns_per_dim", "bytes_per_dim"});
    EXPECT_LT(row["error_nats"].get<double>(), 0.01) << row;  // of a sum over hundreds of values
    has_levels = has_levels || row["form"] == "levels";
    if (row["form"] == "levels") continue;
    expect_positive(row, {"naive_both_ns_per_dim", "naive_bytes_per_dim", "speedup_over_naive"});
    // Soft bounds are the only difference of the two formulas in float64: at most a hundredth of a nat a value.
    EXPECT_LT(row["naive_differs_nats"].get<double>(), 0.01 * 784) << row;
  }
  EXPECT_TRUE(has_levels);
}

TEST_F(Bench, MeasuresTheStepAgainstItsMatrixProducts) {
  const Said said = elbo("bench step --json --filter 20" + quick);
  ASSERT_EQ(said.code, 0) << said.err;
  const Json report = Json::parse(said.out);
  expect_positive(report, {"ms_per_step", "images_per_second", "ratio_to_gemm", "speedup_over_eager"});
  EXPECT_EQ(report["rows"].size(), 2);
  double all = 0;
  for (const Json& share : report["rows"][0]["where"]) all += share.get<double>();
  EXPECT_NEAR(all, 1, 1e-9);
}

TEST_F(Bench, MeasuresTheStepWithEachLikelihood) {
  using Rows = std::pair<const char*, size_t>;
  for (const auto& [filter, rows] :
       {Rows("gaussian", 1), Rows("laplace", 1), Rows("logistic", 2), Rows("binomial", 2)}) {
    const Said said = elbo(std::string("bench step --json --filter ") + filter + quick);
    ASSERT_EQ(said.code, 0) << said.err;
    const Json report = Json::parse(said.out);
    ASSERT_EQ(report["rows"].size(), rows) << filter;
    for (const Json& row : report["rows"]) {
      expect_positive(row, {"ms_per_step", "likelihood_ms", "percent_likelihood_alone", "ratio_to_gemm"});
      EXPECT_FALSE(row.contains("speedup_over_eager")) << row;
    }
  }
}

TEST_F(Bench, MeasuresBlocksAgainstMemory) {
  const Said said = elbo("bench blocks --json --filter npy" + quick);
  ASSERT_EQ(said.code, 0) << said.err;
  const Json rows = Json::parse(said.out)["rows"];
  ASSERT_EQ(rows.size(), 3);
  EXPECT_EQ(rows[0]["case"], "in memory");
  EXPECT_FALSE(rows[0].contains("blocks"));
  for (const Json& row : rows) expect_positive(row, {"images_per_second", "ratio", "wall_ratio"});
  for (const Json& row : {rows[1], rows[2]}) {
    EXPECT_GT(row["blocks"], 4 * row["held"].get<int>());
    EXPECT_LT(row["values_mb"].get<double>(), rows[0]["values_mb"].get<double>() / 6);
  }
}

TEST_F(Bench, MeasuresHowCostGrows) {
  const Said said = elbo("bench growth --json --filter samples" + quick);
  ASSERT_EQ(said.code, 0) << said.err;
  const Json rows = Json::parse(said.out)["rows"];
  ASSERT_EQ(rows.size(), 4);
  EXPECT_FALSE(rows[0].contains("growth"));
  for (const Json& row : rows) expect_positive(row, {"value", "ms_per_step", "peak_mb"});
  for (size_t i = 1; i < rows.size(); ++i)
    EXPECT_TRUE(rows[i]["growth"].is_number() && rows[i]["products_growth"].is_number());
}

TEST_F(Bench, MeasuresSeveralRunsAtOnceAndOneOnSeveralThreads) {
  const Said said = elbo("bench workers --json --filter 100" + quick);
  ASSERT_EQ(said.code, 0) << said.err;
  const Json rows = Json::parse(said.out)["rows"];
  for (const Json& row : rows) expect_positive(row, {"processes", "threads", "images_per_second", "ratio"});
  EXPECT_EQ(rows[0]["ratio"], 1);
  if (std::thread::hardware_concurrency() == 1) return;
  EXPECT_EQ(rows[1]["processes"], 2);
  EXPECT_EQ(rows.back()["processes"], 1);
  EXPECT_GT(rows.back()["threads"], 1);
}

TEST_F(Bench, MeasuresEvaluationAgainstItsMatrixProducts) {
  const Said said = elbo("bench evaluation --json --filter \"mlp batch\"" + quick);
  ASSERT_EQ(said.code, 0) << said.err;
  const Json rows = Json::parse(said.out)["rows"];
  ASSERT_EQ(rows.size(), 1);
  expect_positive(rows[0], {"images_per_second", "hours", "share_of_products", "rows", "peak_mb", "ladder_passes",
                            "ladder_ratio", "certified_ratio"});
  EXPECT_LE(rows[0]["not_trusted"], 0.05);
}

TEST_F(Bench, MeasuresWhatIsWrittenBesideTraining) {
  const Said said = elbo("bench logging --json --repetitions 1");
  ASSERT_EQ(said.code, 0) << said.err;
  const Json rows = Json::parse(said.out)["rows"];
  ASSERT_EQ(rows.size(), 6);
  for (const Json& row : rows) expect_positive(row, {"milliseconds", "percent_of_epoch"});
  // 22 numbers a pass and 20 of its KL, each of 8 bytes, whatever the number of epochs.
  EXPECT_LT(rows[5]["bytes_per_epoch"].get<double>(), 4000);
}

TEST_F(Bench, GivesCsvForPlots) {
  const Said said = elbo("bench likelihoods --csv --filter poisson" + quick);
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(said.out.find("likelihood,form,"), 0) << said.out;
  EXPECT_TRUE(has(said.out, "\n\"poisson\",\"mass\",")) << said.out;
}

TEST_F(Bench, SaysWhatItCannotMeasure) {
  const auto refused = [&](const std::string& words, const std::string& sentence) {
    const Said said = elbo("bench " + words);
    EXPECT_EQ(said.code, 2) << words;
    EXPECT_TRUE(has(said.err, sentence)) << said.err;
    EXPECT_EQ(said.out, "");
  };
  refused("",
          "elbo bench: nothing to measure; expected one of likelihoods, step, blocks, growth, workers, evaluation, "
          "logging");
  refused("likelihods", "did you mean 'likelihoods'?");
  refused("likelihoods --filter xyz", "no likelihood has 'xyz' in its name; there are: bernoulli, ");
  refused("step --filter xyz", "no case has 'xyz' in its name; there are: mlp batch 100, ");
  refused("blocks --filter xyz", "no case has 'xyz' in its name; there are: npy, ");
  refused("growth --filter xyz", "no size has 'xyz' in its name; there are: latent dimensions, ");
  refused("workers --filter xyz", "no case has 'xyz' in its name; there are: mlp batch 100, mlp batch 500");
  refused("evaluation --filter xyz", "no model has 'xyz' in its name; there are: mlp batch 100, iwae");
  refused("logging --filter xyz", "leave it out");
  refused("step --repetitions 0", "expected 1 to 1000");
  refused("step --quick", "see elbo bench --help");
}

TEST_F(Bench, SaysThatItsProgramIsMissing) {
  std::filesystem::copy(program, scratch.path / "elbo");
  const Said said = shell("./elbo bench step");
  EXPECT_EQ(said.code, 1);
  EXPECT_TRUE(has(said.err, "install libbenchmark-dev and build again")) << said.err;
}

TEST_F(Bench, EndsAtCtrlC) {
  EXPECT_EQ(shell("timeout --preserve-status -s INT 3 '" + program + "' bench step --min-time 60").code, 130);
}

}  // namespace
}  // namespace elbo::host
