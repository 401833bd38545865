#include "base/text.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace elbo::host {
namespace {

TEST(CsvField, IsQuotedWhereItHoldsASeparator) {
  EXPECT_EQ(csv_field("gaussian, learned"), "\"gaussian, learned\"");
  EXPECT_EQ(csv_field("the \"best\""), "\"the \"\"best\"\"\"");
  EXPECT_EQ(csv_field("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(csv_field("gaussian #2"), "\"gaussian #2\"");  // pandas.read_csv(FILE, comment="#") cuts it off otherwise
  EXPECT_EQ(csv_field("kl [nat]"), "kl [nat]");
}

TEST(CsvField, OfANumberBringsItBack) {
  EXPECT_EQ(csv_field(0.1), "0.1");
  EXPECT_EQ(std::stod(csv_field(1.0 / 3)), 1.0 / 3);
  EXPECT_EQ(csv_field(std::nan("")), "");
}

}  // namespace
}  // namespace elbo::host
