// A second table read as a first one was.
#include <gtest/gtest.h>

#include "files.hpp"

namespace elbo::host::formats {
namespace {
using test::bytes_of;
using test::floats;
using test::refusal;

Array before(const std::string& text) { return test::parse("csv", bytes_of(text), "before.csv"); }
Array as(const Array& first, const std::string& text) {
  return find_format("csv")->parse(bytes_of(text), {.path = "new.csv", .as_before = &first.table});
}

TEST(SameColumns, DatesCountFromTheSameDayInTheSameStyle) {
  const Array first = before("day,x\n31/01/2020,1\n01/02/2020,2\n05/02/2020,3\n");
  const Array next = as(first, "day,x\n03/02/2020,7\n");  // by itself it could be the 2nd of March
  EXPECT_EQ(floats(next), (std::vector<float>{3, 7}));
  EXPECT_NE(refusal([&] { as(first, "day,x\n02/13/2020,7\n"); }).find("new.csv:2: column 'day' holds '02/13/2020'"),
            std::string::npos);
}

TEST(SameColumns, NumbersFarFromZeroAreLessTheSameConstant) {
  const Array first = before("t,x\n1700000000.25,1\n1700000001.5,2\n1700000003.75,3\n");
  const Array next = as(first, "x,t\n5,1700000002.5\n6,1699999999.0\n");
  EXPECT_EQ(floats(next), (std::vector<float>{2.5, 5, -1, 6}));
}

TEST(SameColumns, NotationsAreThoseOfTheFirst) {
  const Array first =
      before("share;price;at;ok\n10%;1,5;18:00;yes\n20%;2,5;06:30;no\n30%;3,5;12:00;no\n40%;1,0;1:00;yes\n");
  const Array next = as(first, "share;price;at;ok\n25%;2,25;18:30;no\n");
  EXPECT_EQ(floats(next), (std::vector<float>{25, 2.25, 18.5, 0}));
  EXPECT_NE(refusal([&] { as(first, "share;price;at;ok\n0.25;2,25;18:30;no\n"); }).find("expected a percentage"),
            std::string::npos);
  EXPECT_NE(refusal([&] { as(first, "share;price;at;ok\n5%;2,25;18:30;maybe\n"); }).find("have there: no, yes"),
            std::string::npos);
}

TEST(SameColumns, WhatWasLeftOutThenIsLeftOutWithoutAWord) {
  const Array first = before("id,name,x\n1,ann,0.5\n2,bob,1.5\n3,cid,2.5\n");
  ASSERT_EQ(first.columns, (std::vector<std::string>{"id", "x"}));
  const Array next = as(first, "name,x,id,new\ndan,1,9,0\neve,2,8,0\n");
  EXPECT_EQ(floats(next), (std::vector<float>{9, 1, 8, 2}));
  EXPECT_EQ(next.notes, std::vector<std::string>{"new is no column of the run's data and is left out"});
}

}  // namespace
}  // namespace elbo::host::formats
