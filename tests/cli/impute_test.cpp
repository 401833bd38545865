// `elbo impute`: a table with missing values, completed by a run that is really trained on it.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "apply_fixture.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

class Impute : public ApplyTest {
 protected:
  /// people() with gaps in all columns, written in three ways.
  static std::vector<Line> people_with_gaps() {
    std::vector<Line> rows = people();
    for (size_t i = 0; i < rows.size(); ++i) {
      if (i % 7 == 3) rows[i][0] = "NA";
      if (i % 11 == 2) rows[i][2] = "?";
      if (i % 5 == 1) rows[i][3] = "";
      if (i % 13 == 4) rows[i][4] = "";
    }
    return rows;
  }
  void train_on_gaps() {
    write("people.csv", text_of(header, people_with_gaps()));
    train();
  }
  static bool is_gap(const std::string& field) { return field.empty() || field == "NA" || field == "?"; }
  static size_t gaps() {
    size_t count = 0;
    for (const Line& row : people_with_gaps())
      count += static_cast<size_t>(std::count_if(row.begin(), row.end(), is_gap));
    return count;
  }
  /// Without the quotes that the file needs.
  static std::string bare(std::string field) {
    std::erase(field, '"');
    return field;
  }
};

TEST_F(Impute, WhatIsObservedStaysAsItIsAndTheRestIsInTheUnitsOfTheFile) {
  train_on_gaps();
  const Said said = elbo("impute out -o done.csv --samples 200");
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.out, "people.csv: 200 rows, ")) << said.out;
  EXPECT_TRUE(has(said.out, std::to_string(gaps()) + " values completed by 200 importance samples a row, seed 1: "))
      << said.out;
  EXPECT_TRUE(has(said.out, "90 % interval")) << said.out;
  const auto done = columns("done.csv");
  const std::vector<Line> rows = people_with_gaps();
  ASSERT_EQ(done.size(), header.size());
  for (size_t j = 0; j < header.size(); ++j) {
    const Line& column = done.at(header[j]);
    ASSERT_EQ(column.size(), rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      if (!is_gap(rows[i][j])) {
        EXPECT_EQ(column[i], bare(rows[i][j])) << header[j] << ", row " << i;
      } else if (j == 0) EXPECT_NEAR(std::stod(column[i]), 1.65, 0.4);
      else if (j == 2) EXPECT_GE(std::stod(column[i]), 0);
      else if (j == 3)
        EXPECT_TRUE(column[i] == "red" || column[i] == "green" || column[i] == "blue, dark") << column[i];
      else EXPECT_TRUE(has(column[i], "2020-0")) << column[i];
    }
  }
  const auto entries = columns("done.entries.csv");
  ASSERT_EQ(entries.at("row").size(), gaps());
  for (size_t i = 0; i < gaps(); ++i) {
    const std::string& column = entries.at("column")[i];
    const auto row = static_cast<size_t>(std::stoi(entries.at("row")[i]));
    const double ess = std::stod(entries.at("ess")[i]);
    EXPECT_EQ(entries.at("value")[i], done.at(column)[row]);
    if (column == "colour") {
      EXPECT_GT(std::stod(entries.at("probability")[i]), 1. / 3);
      EXPECT_EQ(entries.at("low")[i], "");
    } else {
      EXPECT_EQ(entries.at("probability")[i], "");
      const std::string &low = entries.at("low")[i], &high = entries.at("high")[i];
      EXPECT_EQ(low.empty(), ess < 20) << "an interval of too few draws";
      EXPECT_TRUE(column == "since" || low.empty() || std::stod(low) <= std::stod(high));
    }
    EXPECT_TRUE(ess > 0 && ess <= 200.001) << ess;
    EXPECT_EQ(entries.at("trusted")[i] == "1", ess >= 100 && !(std::stod(entries.at("pareto_k")[i]) > 0.7));
  }
  const auto record = nlohmann::json::parse(read_file(scratch.path / "done.entries.json"));
  EXPECT_EQ(record.at("seed"), 1);
  EXPECT_EQ(record.at("imputed"), gaps());
  const auto first = nlohmann::json::parse(elbo("impute out --samples 200 --json").out).at("first").at(0);
  EXPECT_EQ(first.at("column") == "colour" || first.at("column") == "since", first.at("value").is_string());
  EXPECT_EQ(first.at("text"), entries.at("value")[0]);
  write("whole.csv", text_of(header, people()));
  EXPECT_TRUE(has(elbo("impute out whole.csv").out, "0 of them with missing values: nothing is left to complete"));
}

