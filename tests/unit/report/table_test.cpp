#include "report/table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "base/display.hpp"

namespace elbo::report {
namespace {

const std::vector<Column> columns = {{"variant", "", true}, {"elbo", "nat"}, {"time", "s"}};

size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, display_width(line));
  return widest;
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

}  // namespace elbo::report
