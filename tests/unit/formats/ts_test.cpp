// Time series as sktime stores them.
#include <cmath>

#include "files.hpp"
#include "formats/format.hpp"

namespace elbo::host::formats {
namespace {
using namespace test;

class TimeSeries : public ::testing::Test {
 protected:
  Array read(const std::string& text, const std::string& part = "", bool labels = false) {
    const fs::path file = write(folder_ / "a.ts", text);
    EXPECT_EQ(format_of_file(file).name, "ts");
    return read_with(*find_format("ts"), {.path = file, .part = part, .labels = labels});
  }
  void expect_refused(const std::string& text, const std::string& sentence) {
    try {
      read(text);
      ADD_FAILURE() << "read, and not refused: " << sentence;
    } catch (const UserError& e) {
      EXPECT_SAYS(std::string(e.what()), sentence);
    }
  }
  static std::vector<float> values(const Array& array) { return std::get<std::vector<float>>(array.values); }

  Folder folder_;
};

constexpr const char* head =
    "#a comment\n@problemName toy\n@timeStamps false\n@univariate true\n@classLabel true one two\n@data\n";

TEST_F(TimeSeries, AreRowsAndTheirClassIsAPart) {
  const std::string text = head + std::string("1,2,3:one\n4,5,6.5:two\n\n-7,8e-1,9:one\n");
  const Array x = read(text);
  EXPECT_EQ(x.shape, (Shape{3, 3}));
  EXPECT_EQ(values(x), (std::vector<float>{1, 2, 3, 4, 5, 6.5F, -7, 0.8F, 9}));
  const Array labels = read(text, "class", true);
  EXPECT_EQ(values(labels), (std::vector<float>{0, 1, 0}));
  EXPECT_EQ(labels.table.at(0).levels, (std::vector<std::string>{"one", "two"}));
}

TEST_F(TimeSeries, ShorterOnesAndQuestionMarksAreMissingValues) {
  const auto x = values(read(head + std::string("1,2,3:one\n4,?:two\n")));
  EXPECT_EQ(x[3], 4);
  EXPECT_TRUE(std::isnan(x[4]) && std::isnan(x[5]));
}

TEST_F(TimeSeries, DimensionsStandOneAfterTheOther) {
  const Array x = read("@problemName toy\n@univariate false\n@classLabel false\n@data\n1,2:3,4\n5:6,7\n");
  EXPECT_EQ(x.shape, (Shape{2, 4}));
  EXPECT_EQ(x.columns, (std::vector<std::string>{"1 at 1", "1 at 2", "2 at 1", "2 at 2"}));
  EXPECT_EQ(values(x)[4], 5);
  EXPECT_TRUE(std::isnan(values(x)[5]));
  EXPECT_EQ(values(x)[7], 7);
}

TEST_F(TimeSeries, WhatIsNoSeriesIsNamedWithItsLine) {
  expect_refused(head + std::string("1,b:one\n"), "a.ts:7: holds 'b'");
  expect_refused(head + std::string("1,2\n"), "a.ts:7: has no class");
  expect_refused("@timeStamps true\n@data\n(1,2):a\n", "has a time for each value");
  expect_refused("@data\n1,2:3\n4,5\n", "a.ts:3: has 1 dimensions");
  expect_refused("#only a comment\n", "holds no series");
  expect_refused(head + std::string("1,inf:one\n"), "a.ts:7: holds 'inf'");
  expect_refused(head + std::string("1,2:three\n"), "a.ts:7: has the class 'three'");
  expect_refused(head + std::string("1:2:one\n"), "a.ts:7: has 2 dimensions");
  expect_refused("@equalLength true\n@data\n1,2\n3\n", "a.ts:4: has 1 values; expected 2");
  std::string bomb = "@data\n";
  for (int i = 0; i < 20000; ++i) bomb += "1\n";
  for (int i = 0; i < 200000; ++i) bomb += "1,";
  expect_refused(bomb + "1\n", "a.ts");
}

}  // namespace
}  // namespace elbo::host::formats
