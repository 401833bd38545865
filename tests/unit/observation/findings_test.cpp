// What the data themselves hold that is a mistake or a trap: the column, the number and the remedy are named.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "observation/data_summary.hpp"

namespace elbo::host::observation {
namespace {

constexpr int64_t table_rows = 400;

/// A table of these columns, each a function of the row.
template <class... Columns>
data::Dataset table(Support support, Columns&&... columns) {
  data::Dataset dataset;
  dataset.name = "toy";
  dataset.shape = {static_cast<int64_t>(sizeof...(columns))};
  dataset.support = support;
  for (size_t j = 0; j < sizeof...(columns); ++j) dataset.columns.push_back("abcdef"[j] + std::string("_name"));
  std::vector<float> values;
  for (int64_t i = 0; i < table_rows; ++i) (values.push_back(static_cast<float>(columns(i))), ...);
  dataset.train.x = {Shape{table_rows} + dataset.shape, std::move(values)};
  return dataset;
}

double noise(int64_t i) {
  return std::sin(static_cast<double>(i) * 12.9898) * 43758.5453 -
         std::floor(std::sin(static_cast<double>(i) * 12.9898) * 43758.5453);
}

/// The first finding with this part, or "".
std::string finding(const data::Dataset& dataset, const std::string& part) {
  for (const std::string& sentence : summary_of(dataset).findings)
    if (sentence.find(part) != std::string::npos) return sentence;
  return "";
}

void expect_says(const std::string& sentence, const std::vector<std::string>& parts) {
  for (const std::string& part : parts)
    EXPECT_NE(sentence.find(part), std::string::npos) << part << " in: " << sentence;
}

TEST(Findings, NoneInPlainNoise) {
  EXPECT_EQ(summary_of(table(Support::real, noise, [](int64_t i) { return noise(i + 1000) * 3 - 1; })).findings,
            std::vector<std::string>{});
}

TEST(Findings, AValueThatStandsForMissing) {
  const data::Dataset data =
      table(Support::real, noise, [](int64_t i) { return i % 8 == 0 ? -200 : 20 + 5 * noise(i); });
  expect_says(finding(data, "more than 5 %"), {"column 2 'b_name'", "-200 in 12.5 %", "leave those rows out"});
  EXPECT_EQ(finding(table(Support::real, [](int64_t i) { return i % 25 == 0 ? -200 : noise(i); }), "more than 5 %"),
            "");
}

TEST(Findings, RealsOnAGrid) {
  for (const double step : {0.1, 0.25, 1.0 / 64}) {
    const data::Dataset data =
        table(Support::real, [=](int64_t i) { return std::round(noise(i) * 30) * step - 7; }, noise);
    expect_says(finding(data, "grid"), {"column 1 'a_name'",
                                        "in steps of " + std::string(step == 0.1    ? "0.1"
                                                                     : step == 0.25 ? "0.25"
                                                                                    : "0.015625"),
                                        "31 distinct of 400"});
  }
}

TEST(Findings, AGridBesideAValueThatStandsForMissing) {
  const data::Dataset data =
      table(Support::real, [](int64_t i) { return i % 8 == 0 ? -200 : std::round(noise(i) * 300) / 10; });
  EXPECT_NE(finding(data, "-200 in 12.5 %"), "");
  EXPECT_NE(finding(data, "in steps of 0.1"), "");
}

TEST(Findings, FewValuesOfARealColumn) {
  const data::Dataset data = table(Support::real, [](int64_t i) { return (i % 4) / 3.0; });
  expect_says(finding(data, "4 distinct"), {"column 1 'a_name'", "0 in 25.0 %", "observe = \"columns\""});
}

TEST(Findings, ColumnsThatAreScoredAsLevelsAreNoRealOnes) {
  const data::Dataset data =
      table(Support::real, [](int64_t i) { return i % 4; }, [](int64_t i) { return (i % 2) / 2.0; });
  const auto found = summary_of(data, {0}).findings;
  ASSERT_EQ(found.size(), 1u);
  expect_says(found[0], {"column 2 'b_name'"});
}

TEST(Findings, ConstantColumns) {
  const data::Dataset data = table(Support::real, noise, [](int64_t) { return 3.5; }, noise, [](int64_t) { return 0; });
  expect_says(finding(data, "never varies"),
              {"columns 2 'b_name' (always 3.5), 4 'd_name' (always 0)", "dataset.select"});
  EXPECT_NE(finding(table(Support::counts, [](int64_t) { return 2; }), "always 2"), "");
}

TEST(Findings, ColumnsThatCountTheRows) {
  for (const auto& [first, step] :
       {std::pair(0.0, 1.0), std::pair(1000.0, 1.0), std::pair(0.5, 0.25), std::pair(1e6, -2.0)}) {
    // in another order, as after a split at random, and some rows held out
    const data::Dataset data =
        table(Support::real, noise, [=](int64_t i) { return first + step * static_cast<double>(i * 7 % 401); });
    expect_says(finding(data, "number the rows"), {"column 2 'b_name'", "each at most once", "dataset.select"});
    EXPECT_EQ(finding(data, "column 1"), "");
  }
  EXPECT_NE(finding(table(Support::counts, [](int64_t i) { return i; }), "number the rows"), "");
  EXPECT_EQ(finding(table(Support::counts, [](int64_t i) { return std::floor(noise(i) * 1000); }), "number the rows"),
            "");
}

TEST(Findings, ColumnsThatCountTheRowsInPrintedSteps) {
  for (const char* format : {"%.7g", "%g"}) {
    const auto printed = [&](double value) {
      char text[64];
      std::snprintf(text, sizeof text, format, value);
      return std::strtof(text, nullptr);
    };
    for (const double step : {1.0 / 7, 1.0 / 3}) {
      const data::Dataset data =
          table(Support::real, noise, [&](int64_t i) { return printed(0.1 + static_cast<double>(i) * step); });
      expect_says(finding(data, "number the rows"), {"column 2 'b_name'", "each at most once"});
    }
    EXPECT_EQ(finding(table(Support::real, noise, [&](int64_t i) { return printed(noise(i + 1000) * 3 - 1); }),
                      "number the rows"),
              "");
  }
}

TEST(Findings, ACountThatStandsForMissing) {
  const auto count = [](int64_t i) { return std::floor(noise(i) * 8); };
  const data::Dataset data = table(Support::counts, count, [&](int64_t i) { return i % 5 == 0 ? 999 : count(i); });
  expect_says(finding(data, "more than 5 %"),
              {"column 2 'b_name'", "999 in 20.0 %", "the others 0 to 7", "leave those rows out"});
  EXPECT_EQ(
      finding(table(Support::counts, count, [&](int64_t i) { return i % 5 == 0 ? 12 : count(i); }), "more than 5 %"),
      "");
  EXPECT_EQ(finding(table(Support::counts, [&](int64_t i) { return i % 50 == 0 ? 999 : count(i); }), "more than 5 %"),
            "");
}

TEST(Findings, ZeroHasNoSign) {
  const data::Dataset data = table(Support::real, [](int64_t i) { return i % 8 == 0 ? -0.0 : noise(i); });
  EXPECT_EQ(finding(data, "more than 5 %").find("-0"), std::string::npos);
  EXPECT_NE(finding(data, "more than 5 %").find("0 in 12.5 %"), std::string::npos);
  EXPECT_EQ(finding(table(Support::real, noise, [](int64_t) { return -0.0; }), "never varies").find("-0"),
            std::string::npos);
}

TEST(Findings, ScaledCounts) {
  expect_says(finding(table(Support::counts, [](int64_t i) { return 10 * std::floor(noise(i) * 30); }), "coarser grid"),
              {"in steps of 10", "divide"});
}

TEST(Findings, LevelsThatDoNotOccur) {
  data::Dataset data;
  data.name = "toy";
  data.shape = {1, 2, 2};
  data.support = Support::levels;
  data.levels = 256;
  std::vector<uint8_t> values;
  for (int i = 0; i < 400; ++i) values.push_back(static_cast<uint8_t>(i * 7 % 17));
  data.train.x = {Shape{100, 1, 2, 2}, values};
  expect_says(finding(data, "levels are declared"),
              {"256 levels are declared and 17 occur, from 0 to 16", "levels = 17"});
  for (uint8_t& value : values) value = static_cast<uint8_t>(value * 15);
  data.train.x.values = values;
  expect_says(finding(data, "levels are declared"),
              {"17 occur, from 0 to 240, all in steps of 15", "divide them by 15", "levels = 17"});
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint8_t>(i);
  data.train.x.values = values;
  EXPECT_EQ(finding(data, "levels are declared"), "");
}

TEST(Findings, PositionsOfImagesThatNeverVaryUnderADensity) {
  data::Dataset data = table(Support::unit_interval, noise, [](int64_t) { return 0; });
  data.columns.clear();
  data.shape = {1, 1, 2};
  data.train.x.shape = {table_rows, 1, 1, 2};
  expect_says(finding(data, "never varies"), {"at 1 of 2 positions"});
  expect_says(finding(data, "more than 5 %"), {"0 in 50."});
}

TEST(Findings, CopiesAcrossTheSplit) {
  data::Dataset data = table(Support::real, noise, [](int64_t i) { return noise(i + 7777); });
  const auto& train = std::get<std::vector<float>>(data.train.x.values);
  data.test.x = {{3, 2}, std::vector<float>{9, 9, train[10], train[11], train[0], train[1]}};
  expect_says(finding(data, "exact copies"),
              {"2 of 3 test data", "row 2 of the file of the test data is row 6 of that of the training data",
               "0 of 400 training data repeat", "before the split"});
  data.test.exact_log_px = {0, 0, 0};  // a known distribution that may well repeat itself
  EXPECT_EQ(finding(data, "exact copies"), "");
  data.test.exact_log_px.clear();
  data.test.x = {{1, 2}, std::vector<float>{train[0], train[3]}};
  EXPECT_EQ(finding(data, "exact copies"), "");
}

/// Rows as a file had them, in drawn order: `value` and `label` of each.
template <class Value, class Label>
data::Dataset drawn(Value&& value, Label&& label) {
  data::Dataset dataset = table(Support::real, noise);
  std::vector<float> values;
  for (int64_t k = 0; k < table_rows; ++k) {
    const int64_t row = k * 149 % table_rows;  // 149 and 400 have no common factor
    dataset.train.rows.push_back(row);
    dataset.train.labels.push_back(label(row));
    values.push_back(static_cast<float>(value(row)));
  }
  dataset.train.x.values = std::move(values);
  return dataset;
}

TEST(Findings, FilesThatAreSortedByLabel) {
  expect_says(finding(drawn(noise, [](int64_t row) { return row / 100; }), "sorted by label"),
              {"training data", "drawn at random, not cut off"});
  EXPECT_EQ(finding(drawn(noise, [](int64_t row) { return static_cast<int64_t>(4 * noise(row)); }), "sorted by label"),
            "");
  EXPECT_EQ(finding(drawn(noise, [](int64_t) { return 7; }), "sorted by label"), "") << "one class is in any order";
}

TEST(Findings, NeighboursInTheFileThatAreAlike) {
  const auto mixed = [](int64_t row) { return row % 3; };
  expect_says(
      finding(drawn([](int64_t row) { return std::sin(static_cast<double>(row) / 15) + 0.1 * noise(row); }, mixed),
              "neighbouring rows"),
      {"training data are alike", "% of what two rows at random do"});
  EXPECT_EQ(finding(drawn(noise, mixed), "neighbouring rows"), "");
  data::Dataset grouped =
      drawn([](int64_t row) { return std::sin(static_cast<double>(row) / 15) + 0.1 * noise(row); }, mixed);
  for (const int64_t row : grouped.train.rows) grouped.train.groups.push_back(row / 15);
  EXPECT_EQ(finding(grouped, "neighbouring rows"), "") << "the split and the errors are by what makes them alike";
}

}  // namespace
}  // namespace elbo::host::observation