TEST_F(Impute, TheSeedDecidesAndArraysHoldTheSame) {
  train_on_gaps();
  ASSERT_EQ(elbo("impute out -o a.csv --samples 200 --seed 3").code, 0);
  ASSERT_EQ(elbo("impute out people.csv -o b.csv --samples 200 --seed 3").code, 0);
  ASSERT_EQ(elbo("impute out -o c.csv --samples 200 --seed 4").code, 0);
  EXPECT_EQ(read_file(scratch.path / "a.csv"), read_file(scratch.path / "b.csv"));
  EXPECT_EQ(read_file(scratch.path / "a.entries.csv"), read_file(scratch.path / "b.entries.csv"));
  EXPECT_NE(read_file(scratch.path / "a.csv"), read_file(scratch.path / "c.csv"));
  ASSERT_EQ(elbo("impute out -o a.h5 --samples 200 --seed 3").code, 0);
  const h5::File file = h5::File::open(scratch.path / "a.h5", h5::Mode::read);
  EXPECT_EQ(file.attribute("/", "seed"), "3");
  EXPECT_EQ(file.attribute("/", "samples"), "200");
  const auto values = file.dataset("/values").read<double>(0, 200);
  const auto imputed = file.dataset("/imputed").read<uint8_t>(0, 200);
  ASSERT_EQ(values.size(), 1000u);
  EXPECT_EQ(static_cast<size_t>(std::count(imputed.begin(), imputed.end(), 1)), gaps());
  EXPECT_TRUE(std::none_of(values.begin(), values.end(), [](double v) { return std::isnan(v); }));
  const auto done = columns("a.csv");
  for (size_t i = 0; i < 200; ++i) {
    const double height = std::stod(done.at("height")[i]);
    if (imputed[5 * i] == 0) EXPECT_EQ(values[5 * i], height) << "as it is written in the file";
    else EXPECT_NEAR(values[5 * i], height, 1e-6);
  }
  const auto ess = file.dataset("/ess").read<double>(0, 200);
  EXPECT_TRUE(std::isnan(ess[0])) << "row 0 has all values";
  EXPECT_GT(ess[1], 1);
}

TEST_F(Impute, AnotherFileKeepsItsOrderItsOtherColumnsAndItsNotation) {
  train_on_gaps();
  write("new.csv",
        "id;colour;height;weight;visits;since\n7;;1,61;58,5;2;2020-03-11\n8;red;;52,25;1;2020-01-11\n"
        ";green;1,7;61,5;;2020-04-11\n");
  const Said said = elbo("impute out new.csv -o new-done.csv");
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.err, "the column id is none of the run's: what is missing there stays missing")) << said.err;
  const std::string text = read_file(scratch.path / "new-done.csv");
  EXPECT_TRUE(text.starts_with("id;colour;height;weight;visits;since\n7;")) << text;
  EXPECT_TRUE(has(text, ";1,61;58,5;2;2020-03-11\n8;red;1,")) << text;
  EXPECT_TRUE(has(text, ";52,25;1;2020-01-11\n;green;1,7;61,5;")) << text;
  EXPECT_TRUE(std::isdigit(text[text.find("61,5;") + 5])) << text;
}

TEST_F(Impute, RefusesInWords) {
  train_on_gaps();
  const auto refused = [&](const std::string& words, const std::string& sentence) {
    const Said said = elbo("impute " + words);
    EXPECT_EQ(said.code, 2) << said.err;
    EXPECT_TRUE(has(said.err, sentence)) << said.err;
  };
  refused("out --samples 50", "--samples 50; expected 100 or more");
  refused("out -o people.csv", "people.csv: holds data that are read here");
  write("new.entries.csv", text_of(header, people_with_gaps()));
  refused("out new.entries.csv -o new.csv", "new.entries.csv: holds data that are read here");
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(scratch.path / "out"))
    if (entry.path().filename() == "log.h5") refused("out -o " + entry.path().string(), "log.h5: is a file of the run");
  refused("out -o done.txt", "has the suffix '.txt'; expected .csv or .h5");
  refused("out nowhere.csv", "nowhere.csv: there is no such file");
  refused("", "nothing is given; expected a run, and perhaps a file");
  write("few.csv", "height,weight\n1.7,60\n,61\n");
  refused("out few.csv", "has no column");
}

TEST_F(Impute, ARowBeyondAllDensityStaysAsItIsAndTheOthersAreCompleted) {
  train_on_gaps();
  write("far.csv", "height,weight,visits,since,colour\n,1e30,2,2020-03-11,red\n1.7,,2,2020-03-11,red\n");
  const Said said = elbo("impute out far.csv -o done.csv --samples 100");
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.err, "row 0: the model gives what is observed there a log-density that is not finite"))
      << said.err;
  EXPECT_TRUE(has(said.out, "1 value completed")) << said.out;
  EXPECT_TRUE(has(read_file(scratch.path / "done.csv"), "\n,1e30,")) << read_file(scratch.path / "done.csv");
}

TEST_F(Impute, ARunOnCompleteDataSaysWhatItsEncoderHasNotSeen) {
  train();
  EXPECT_TRUE(has(elbo("impute out").out, "200 rows, 0 of them with missing values"));
  write("new.csv", text_of(header, people_with_gaps()));
  const Said said = elbo("impute out new.csv --samples 100");
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.err, "its encoder sees the mean in their place and has not learned what a mask means"))
      << said.err;
}

TEST_F(Impute, ImagesAreNoTables) {
  write("bars.toml",
        "latent_dim = 2\nseeds = [1]\ndataset = { name = \"bars\", observe = \"binary\", train = 100, test = 20 }\n"
        "encoder = { plugin = \"mlp\", hidden = [8] }\ndecoder = { plugin = \"mlp\", hidden = [8] }\n"
        "prior.plugin = \"standard_normal\"\nlikelihood.plugin = \"bernoulli\"\n"
        "train = { max_epochs = 1 }\nevaluate.importance_samples = 5\n");
  const Said run = elbo("run bars.toml --out out");
  ASSERT_EQ(run.code, 0) << run.err << run.out;
  const Said said = elbo("impute out");
  EXPECT_EQ(said.code, 2) << said.err;
  EXPECT_TRUE(has(said.err, "whose values are not predicted one by one; expected rows of a table")) << said.err;
}

}  // namespace
}  // namespace elbo::host
