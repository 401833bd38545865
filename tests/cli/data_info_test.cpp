// `elbo data info FILE`: what is inside a file of one's own, and which likelihoods fit it.
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "cli/program.hpp"

namespace elbo::host {
namespace {

/// NumPy's format, version 1.
std::string npy(const std::string& type, const std::string& shape, const std::string& values,
                const std::string& by_column = "False") {
  std::string header = "{'descr': '" + type + "', 'fortran_order': " + by_column + ", 'shape': " + shape + ", }";
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 11, ' ');
  header += '\n';
  const std::string length = {static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  return std::string("\x93NUMPY\x01", 7) + std::string(1, '\0') + length + header + values;
}

std::string bytes(size_t count, int top) {
  std::string values;
  for (size_t i = 0; i < count; ++i) values += static_cast<char>(i * 7 % static_cast<size_t>(top + 1));
  return values;
}

class DataInfo : public Program {
 protected:
  std::string info(const std::string& words) {
    const Said said = elbo("data info " + words);
    EXPECT_EQ(said.code, 0) << said.err;
    return said.out;
  }
  std::string refusal(const std::string& words) {
    const Said said = elbo("data info " + words);
    EXPECT_EQ(said.code, 2) << said.out;
    return said.err;
  }
};

TEST_F(DataInfo, LevelsInNumPysFormat) {
  write("grey.npy", npy("|u1", "(50, 4, 3)", bytes(600, 255)));
  const std::string said = info("grey.npy");
  EXPECT_TRUE(has(said, "grey.npy: npy\n")) << said;
  EXPECT_TRUE(has(said, "shape        [1, 4, 3]\n")) << said;
  EXPECT_TRUE(has(said, "rows         50, split at random: train 40, test 10\n")) << said;
  EXPECT_TRUE(has(said, "40 x 12 values on 256 levels")) << said;
  EXPECT_TRUE(has(said, "observe = \"levels\":")) << said;
  EXPECT_TRUE(has(said, "discretized_logistic")) << said;
  EXPECT_FALSE(has(said, "observe = \"real\":")) << said;
  EXPECT_TRUE(has(said, "[dataset]\npath = \"grey.npy\"\nformat = \"npy\"\nobserve = \"levels\"\n")) << said;
}

TEST_F(DataInfo, ArraysStoredByColumnAreShownAsTheyAreRead) {
  write("f.npy", npy("|u1", "(50, 4, 3)", bytes(600, 255), "True"));
  EXPECT_TRUE(has(info("f.npy"), "rows         50, split at random: train 40, test 10\n")) << info("f.npy");
}

TEST_F(DataInfo, ItsSectionIsOneThatAnExperimentTakes) {
  write("table.csv", "a,b,c\n0.5,1.25,-3\n1.5,2.5,-1\n0.25,4,2\n1,1,1\n2,2,2\n");
  const std::string said = info("table.csv --labels c");
  EXPECT_TRUE(has(said, "shape        [2]\n")) << said;
  EXPECT_TRUE(has(said, "labels       yes\n")) << said;
  EXPECT_TRUE(has(said, "observe = \"real\":")) << said;
  EXPECT_TRUE(has(said, "gaussian, laplace")) << said;
  EXPECT_TRUE(has(said, "observe = \"columns\":       composite of a, b\n")) << said;
  write("x.toml",
        "latent_dim = 1\nencoder = { plugin = \"mlp\" }\ndecoder = { plugin = \"mlp\" }\nprior = { plugin = "
        "\"standard_normal\" }\n"
        "likelihood = { plugin = \"gaussian\" }\n" +
            said.substr(said.find("[dataset]")));
  EXPECT_EQ(elbo("check x.toml").code, 0) << elbo("check x.toml").err;
}

/// Names, flags, dates, missing values, a constant, row numbers, and a column that hardly has values.
std::string mixed_table() {
  std::string text = ",sex,alive,date,age,pets,town,empty\n";
  for (int i = 0; i < 120; ++i)
    text += fmt::format("{},{},{},2012-01-{:02},{},{},{},{}\n", i, i % 3 ? "male" : "female", i % 2 ? "yes" : "no",
                        1 + i % 28, i % 20 == 7 ? std::string("NA") : fmt::format("{:.2f}", 20 + 0.37 * (i * 7 % 50)),
                        i % 5,
                        i % 4 == 0   ? "\"a, b\""
                        : i % 4 == 1 ? "c"
                                     : "d",
                        i == 3 ? "1" : "");
  return text;
}

TEST_F(DataInfo, EachColumnOfATableHasALine) {
  write("mixed.csv", mixed_table());
  const std::string said = info("mixed.csv --select !empty");
  const std::string whole = info("mixed.csv");
  EXPECT_TRUE(has(whole, "empty  number         119")) << whole;
  EXPECT_TRUE(has(whole, "120 of 120 rows have missing values, which likelihoods do not score") ||
              has(whole, "119 of 120 rows have missing values, which likelihoods do not score"))
      << whole;
  for (const char* line :
       {"left out: it has no name and counts the rows", "sex    category", "female, male; 67 % are male", "alive  flag",
        "0 to 27 days since 2012-01-01", "age    number           6", "town   category",
        "observe = \"columns\" does not score missing values"})
    EXPECT_TRUE(has(said, line)) << line << "\n" << said;
  EXPECT_TRUE(has(said, "observe = \"columns\"\n")) << said;
  EXPECT_TRUE(has(info("mixed.csv --select !empty --missing-values yes,no"), "alive  number         120"))
      << "a column of missing values";
}

TEST_F(DataInfo, TheExperimentThatItWritesRunsAsItStands) {
  write("mixed.csv", mixed_table());
  const std::string text = info("mixed.csv --experiment");
  for (const char* part :
       {"select = \"!empty\"", "\"sex\" = \"categorical\"   # 2 categories: female, male", "\"alive\" = \"bernoulli\"",
        "missing = \"mask\"", "# empty lacks 119 of 120 values", "\"pets\" = \"categorical\"",
        "\"age\" = { plugin = \"gaussian\"", "# column 1 is left out: it has no name and counts the rows"})
    EXPECT_TRUE(has(text, part)) << part << "\n" << text;
  write("mixed.toml", text);
  const Said said =
      elbo("run mixed.toml --out out --set seeds=[1] --set train.max_epochs=2 --set evaluate.importance_samples=10");
  EXPECT_EQ(said.code, 0) << said.out << said.err;
  EXPECT_FALSE(has(said.out + said.err, "not conforming")) << said.out << said.err;
  EXPECT_TRUE(has(said.out, "6 of 120 rows have missing values, which likelihoods do not score")) << said.out;
  write("grey.npy", npy("|u1", "(50, 4, 3)", bytes(600, 255)));
  EXPECT_TRUE(has(refusal("grey.npy --experiment"), "is no table in text"));
}

TEST_F(DataInfo, FormatsThatAreNotReadAreNamedWithAWayOut) {
  write("x.parquet", "PAR1....");
  EXPECT_TRUE(has(refusal("x.parquet"), "x.parquet: is a Parquet file, which is not read")) << refusal("x.parquet");
  EXPECT_TRUE(has(refusal("x.parquet"), "pandas.read_parquet('x.parquet').to_csv('x.csv', index=False)"));
  write("photo", "\xFF\xD8\xFF\xE0....");
  EXPECT_TRUE(has(refusal("./photo"), "photo: is one JPEG image; expected a folder of images"));
  std::filesystem::create_directories(scratch.path / "parts");
  write("parts/b.csv", "x,y\n1,2\n");
  write("parts/a.csv", "x,y\n3,4\n");
  const std::string said = refusal("./parts");
  EXPECT_TRUE(has(said,
                  "parts: holds no PNG or JPEG images but 2 other files, such as a.csv; expected images, or one file "
                  "of format csv"))
      << said;
  EXPECT_TRUE(has(said, "path = \"parts/a.csv\", with test_path")) << said;
  EXPECT_TRUE(has(said, "awk 'FNR > 1 || NR == 1' parts/*.csv > all.csv")) << said;
}

TEST_F(DataInfo, NamesDecideOnlyWhereTheyArePaths) {
  EXPECT_TRUE(has(info("bars"), "bars: "));
  EXPECT_TRUE(has(refusal("brs"), "did you mean 'bars'?"));
  EXPECT_EQ(refusal("brs.npy"), "elbo: brs.npy: no such file or folder; expected data of your own\n");
  EXPECT_TRUE(has(refusal("x.npy --selct y"), "elbo data info: found '--selct'; expected: elbo data info FILE"));
}

/// Files that people have; ELBO_TEST_DATA names their folder.
class DataInfoOfRealFiles : public DataInfo {
 protected:
  void SetUp() override {
    DataInfo::SetUp();
    if (folder.empty() || !std::filesystem::exists(folder + "/counts"))
      GTEST_SKIP() << "ELBO_TEST_DATA names no folder with counts/";
  }
  const std::string folder = std::getenv("ELBO_TEST_DATA") ? std::getenv("ELBO_TEST_DATA") : "";
};

TEST_F(DataInfoOfRealFiles, EachFormatSaysWhatFits) {
  struct Case {
    std::string words, inside, fits;
  };
  const std::vector<Case> cases = {
      {"counts/smfish.h5ad", "X ", "negative_binomial"},
      {"counts/mouse_brain_10k.h5ad", "sparse [10000, 1000]", "poisson"},
      {"counts/mpfc-starmap.loom", "matrix ", "negative_binomial"},
      {"counts/10x_filtered_feature_bc_matrix.h5", ": 10x\n", "poisson"},
      {"counts/mtx", ": 10x\n", "poisson"},
      {"counts/reuters.ldac", ": ldac\n", "multinomial"},
      {"frey/frey_rawface.mat", "if its 1965 columns are the data: --select \"ff'\"", "observe = \"levels\":"},
      {"frey/frey_rawface.mat --select \"ff'\"", "shape        [560]", "discretized_logistic"},
      {"binarized-mnist/binarized_mnist_valid.mat", "inside", "bernoulli"},
      {"omniglot/omniglot28_small.npz --select images", "inside       images ", "observe"},
      {"dsprites-mini/dsprites_mini_32x32.npz --select imgs", "inside       imgs ", "bernoulli"},
      {"dsprites-mini/dsprites_mini_32x32.hdf5 --select /imgs", "inside       /imgs", "bernoulli"},
      {"counts/mtx/matrix.mtx.gz", ": mtx\n", "observe = \"counts\"\n"},
      {"tabular/wine-quality-red.csv", ": csv\n", "gaussian"},
      {"mnist", ": idx\n", "discretized_logistic"},
  };
  for (const Case& one : cases) {
    const std::string said = info(folder + "/" + one.words);
    EXPECT_TRUE(has(said, one.inside)) << one.words << "\n" << said;
    EXPECT_TRUE(has(said, one.fits)) << one.words << "\n" << said;
    EXPECT_TRUE(has(said, "\n[dataset]\npath = ")) << one.words << "\n" << said;
  }
}

TEST_F(DataInfo, OneFileOfIdxIsKnownByItsFirstBytes) {
  write("pictures", std::string("\0\0\x08\x03\0\0\0\x0a\0\0\0\x02\0\0\0\x03", 16) + bytes(60, 255));
  const std::string said = info("pictures");
  EXPECT_TRUE(has(said, "pictures: idx\n")) << said;
  EXPECT_TRUE(has(said, "shape        [1, 2, 3]\n")) << said;
  EXPECT_TRUE(has(said, "rows         10, split at random: train 8, test 2\n")) << said;
}

TEST_F(DataInfo, TooFewRowsAreSaidToBe) {
  write("two.npy", npy("<f4", "(2, 1)", std::string(8, '\0')));
  EXPECT_EQ(refusal("two.npy"), "elbo: two: has no test data; expected at least one row\n");
}

TEST_F(DataInfo, PicklesAreRefusedWithTheLineThatConvertsThem) {
  write("model.pkl", "\x80\x04\x95");
  EXPECT_EQ(
      refusal("model.pkl"),
      "elbo: model.pkl: holds Python objects (a pickle), which are not read since that may run code; expected numbers; "
      "convert it, if you trust it: python3 -c \"import numpy as np; import pickle; x = pickle.load(open('model.pkl', "
      "'rb')); "
      "np.save('model.npy', x)\"\n");
  write("unnamed", "\x80\x04\x95");
  EXPECT_TRUE(has(refusal("unnamed"), "unnamed: holds Python objects (a pickle)"));
  write("objects.npy", npy("|O", "(3,)", "\x80\x04"));
  EXPECT_TRUE(has(refusal("objects.npy"), "objects.npy: holds Python objects (a pickle), which are not read"));
  write("what.bin", "hello world");
  EXPECT_TRUE(has(refusal("what.bin"), "what.bin: neither its name nor its first bytes tell its format"));
}

}  // namespace
}  // namespace elbo::host
