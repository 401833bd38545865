#include "formats/containers/matrix_market.hpp"

#include "files.hpp"

namespace elbo::host::formats {
namespace {
using namespace test;

using Floats = std::vector<float>;

Array csv(const std::string& text, const std::string& columns = "") {
  return parse("csv", bytes_of(text), "t.csv", columns);
}
Floats labels(const std::string& text, const std::string& column) {
  return floats(parse("csv", bytes_of(text), "t.csv", column, true));
}

TEST(Csv, ReadsNumbersWhateverSeparatesThem) {
  const Floats six = {1, 2.5F, -3, 4e-3F, 5, 6};
  EXPECT_EQ(csv("1,2.5,-3\n4e-3,5,6\n").shape, (Shape{2, 3}));
  for (const char* text :
       {"1,2.5,-3\n4e-3,5,+6\n", "1\t2.5\t-3\r\n4e-3\t5\t6", "1;2.5;-3\n\n4e-3;5;6\n", "1 2.5  -3\n 4e-3 5 6 \n"})
    EXPECT_EQ(floats(csv(text)), six) << text;
}

TEST(Csv, FindsAHeader) {
  const std::string named = "height,\"weight, kg\",class\n1,2,a\n3,4,b\n";
  EXPECT_EQ(floats(csv(named, "!class")), (Floats{1, 2, 3, 4}));
  EXPECT_EQ(floats(csv(named, "height")), (Floats{1, 3}));
  EXPECT_EQ(floats(csv(named, "2, 1")), (Floats{2, 1, 4, 3}));
  EXPECT_EQ(floats(csv(named, "1-2")), (Floats{1, 2, 3, 4}));
  EXPECT_EQ(labels(named, "class"), (Floats{0, 1}));
  EXPECT_SAYS(refusal([&] { csv(named, "hight"); }),
              "t.csv: has no column 'hight'; expected 1 to 3 or a name; did you mean 'height'?");
}

TEST(Csv, NoHeaderWhereTheFirstLineIsData) {
  EXPECT_EQ(labels("1,setosa\n2,virginica\n3,setosa\n", "2"), (Floats{0, 1, 0}));
  EXPECT_EQ(labels("1,7\n2,9\n", "2"), (Floats{7, 9}));
}

TEST(Csv, ACountLineIsCheckedAndLeftOut) {
  EXPECT_EQ(csv("2,2,class_0,class_1\n1,2,0\n3,4,1\n").shape, (Shape{2, 3}));
  EXPECT_EQ(csv("2,2\na,b,y\n1,2,0\n3,4,1\n", "!y").shape, (Shape{2, 2}));
  EXPECT_SAYS(refusal([] { csv("3,2,class_0,class_1\n1,2,0\n"); }), "promises 3 rows and there are 1");
}

TEST(Csv, FaultsNameLineAndColumn) {
  EXPECT_EQ(refusal([] { csv("a,b\n1,2\n3,inf\n"); }),
            "t.csv:3: column 'b' holds 'inf'; expected a finite number; leave the row out, or the column by "
            "select = \"!b\"");
  EXPECT_SAYS(refusal([] { csv("1,1e999\n"); }), "column 2 holds '1e999'");
  EXPECT_SAYS(refusal([] { csv("1,1e300\n"); }),
              "expected a finite number of at most 3.4e38, the largest 32-bit float");
  EXPECT_SAYS(refusal([] { csv("1,2\n1,2,3\n1,2\n"); }), "t.csv:2: has 3 fields; expected 2");
  EXPECT_SAYS(refusal([] { csv("\n \n"); }), "is empty");
  EXPECT_SAYS(refusal([] { csv("1,2\n", "3"); }), "has no column '3'; expected 1 to 2");
}

TEST(Csv, NoBytesCrash) {
  expect_no_damage_harms("3,2,x\na,\"b\",c\n1,2,3\n4,5,6\n7,8,9\n", [](auto b) { parse("csv", b, "t.csv", "1-2"); });
}

Array mtx(const std::string& text, bool turned = false) { return parse_matrix_market(bytes_of(text), "m.mtx", turned); }

TEST(MatrixMarket, ReadsCoordinates) {
  const std::string text =
      "%%MatrixMarket matrix coordinate integer general\n% made here\n2 3 3\n1 1 5\n2 3 7\n1 1 1\n";
  EXPECT_EQ(mtx(text).shape, (Shape{2, 3}));
  EXPECT_EQ(floats(mtx(text)), (Floats{6, 0, 0, 0, 0, 7}));
  EXPECT_EQ(mtx(text, true).shape, (Shape{3, 2}));
  EXPECT_EQ(floats(mtx(text, true)), (Floats{6, 0, 0, 0, 0, 7}));
  EXPECT_EQ(floats(mtx("%%matrixmarket MATRIX coordinate pattern general\n2 2 1\n2 1\n")), (Floats{0, 0, 1, 0}));
}

TEST(MatrixMarket, ReadsArraysAndSymmetry) {
  EXPECT_EQ(floats(mtx("%%MatrixMarket matrix array real general\n2 2\n1.5\n2\n3\n4\n")), (Floats{1.5F, 3, 2, 4}));
  EXPECT_EQ(floats(mtx("%%MatrixMarket matrix array real symmetric\n2 2\n1\n2\n3\n")), (Floats{1, 2, 2, 3}));
  EXPECT_EQ(floats(mtx("%%MatrixMarket matrix array real skew-symmetric\n2 2\n2\n")), (Floats{0, -2, 2, 0}));
  EXPECT_EQ(floats(mtx("%%MatrixMarket matrix coordinate real symmetric\n2 2 2\n1 1 1\n2 1 4\n")),
            (Floats{1, 4, 4, 0}));
}

TEST(MatrixMarket, FaultsNameTheLine) {
  const std::string head = "%%MatrixMarket matrix coordinate integer general\n";
  EXPECT_SAYS(refusal([&] { mtx(head + "2 2 1\n0 1 5\n"); }),
              "m.mtx:3: names the place (0, 1); expected 1 to 2, 1 to 2");
  EXPECT_SAYS(refusal([&] { mtx(head + "2 2 2\n1 1 5\n"); }), "ends after 1 of 2 entries (truncated)");
  EXPECT_SAYS(refusal([&] { mtx(head + "2 2 1\n1 1 x\n"); }), "has no value");
  EXPECT_SAYS(refusal([&] { mtx(head + "2 2 1\n1 1 5\n2 2 6\n"); }), "goes on after its last entry");
  EXPECT_SAYS(refusal([&] { mtx(head + "2000000 2000000 1\n1 1 5\n"); }), "claims 2000000 x 2000000 values");
  EXPECT_SAYS(refusal([&] { mtx(head + "10000 10000 1\n1 1 5\n"); }), "and stores 3; expected more of them");
  EXPECT_SAYS(refusal([] { mtx("%%MatrixMarket matrix coordinate complex general\n1 1 0\n"); }),
              "says 'complex'; expected real or integer or pattern");
  EXPECT_SAYS(refusal([] { mtx(""); }), "does not begin as one");
}

TEST(MatrixMarket, NoBytesCrash) {
  expect_no_damage_harms("%%MatrixMarket matrix coordinate integer general\n3 3 4\n1 1 5\n2 3 7\n1 2 1\n3 3 9\n",
                         [](auto b) { parse_matrix_market(b, "m.mtx", true); });
}

Array ldac(const std::string& text, int64_t words = 0) {
  return parse("ldac", bytes_of(text), "d.ldac", "", false, words);
}

TEST(Ldac, ReadsDocuments) {
  EXPECT_EQ(floats(ldac("2 0:1 2:3\n0\n1 1:4\n")), (Floats{1, 0, 3, 0, 0, 0, 0, 4, 0}));
  EXPECT_EQ(ldac("1 0:1\n", 5).shape, (Shape{1, 5}));
}

TEST(Ldac, FaultsNameTheLine) {
  EXPECT_SAYS(refusal([] { ldac("1 0:1\n2 0:1\n"); }), "d.ldac:2: promises 2 words and holds 1");
  EXPECT_SAYS(refusal([] { ldac("1 0:-1\n"); }), "holds '0:-1'");
  EXPECT_SAYS(refusal([] { ldac("1 01\n"); }), "holds '01'");
  EXPECT_SAYS(refusal([] { ldac("1 7:1\n", 5); }), "holds word 7 of a vocabulary of 5");
  EXPECT_SAYS(refusal([] { ldac("x\n"); }), "begins with 'x'");
  EXPECT_SAYS(refusal([] { ldac(""); }), "is empty");
}

TEST(Ldac, NoBytesCrash) {
  expect_no_damage_harms("2 0:1 2:3\n0\n1 1:4\n", [](auto b) { parse("ldac", b, "d.ldac"); });
}

}  // namespace
}  // namespace elbo::host::formats
