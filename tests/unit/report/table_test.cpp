#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

#include "base/display.hpp"
#include "report/table.hpp"

namespace elbo::host::report {
namespace {

const std::vector<Column> columns = {{"variant", "", true}, {"elbo", "nat"}, {"time", "s"}};

size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, display_width(line));
  return widest;
}

TEST(Sparkline, RunsFromTheLowestToTheHighest) {
  const std::vector<double> values = {0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_EQ(sparkline(values, 20, true), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(sparkline(values, 4, true), "▁▃▆█") << "means of two";
  EXPECT_EQ(sparkline(values, 2, false), "09");
}

TEST(Sparkline, ConstantAndMissingValues) {
  const std::vector<double> values = {1, std::nan(""), 1};
  EXPECT_EQ(sparkline(values, 3, false), "5 5");
  EXPECT_EQ(sparkline(std::vector<double>{}, 3, true), "");
}

TEST(Blocks, TwoRowsALineAndAColourEach) {
  const std::vector<uint8_t> grey = {0, 255, 128};  // three rows of one pixel
  EXPECT_EQ(blocks(grey, 3, 1, 1), "\x1b[38;5;16;48;5;231m▀\x1b[0m\n\x1b[38;5;244;48;5;16m▀\x1b[0m\n");
  const std::vector<uint8_t> red_above_blue = {255, 0, 0, 0, 0, 255};
  EXPECT_EQ(blocks(red_above_blue, 2, 1, 3), "\x1b[38;5;196;48;5;21m▀\x1b[0m\n");
}

}  // namespace

TEST(Table, TextIsLeftNumbersAreRightAndUnitsAreInTheHeader) {
  EXPECT_EQ(format_table(columns, {{"gaussian", "-235.10", "9"}, {"größer", "-1.00 ± 0.10", "10"}}),
            "variant           elbo  time\n"
            "                 [nat]   [s]\n"
            "--------  ------------  ----\n"
            "gaussian       -235.10     9\n"
            "größer    -1.00 ± 0.10    10\n");
}

TEST(Table, WideCharactersCountTwice) {
  const std::string text = format_table({{"名前", "", true}, {"n", ""}}, {{"a", "1"}});
  EXPECT_EQ(text, "名前  n\n----  -\na     1\n");
}

TEST(Table, NamesLoseWhatTheyShareAndNothingElse) {
  const std::string text = format_table(columns,
                                        {{"a variant with quite a long name, 16", "-235.10", "9"},
                                         {"a variant with quite a long name, 128", "-235.10", "9"}},
                                        40);
  EXPECT_LE(widest_line(text), 40u);
  EXPECT_NE(text.find("\n…16 "), std::string::npos) << text;
  EXPECT_NE(text.find("\n…128 "), std::string::npos) << text;
  EXPECT_NE(text.find("-235.10"), std::string::npos);
  const std::string alone = format_table(columns, {{"a variant with quite a long name, 16", "-235.10", "9"}}, 40);
  EXPECT_NE(alone.find("a variant with quite a long name, 16"), std::string::npos) << alone;
}

TEST(Table, ColumnsThatDoNotFitGoOnBelow) {
  std::vector<Column> many = {{"variant", "", true}};
  Row row = {"gaussian"};
  for (int i = 0; i < 10; ++i) {
    many.push_back({"column" + std::to_string(i), ""});
    row.push_back(std::to_string(i) + ".125");
  }
  const std::string text = format_table(many, {row}, 50);
  EXPECT_LE(widest_line(text), 50u);
  for (int i = 0; i < 10; ++i) EXPECT_NE(text.find(row[i + 1]), std::string::npos);
  EXPECT_NE(text.find("\n\nvariant"), std::string::npos) << text;
}

TEST(Table, NoRowsIsAHeader) { EXPECT_EQ(format_table({{"a", "", true}}, {}), "a\n-\n"); }

}  // namespace elbo::host::report
