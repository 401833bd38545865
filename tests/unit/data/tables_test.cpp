// Tables and images as people store them, from path to rows.
#include <cmath>
#include <numeric>

#include "data/files/data_record.hpp"
#include "data/splits/split.hpp"
#include "files.hpp"

namespace elbo::host::data {
namespace {
using namespace test;

using Floats = std::vector<float>;

class Tables : public ::testing::Test {
 protected:
  Dataset loaded(const DataConfig& config) { return load(description_of(config), config); }

  /// NumPy's format, version 1.
  fs::path npy(const std::string& shape, const std::string& values) {
    std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + ", }";
    header.resize(128 - 11, ' ');
    return write(folder_ / "x.npy", std::string("\x93NUMPY\x01\0\x76\0", 10) + header + "\n" + values);
  }

  Folder folder_;
};

TEST_F(Tables, RowsWithMissingValuesAreLeftOutWithTheirLabels) {
  std::string text = "a,b,kind\n";
  for (int i = 0; i < 20; ++i)
    text += std::to_string(i) + "," + (i % 4 == 1 ? "NA" : std::to_string(10 * i)) + (i % 2 ? ",odd\n" : ",even\n");
  DataConfig config = own(write(folder_ / "t.csv", text), "", "real");
  config.labels = "kind";
  const Description d = description_of(config);
  EXPECT_EQ(d.format, "csv") << "guessed";
  EXPECT_EQ(d.train + d.test, 15);
  ASSERT_EQ(d.notes.size(), 1u);
  EXPECT_SAYS(d.notes[0], "5 of 20 rows have missing values and are left out (b 5)");
  const Dataset data = load(d, config);
  EXPECT_EQ(data.notes, d.notes);
  for (const Split* part : {&data.train, &data.test}) {
    const auto& x = std::get<Floats>(part->x.values);
    for (size_t i = 0; i < part->labels.size(); ++i) {
      EXPECT_EQ(x[2 * i + 1], 10 * x[2 * i]);
      EXPECT_EQ(part->labels[i], static_cast<int64_t>(x[2 * i]) % 2);
      EXPECT_EQ(part->rows[i], static_cast<int64_t>(x[2 * i])) << "the row of the file";
    }
  }
  write(folder_ / "none.csv", "a,b\n1,NA\nNA,2\n3,NA\n");
  EXPECT_SAYS(refusal([&] { description_of(own(folder_ / "none.csv", "csv", "real")); }),
              "0 of its 3 rows has all values, since some are missing (a 1, b 2)");
}

TEST_F(Tables, RowsWithMissingValuesAreMaskedUnderLikelihoodsOfColumns) {
  std::string text = "a,b,kind\n";
  for (int i = 0; i < 20; ++i)
    text += std::to_string(i) + "," + (i % 4 == 1 ? "NA" : std::to_string(10 * i)) + (i % 2 ? ",odd\n" : ",even\n");
  DataConfig config = own(write(folder_ / "t.csv", text), "", "columns");
  config.labels = "kind";
  const Description d = description_of(config);
  EXPECT_TRUE(d.masked);
  EXPECT_EQ(d.train + d.test, 20);
  EXPECT_SAYS(d.notes.at(0), "5 of 20 rows have missing values, which likelihoods do not score");
  const Dataset data = load(d, config);
  EXPECT_TRUE(data.masked);
  int64_t missing = 0;
  for (const Split* part : {&data.train, &data.test}) {
    const auto& x = std::get<Floats>(part->x.values);
    for (size_t i = 0; i < part->labels.size(); ++i) {
      const bool is_missing = static_cast<int64_t>(x[2 * i]) % 4 == 1;
      EXPECT_EQ(std::isnan(x[2 * i + 1]), is_missing);
      EXPECT_EQ(part->labels[i], static_cast<int64_t>(x[2 * i]) % 2);
      missing += is_missing;
    }
  }
  EXPECT_EQ(missing, 5);

  DataConfig dropped = config;
  dropped.missing = "drop";
  EXPECT_FALSE(description_of(dropped).masked);
  EXPECT_EQ(description_of(dropped).train + description_of(dropped).test, 15);
  EXPECT_NE(fingerprint(description_of(config), config), fingerprint(description_of(dropped), dropped));

  write(folder_ / "t.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n");
  EXPECT_FALSE(description_of(own(folder_ / "t.csv", "", "columns")).masked) << "nothing is missing";
}

TEST_F(Tables, NamesNeedALikelihoodOfTheirOwn) {
  const fs::path file = write(folder_ / "t.csv", "sex,age,town\nm,1.5,x\nf,2.5,y\nm,3,x\nf,4,y\n");
  EXPECT_SAYS(refusal([&] { description_of(own(file, "csv", "real")); }), "the columns sex, town hold names");
  EXPECT_SAYS(refusal([&] { description_of(own(file, "csv", "real")); }), "select = \"!sex, town\"");
  const Description d = description_of(own(file, "csv", "columns"));
  EXPECT_EQ(d.shape, (Shape{3}));
  EXPECT_EQ(d.table[0].levels, (std::vector<std::string>{"f", "m"}));
}

TEST_F(Tables, LabelsOfAllPartsShareTheirCodes) {
  write(folder_ / "tr.csv", "1,ant\n2,bee\n3,cat\n");
  write(folder_ / "te.csv", "4,cat\n5,ant\n");
  const fs::path description = write(folder_ / "two.toml",
                                     "title = \"t\"\nsource = \"s\"\nlicence = \"l\"\ncitation = \"c\"\nformat = "
                                     "\"csv\"\nshape = [1]\nsupport = \"real\"\nfolders = [\"" +
                                         static_cast<const fs::path&>(folder_).string() +
                                         "\"]\n[splits]\ntrain = 3\ntest = 2\n[files]\ntrain_x = { name = \"tr.csv\", "
                                         "columns = \"1\" }\ntest_x = { name = \"te.csv\", columns = \"1\" }\n"
                                         "train_labels = { name = \"tr.csv\", columns = \"2\" }\ntest_labels = { name "
                                         "= \"te.csv\", columns = \"2\" }\n[get]\nhow = \"here\"\n");
  const Dataset data = load(read_description(description), {});
  const fs::path names = write(folder_ / "names.toml", [&] {
    std::string text = slurp(description);
    for (size_t at; (at = text.find("columns = \"1\"")) != std::string::npos;) text.replace(at, 13, "columns = \"2\"");
    return text;
  }());
  EXPECT_SAYS(refusal([&] { load(read_description(names), {}); }),
              "column '2' holds names, whose values would differ between the files");
  for (size_t i = 0; i < 2; ++i)
    EXPECT_EQ(data.test.labels[i], std::get<Floats>(data.test.x.values)[i] == 4 ? 2 : 0)
        << "cat is the third name, though te.csv has two";
}

TEST_F(Tables, ImagesWithChannelsLastAreTurned) {
  std::string values;
  for (int i = 0; i < 4 * 6 * 5 * 3; ++i) values += static_cast<char>(i % 3 == 0 ? 100 : i % 3 == 1 ? 200 : i / 90);
  DataConfig config = own(npy("(4, 6, 5, 3)", values), "npy", "levels");
  const Description d = description_of(config);
  EXPECT_EQ(d.shape, (Shape{3, 6, 5}));
  ASSERT_EQ(d.notes.size(), 1u);
  EXPECT_SAYS(d.notes[0], "images of height 6, width 5 and 3 channels");
  const Dataset data = load(d, config);
  const auto& x = std::get<std::vector<uint8_t>>(data.train.x.values);
  EXPECT_EQ(x[0], 100);
  EXPECT_EQ(x[29], 100);
  EXPECT_EQ(x[30], 200);
  EXPECT_EQ(x[60], data.train.rows[0]) << "the third plane holds the image's number";
  config.memory_gb = 1;
  EXPECT_SAYS(refusal([&] { loaded(config); }), "height x width x channels");
}

}  // namespace
}  // namespace elbo::host::data
