// Tables in text as people have them: headers, delimiters, encodings, and what their columns hold.
#include "formats/text/text_table.hpp"

#include "files.hpp"

namespace elbo::host::formats {
namespace {
using namespace test;

Array table(const std::string& text, const std::string& columns = "",
            const std::vector<std::string>& missing_values = {}) {
  return find_format("csv")->parse(bytes_of(text),
                                   {.path = "t.csv", .part = columns, .missing_values = missing_values});
}

std::vector<std::string> names(const std::string& text) {
  const std::string kept(text);
  return read_text_table(bytes_of(kept), "t.csv").header;
}

/// NaN as -999, so that values can be compared.
std::vector<float> values(const Array& array) {
  std::vector<float> all = floats(array);
  for (float& value : all)
    if (std::isnan(value)) value = -999;
  return all;
}

using Names = std::vector<std::string>;
using Floats = std::vector<float>;

TEST(TextTable, FindsNamesWhereTheyAre) {
  EXPECT_EQ(names("a,b\n1,2\n3,4\n"), (Names{"a", "b"}));
  EXPECT_EQ(names("\xEF\xBB\xBF"
                  "a,b\n1,2\n3,4\n"),
            (Names{"a", "b"}));
  EXPECT_EQ(names("# a,b\n1,2\n3,4\n"), (Names{"a", "b"}));
  EXPECT_EQ(names("\"a\" \"b\"\n\"1\" 0.5 2\n\"2\" 1 3\n"), (Names{"", "a", "b"})) << "R's write.table";
  EXPECT_EQ(names("0,1,2\n0.5,2,3\n1,3,4\n"), (Names{"0", "1", "2"})) << "pandas without names";
  EXPECT_EQ(names("sex,dose\nm,a\nf,b\nm,a\n"), (Names{"sex", "dose"}));
  EXPECT_EQ(names("city,2019,2020\nx,1.5,2\ny,3,4\nx,2,5\n"), (Names{})) << "as much speaks against names";
}

TEST(TextTable, ARowOfDataIsNoHeader) {
  for (const char* text : {"0.1,0.2,?\n0.3,0.4,0.5\n1,2,3\n", "1.5,?,3\n1,2,3\n2,3,4\n",
                           "\xEF\xBB\xBF"
                           "0.1,0.2\n0.3,0.4\n",
                           "M,0.4\nF,0.5\nM,0.6\n", "NA,NA\n1,2\n3,4\n", "'a','x'\n'b','y'\n'a','x'\n"})
    EXPECT_EQ(names(text), Names{}) << text;
}

TEST(TextTable, ReadsWhatSeparatesFieldsAndLines) {
  const Floats four = {0.5F, 2, 1.5F, 4};
  for (const char* text :
       {"a,b\n0.5,2\n1.5,4\n", "a;b\r\n0,5;2\r\n1,5;4\r\n", "a|b\n0.5|2\n1.5|4", "a,b\r0.5,2\r1.5,4\r",
        "a\tb\n0.5\t2\n1.5\t4\n", "a,b,\n0.5,2,\n1.5,4,\n", "a,b\n[m],[kg]\n0.5,2\n1.5,4\n", "a,b\n\n0.5,2\n\n1.5,4\n"})
    EXPECT_EQ(values(table(text)), four) << text;
  const std::string wide(
      "\xFF\xFE"
      "a\0,\0b\0\n\0"
      "1\0,\0"
      "2\0\n\0"
      "3\0,\0"
      "4\0\n\0",
      26);
  EXPECT_EQ(values(table(wide)), (Floats{1, 2, 3, 4}));
  EXPECT_EQ(values(table("a,note\n1,\"x\ny\"\n2,\"x\ny\"\n3,\"z, z\"\n4,\"z, z\"\n")),
            (Floats{1, 0, 2, 0, 3, 1, 4, 1}));
  EXPECT_SAYS(refusal([] { table("a,b\n1,\"x\n2,y\n"); }), "t.csv:2: opens a quote that is never closed");
}

TEST(TextTable, BytesThatAreNotUtf8AreReadAsWindows1252WithANote) {
  // Names and levels of Windows-1252: e with acute 0xE9, u with diaeresis 0xFC, the euro sign 0x80.
  const Array x = table("caf\xE9,price \x80\nM\xFCller,1\nJos\xE9,2\nM\xFCller,3\nJos\xE9,4\n");
  EXPECT_EQ(x.columns, (Names{"caf\u00e9", "price \u20ac"}));
  EXPECT_EQ(x.table.at(0).levels, (Names{"Jos\u00e9", "M\u00fcller"}));
  ASSERT_EQ(x.notes.size(), 1u);
  EXPECT_SAYS(
      x.notes[0],
      "read as Windows-1252 (Latin-1): 4 of its values and 2 of its names have such characters, as 'caf\u00e9'");
  EXPECT_SAYS(x.notes[0], "iconv -f ENCODING -t UTF-8");
  EXPECT_TRUE(table("caf\u00e9,b\nM\u00fcller,1\nM\u00fcller,2\n").notes.empty()) << "UTF-8 needs no word";
}

TEST(TextTable, BytesOfNoEncodingAreRefusedByLineWithWhatConvertsThem) {
  const std::string both = refusal([] { table("a,b\nM\u00fcller,1\nM\xFCller,2\n"); });
  EXPECT_SAYS(both, "t.csv:3: byte 2 of the line, 0xFC, is not UTF-8, and other characters of the file are");
  EXPECT_SAYS(both, "iconv -f ISO-8859-2 -t UTF-8 t.csv > converted.csv");
  EXPECT_SAYS(refusal([] { table("a,b\n\x8D,1\n\x8D,2\n"); }),
              "t.csv:2: byte 1 of the line, 0x8D, is neither UTF-8 nor");
}

TEST(TextTable, NumbersInEveryNotation) {
  EXPECT_EQ(values(table("a,b\n\"1,000\",5%\n\"2,500\",10%\n999,0.5%\n")), (Floats{1000, 5, 2500, 10, 999, 0.5F}));
  EXPECT_EQ(values(table("x;y\n1.234,5;1\n2,25;2\n")), (Floats{1234.5F, 1, 2.25F, 2}));
  EXPECT_EQ(values(table("'-1',2\n'1',3\n")), (Floats{-1, 2, 1, 3}));
  const Array seconds = table("t,x\n1700000000.25,1\n1700000001.5,2\n1700000003,3\n");
  EXPECT_EQ(values(seconds), (Floats{0.25F, 1, 1.5F, 2, 3, 3}));
  EXPECT_EQ(seconds.table[0].unit, "above 1700000000");
}

TEST(TextTable, MissingValuesAreNotNumbers) {
  EXPECT_EQ(values(table("a,b\n1,\n?,2\nNA,nan\n4,-\n")), (Floats{1, -999, -999, 2, -999, -999, 4, -999}));
  EXPECT_EQ(values(table("a,b\n1,-200\n2,5\n3,-200.0\n", "", {"-200"})), (Floats{1, -999, 2, 5, 3, -999}));
  EXPECT_SAYS(refusal([] { table("a,b\n1,2\n2,x\n3,4\n4,5\n"); }),
              "t.csv:3: column 'b' holds 'x'; expected a number, as 3 of its 4 values are");
}

TEST(TextTable, NamesAreCategoriesAndFlagsAreNumbers) {
  const Array x = table("sex,alive,n\nmale,yes,1\nfemale,no,2\nmale,no,3\nfemale,yes,4\n");
  EXPECT_EQ(values(x), (Floats{1, 1, 1, 0, 0, 2, 1, 0, 3, 0, 1, 4}));
  EXPECT_EQ(x.table[0].levels, (Names{"female", "male"}));
  EXPECT_EQ(x.table[1].kind, "flag");
  EXPECT_EQ(x.table[1].levels, (Names{"no", "yes"}));
  EXPECT_TRUE(x.table[2].levels.empty());
}

TEST(TextTable, DatesAreDaysAndTimesAreHours) {
  const Array x = table("date,clock,v\n2012-01-03,18:00,1\n2012-01-01T12:00:00Z,06:30:00,2\n2012-02-01,00:15,3\n");
  EXPECT_EQ(values(x), (Floats{2, 18, 1, 0.5F, 6.5F, 2, 31, 0.25F, 3}));
  EXPECT_EQ(x.table[0].unit, "days since 2012-01-01");
  EXPECT_EQ(values(table("d,v\n13/02/2020,1\n01/03/2020,2\n")), (Floats{0, 1, 17, 2}));
  EXPECT_EQ(values(table("d,v\n02/13/2020,1\n03/01/2020,2\n")), (Floats{0, 1, 17, 2}));
  EXPECT_EQ(values(table("m,v\n1749-01,1\n1749-03,2\n")), (Floats{0, 1, 59, 2}));
  const Array unclear = table("d,v\n01/02/2020,1\n03/04/2020,2\n");
  EXPECT_SAYS(unclear.table[0].left_out, "day and month cannot be told apart");
}

TEST(TextTable, LeavesOutWhatIsNoData) {
  std::string text = ",name,always,x\n";
  for (int i = 0; i < 120; ++i)
    text += std::to_string(i) + ",n" + std::to_string(i) + ",same," + std::to_string(0.5 * i) + "\n";
  const Array x = table(text);
  EXPECT_EQ(x.columns, Names{"x"});
  EXPECT_SAYS(x.table[0].left_out, "counts the rows");
  EXPECT_SAYS(x.table[1].left_out, "120 different names in 120 rows");
  EXPECT_SAYS(x.table[2].left_out, "always 'same'");
  EXPECT_EQ(table(text, "name, x").columns, (Names{"name", "x"}));
}

TEST(TextTable, SelectsByNamePlaceRangeAndExclusion) {
  const std::string text = "a,b,c,d,e\n1,2,3,4,5\n6,7,8,9,10\n";
  EXPECT_EQ(table(text, "!a, b, 4-5").columns, Names{"c"});
  EXPECT_EQ(table(text, "!a, !b").columns, (Names{"c", "d", "e"}));
  EXPECT_EQ(table(text, "e, 1-2").columns, (Names{"e", "a", "b"}));
  EXPECT_EQ(table("\"size (m, long)\",b\n1,2\n3,4\n", "\"size (m, long)\"").columns, Names{"size (m, long)"});
  EXPECT_EQ(table("a,a\n1,2\n3,4\n", "a.2").columns, Names{"a.2"});
  EXPECT_SAYS(refusal([&] { table(text, "!a, q"); }), "has no column 'q'");
  EXPECT_SAYS(refusal([&] { table(text, "!1-5"); }), "chooses no column");
}

TEST(TextTable, AHeaderAloneIsNoTable) {
  EXPECT_SAYS(refusal([] { table("a,b\n"); }), "t.csv: holds one line and no numbers");
}

TEST(TextTable, NoBytesCrash) {
  expect_no_damage_harms(
      "\xEF\xBB\xBF"
      "d;s;x;f\n2012-01-01;m;1,5;yes\n2012-01-02;f;2,5;no\n2012-01-03;m;;yes\n",
      [](auto b) { find_format("csv")->parse(b, {.path = "t.csv", .part = ""}); });
}

}  // namespace
}  // namespace elbo::host::formats
