#include "page/numbers.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "unit/report/keys.hpp"

namespace elbo::host::page {
namespace {

report::RunOutcome run(const std::string& variant, std::vector<double> log_px) {
  log::RunSummary summary;
  const double mean = std::accumulate(log_px.begin(), log_px.end(), 0.0) / static_cast<double>(log_px.size());
  summary.values = {{"elbo", mean - 1},
                    {"log_px", mean},
                    {"log_px_samples", 100},
                    {"log_px_images", static_cast<double>(log_px.size())}};
  summary.texts = {{"measure", "pixels"}};
  report::RunOutcome outcome{variant, 1, summary, ""};
  outcome.key = report::levels_key(1, 256);
  outcome.per_example["log_px"] = report::numbers_of(std::move(log_px));
  return outcome;
}

nlohmann::ordered_json histograms(const std::vector<report::RunOutcome>& runs) {
  return histograms_json(report::compare(runs).rankings.at(0));
}

TEST(Histogram, CountsTheDifferenceOfEachDatumAndNamesThePair) {
  // a - b is 1, 2, ..., 1000: the inner 99 % is 6 to 995.
  std::vector<double> a(1000), b(1000, -2000);
  for (size_t i = 0; i < a.size(); ++i) a[i] = b[i] + static_cast<double>(i + 1);
  const auto all = histograms({run("a", a), run("b", b)});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]["a"], "a");
  EXPECT_EQ(all[0]["b"], "b");
  EXPECT_EQ(all[0]["value"], "log p(x)");
  EXPECT_EQ(all[0]["low"], 6);
  EXPECT_EQ(all[0]["step"], 24.725);  // (995 - 6) / 40
  EXPECT_EQ(all[0]["below"], 5);
  EXPECT_EQ(all[0]["above"], 5);
  const auto counts = all[0]["counts"].get<std::vector<int64_t>>();
  EXPECT_EQ(counts.size(), 40u);
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), int64_t{0}), 990);
  EXPECT_EQ(counts[0], 25);  // 6 to 30
}

TEST(Histogram, EqualDifferencesFillOneBin) {
  const auto all = histograms({run("a", std::vector<double>(10, -1)), run("b", std::vector<double>(10, -3))});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]["low"], 2);
  EXPECT_EQ(all[0]["step"], 1);
  EXPECT_EQ(all[0]["counts"][0], 10);
}

TEST(Histogram, OneVariantHasNone) { EXPECT_EQ(histograms({run("a", {-1, -2, -3})}).size(), 0u); }

}  // namespace
}  // namespace elbo::host::page
