// `elbo apply`: the rows of a new table under a run that is really trained.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <numbers>

#include "apply_fixture.hpp"
#include "log/run_log.hpp"

namespace elbo::host {
namespace {

using Apply = ApplyTest;

TEST_F(Apply, TheRunsOwnTestRowsComeToTheNumbersOfItsLogBitForBit) {
  train();
  write("new.csv", text_of(header, test_rows(people())));
  const Said said = elbo("apply out new.csv -o new-out.csv");
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.out, "new.csv: 40 rows\nlog p(x) by 100 importance samples: mean ")) << said.out;
  EXPECT_TRUE(has(said.out, "; of the run's own 40 test data ")) << said.out;
  for (const char* column : {"log_px", "elbo", "reconstruction", "kl", "bias", "ess", "pareto_k"})
    expect_as_logged("new-out.csv", column);
  const auto out = columns("new-out.csv");
  EXPECT_EQ(out.at("row").back(), "39");
  const std::vector<double> log_px = numbers("new-out.csv", "log_px"), rank = numbers("new-out.csv", "rank"),
                            below = numbers("new-out.csv", "test_below");
  for (size_t i = 0; i < log_px.size(); ++i) {
    const auto lower = std::count_if(log_px.begin(), log_px.end(), [&](double v) { return v < log_px[i]; });
    EXPECT_EQ(rank[i], static_cast<double>(lower + 1));
    EXPECT_DOUBLE_EQ(below[i], static_cast<double>(lower) / 40);  // the test data are these very rows
  }
  for (const std::string& colour : out.at("mean_colour"))
    EXPECT_TRUE(colour == "red" || colour == "green" || colour == "blue, dark") << colour;
  for (const std::string& date : out.at("mean_since")) EXPECT_TRUE(has(date, "2020-0")) << date;
  for (const double height : numbers("new-out.csv", "mean_height")) EXPECT_NEAR(height, 1.65, 0.3);
}

TEST_F(Apply, TheLadderOfTheRunGivesTheNumbersOfItsLogToo) {
  train("evaluate = { images = 30 }\n");
  const std::vector<Line> all = test_rows(people());
  write("new.csv", text_of(header, {all.begin(), all.begin() + 30}));
  const Said said = elbo("apply out new.csv -o new-out.csv");
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.out, "log p(x) by the ladder(1) of estimators: mean ")) << said.out;
  EXPECT_TRUE(has(said.out, "estimator")) << said.out;
  for (const char* column : {"log_px", "monte_carlo_se", "rung", "pareto_k", "passes"}) {
    const std::vector<double> now = numbers("new-out.csv", column), then = logged(column);
    for (size_t i = 0; i < 30; ++i)
      EXPECT_TRUE(now[i] == then[i] || (std::isnan(now[i]) && std::isnan(then[i])))
          << column << " of row " << i << ": " << now[i] << ", in the log " << then[i];
  }
}

TEST_F(Apply, ColumnsAreFoundByNameAndTheSameFileGivesTheSameBits) {
  train();
  const std::vector<Line> rows = test_rows(people());
  write("a.csv", text_of(header, rows));
  std::vector<Line> turned;
  for (const Line& row : rows) turned.push_back({"x", row[4], row[3], row[2], row[1], row[0]});
  write("b.csv", text_of({"label", "since", "colour", "visits", "weight", "height"}, turned));
  write("c.csv", text_of({}, rows));
  ASSERT_EQ(elbo("apply out a.csv -o a-out.csv").code, 0);
  const Said b = elbo("apply out b.csv -o b-out.csv"), c = elbo("apply out c.csv -o c-out.csv");
  EXPECT_TRUE(has(b.err, "elbo: b.csv: label is no column of the run's data and is left out\n")) << b.err;
  EXPECT_TRUE(has(c.err, "has no line of names: its columns are taken in the order of the training data: height, "))
      << c.err;
  EXPECT_EQ(read_file(scratch.path / "a-out.csv"), read_file(scratch.path / "b-out.csv"));
  EXPECT_EQ(read_file(scratch.path / "a-out.csv"), read_file(scratch.path / "c-out.csv"));
  write("one.csv", text_of(header, {rows[0]}));  // one row says nothing of levels, dates or the header
  ASSERT_EQ(elbo("apply out one.csv -o one-out.csv").code, 0) << elbo("apply out one.csv").err;
  EXPECT_EQ(numbers("one-out.csv", "log_px").at(0), logged("log_px").at(0));
}

TEST_F(Apply, WhatDoesNotFitIsRefusedByRowAndColumn) {
  train();
  std::vector<Line> rows = people();
  rows.resize(4);
  const auto with = [&](size_t column, const std::string& value) {
    std::vector<Line> changed = rows;
    changed[2][column] = value;
    write("bad.csv", text_of(header, changed));
    return "bad.csv -o refused.csv";
  };
  expect_refused(with(3, "rot"),
                 "bad.csv:4: column 'colour' holds 'rot'; expected one of the names that the run's data have there: "
                 "blue, dark, green, red; correct it");
  expect_refused(with(0, "tall"), "bad.csv:4: column 'height' holds 'tall'; expected a finite number");
  expect_refused(with(2, "2.5"), "bad.csv: row 2, column 'visits', holds 2.5; expected a count: 0, 1, 2, ...");
  expect_refused(with(2, "-1"), "bad.csv: row 2, column 'visits', holds -1; expected a count");
  expect_refused(with(4, "yesterday"), "bad.csv:4: column 'since' holds 'yesterday'; expected a date");
  write("few.csv", "height,weight,visits,since\n1.7,60,2,2020-01-11\n1.8,70,1,2020-01-11\n");
  expect_refused(
      "few.csv -o refused.csv",
      "few.csv: has no column colour; expected the 5 columns of the run's data: height, weight, visits, colour, "
      "since");
  write("typo.csv", "heigt,weight,visits,colour,since\n1.7,60,2,red,2020-01-11\n1.8,70,1,red,2020-01-11\n");
  expect_refused("typo.csv", "has no column height, but 'heigt'; expected");
  write("narrow.csv", "1.7,60,2\n1.8,61,3\n");
  expect_refused("narrow.csv", "narrow.csv: has 3 columns and no names; expected the 5 columns");
  expect_refused("nowhere.csv", "nowhere.csv: there is no such file");
  expect_refused(with(3, "red") + std::string(".txt"), "has the suffix '.txt'; expected .csv or .h5");
  expect_refused("bad.csv -o nowhere/x.csv", "nowhere/x.csv: there is no folder nowhere; expected one that is there");
  expect_refused("bad.csv --set select=height", "select has no effect on a table");
  expect_refused("bad.csv --set observe=real", "observe");
}

TEST_F(Apply, RowsWithMissingValuesAreLeftEmptyUnlessTheRunMasksThem) {
  train();
  std::vector<Line> rows = people();
  rows.resize(5);
  rows[1][0] = "NA";
  rows[3][3] = "";
  write("gaps.csv", text_of(header, rows));
  const Said said = elbo("apply out gaps.csv -o gaps-out.csv");
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(has(said.out, "gaps.csv: 5 rows, 3 of them scored\n")) << said.out;
  EXPECT_TRUE(has(said.err, "2 of 5 rows have missing values, which the run cannot score, and are left empty"))
      << said.err;
  const std::vector<double> log_px = numbers("gaps-out.csv", "log_px"), z = numbers("gaps-out.csv", "z_1");
  ASSERT_EQ(log_px.size(), 5u);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(std::isnan(log_px[i]), i == 1 || i == 3);
    EXPECT_EQ(std::isnan(z[i]), i == 1 || i == 3);
  }
  ASSERT_EQ(elbo("apply out gaps.csv -o gaps-out.h5").code, 0);
  const h5::File file = h5::File::open(scratch.path / "gaps-out.h5", h5::Mode::read);
  EXPECT_EQ(file.dataset("/mean").shape(), (std::vector<hsize_t>{5, 5}));
  const auto mean = file.dataset("/mean").read<double>(0, 5);
  const auto codes = file.dataset("/z").read<double>(0, 5);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(std::isnan(mean[5 * i]), i == 1 || i == 3);
    EXPECT_TRUE(std::isnan(z[i]) || std::abs(codes[2 * i + 1] - z[i]) < 1e-6) << i;
  }
}

TEST_F(Apply, ARunThatMasksMissingValuesScoresTheOthersOfARow) {
  std::vector<Line> rows = people();
  for (size_t i = 0; i < rows.size(); i += 7) rows[i][1] = "NA";
  for (size_t i = 0; i < rows.size(); i += 11) rows[i][3] = "?";
  write("people.csv", text_of(header, rows));
  train();
  write("new.csv", text_of(header, test_rows(rows)));
  ASSERT_EQ(elbo("apply out new.csv -o new-out.csv").code, 0);
  for (const char* column : {"log_px", "elbo"}) expect_as_logged("new-out.csv", column);
}

TEST_F(Apply, WhereOneSampleDecidesThereIsNoError) {
  train();
  std::vector<Line> rows = people();
  rows.resize(6);
  rows[2][0] = "900";  // so far off that one sample has all weight
  write("far.csv", text_of(header, rows));
  const Said said = elbo("apply out far.csv -o far-out.csv");
  ASSERT_EQ(said.code, 0) << said.err;
  const std::vector<double> errors = numbers("far-out.csv", "monte_carlo_se"), ess = numbers("far-out.csv", "ess");
  int64_t decided = 0;
  for (size_t i = 0; i < errors.size(); ++i) {
    EXPECT_EQ(std::isnan(errors[i]), ess[i] < 2) << i << ": " << ess[i];
    decided += ess[i] < 2;
  }
  ASSERT_GT(decided, 0);
  EXPECT_TRUE(has(said.out, "one sample decides")) << said.out;
  EXPECT_TRUE(has(said.out, "one of 100 samples has more than half of all weight")) << said.out;
}

TEST_F(Apply, WhatIsNoFinishedRunIsSaidInOneSentence) {
  train();
  write("new.csv", text_of(header, people()));
  const auto refusal = [&](const std::string& run) {
    const Said said = elbo("apply " + run + " new.csv");
    EXPECT_EQ(said.code, 2) << said.err;
    EXPECT_EQ(std::count(said.err.begin(), said.err.end(), '\n'), 1) << said.err;
    return said.err;
  };
  const std::string experiment = refusal("e.toml");
  EXPECT_TRUE(has(experiment, "e.toml: is an experiment file and no run; expected the folder of a finished run"))
      << experiment;
  std::filesystem::create_directories(scratch.path / "nothing/below");
  EXPECT_TRUE(has(refusal("nothing"), "nothing: holds no finished run; expected the folder of one"))
      << refusal("nothing");
  ASSERT_EQ(elbo("run e.toml --out out --set 'seeds=[1,2]'").code, 0);
  const std::string several = refusal("out");
  EXPECT_TRUE(has(several, "out: holds 2 finished runs; expected one; name its folder: elbo apply out/")) << several;
  EXPECT_EQ(elbo("apply '" + log().parent_path().string() + "' new.csv").code, 0);
}

TEST_F(Apply, OptionsMeanWhatTheySay) {
  train();
  write("new.csv", text_of(header, test_rows(people())));
  expect_refused("new.csv --importance-samples 0", "elbo apply: --importance-samples is 0; expected 1 to 1000000");
  ASSERT_EQ(elbo("apply out new.csv -o large.CSV").code, 0);
  ASSERT_EQ(elbo("apply out new.csv -o small.csv").code, 0);
  EXPECT_EQ(read_file(scratch.path / "large.CSV"), read_file(scratch.path / "small.csv"));
  const Said score = elbo("score out --likelihood gaussian --importance-samples 0");
  EXPECT_EQ(score.code, 2);
  EXPECT_TRUE(has(score.err, "--importance-samples is 0; expected 1 to 1000000")) << score.err;
}

TEST_F(Apply, TheMostUnusualRowComesFirst) {
  train();
  std::vector<Line> rows = people();
  rows.resize(20);
  rows[7][0] = "3.4";  // a height that nobody has
  write("odd.csv", text_of(header, rows));
  const Said said = elbo("apply out odd.csv --json");
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_TRUE(
      has(said.err, "column 'height': 1 of 20 rows lie beyond what the run's data have there, 1.5 to 1.752, as 3.4"))
      << said.err;
  const auto answer = nlohmann::json::parse(said.out);
  EXPECT_EQ(answer.at("lowest").at(0).at("row"), 7);
  EXPECT_EQ(answer.at("lowest").at(0).at("test_below"), 0);
  EXPECT_EQ(answer.at("lowest").at(0).at("rank"), 1);
  EXPECT_EQ(answer.at("first").size(), 5u);
}

/// The tensors of a file of weights, by name: 8 bytes of length, a JSON object of places, floats.
std::map<std::string, std::vector<float>> weights_in(const std::filesystem::path& file) {
  const std::string bytes = read_file(file);
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  const auto places = nlohmann::json::parse(bytes.substr(8, length));
  std::map<std::string, std::vector<float>> weights;
  for (const auto& [name, place] : places.items()) {
    if (!place.contains("data_offsets")) continue;
    const size_t first = place["data_offsets"][0], end = place["data_offsets"][1];
    std::vector<float>& values = weights[name];
    values.resize((end - first) / sizeof(float));
    std::memcpy(values.data(), bytes.data() + 8 + length + first, end - first);
  }
  return weights;
}

// Tipping & Bishop (1999): x ~ N(b, w w' + s^2 I) of one latent, by the formulas of Sherman & Morrison and of Sylvester.
TEST_F(Apply, ProbabilisticPcaHasALogPxInClosedForm) {
  std::string table = "a,b,c\n";
  for (int i = 0; i < 200; ++i) {
    const double z = std::sin(i * 1.7) * 1.5;
    table += std::to_string(1 + 2 * z + std::sin(i * 3.1) * 0.4) + "," + std::to_string(-z + std::cos(i * 2.3) * 0.4) +
             "," + std::to_string(0.5 * z + std::sin(i * 5.9) * 0.4) + "\n";
  }
  write("plane.csv", table);
  write("e.toml",
        "latent_dim = 1\nseeds = [1]\ndataset = { path = \"plane.csv\", observe = \"real\" }\n"
        "encoder.plugin = \"linear\"\ndecoder.plugin = \"linear\"\nprior.plugin = \"standard_normal\"\n"
        "likelihood = { plugin = \"gaussian\", scale = \"fixed\", fixed_scale = 0.5 }\n"
        "train = { max_epochs = 30, batch_size = 20, optimizer.lr = 1e-2 }\n");
  ASSERT_EQ(elbo("run e.toml --out out").code, 0);
  write("new.csv", "a,b,c\n1,0,0\n2.5,-1,0.25\n-3,2,-1\n10,10,10\n");
  const Said said = elbo("apply out new.csv -o new-out.csv");
  ASSERT_EQ(said.code, 0) << said.err;
  std::vector<float> w, b;
  for (const auto& [name, values] : weights_in(log().parent_path() / "weights.safetensors")) {
    if (has(name, "decoder") && has(name, "weight")) w = values;
    if (has(name, "decoder") && has(name, "bias")) b = values;
  }
  ASSERT_EQ(w.size(), 3u);
  const double rows[4][3] = {{1, 0, 0}, {2.5, -1, 0.25}, {-3, 2, -1}, {10, 10, 10}};
  const double s2 = 0.25, w2 = double(w[0]) * w[0] + double(w[1]) * w[1] + double(w[2]) * w[2];
  const std::vector<double> log_px = numbers("new-out.csv", "log_px"), error = numbers("new-out.csv", "monte_carlo_se");
  for (size_t i = 0; i < 4; ++i) {
    double r2 = 0, wr = 0;
    for (size_t j = 0; j < 3; ++j) {
      const double r = rows[i][j] - b[j];
      r2 += r * r;
      wr += w[j] * r;
    }
    const double exact = -(3 * std::log(2 * std::numbers::pi) + 2 * std::log(s2) + std::log(s2 + w2) + r2 / s2 -
                           wr * wr / (s2 * (s2 + w2))) /
                         2;
    EXPECT_LT(error[i], 0.03);
    EXPECT_NEAR(log_px[i], exact, 4 * error[i] + 1e-4 * std::abs(exact)) << "row " << i;
  }
}

TEST_F(Apply, WhatIsReadIsNotWrittenOver) {
  train();
  write("new.csv", text_of(header, test_rows(people())));
  for (const char* input : {"new.csv", "people.csv"}) {
    const std::string before = read_file(scratch.path / input);
    const Said said = elbo(std::string("apply out new.csv -o ") + input);
    EXPECT_EQ(said.code, 2) << said.out << said.err;
    EXPECT_TRUE(has(said.err, std::string(input) + ": holds data that are read here")) << said.err;
    EXPECT_EQ(read_file(scratch.path / input), before);
  }
}

TEST_F(Apply, NumbersOfOtherEstimatorsAreNotComparedWithTheRunsTestData) {
  train();
  write("new.csv", text_of(header, test_rows(people())));
  const Said other = elbo("apply out new.csv --importance-samples 10 -o ten.csv");
  ASSERT_EQ(other.code, 0) << other.err;
  EXPECT_TRUE(has(other.err, "by another estimator")) << other.err;
  EXPECT_FALSE(has(other.out, "of the run's own")) << other.out;
  EXPECT_FALSE(columns("ten.csv").contains("test_below"));
  const Said same = elbo("apply out new.csv --importance-samples 100");
  EXPECT_TRUE(has(same.out, "of the run's own 40 test data")) << same.out << same.err;
}

TEST_F(Apply, EveryCommandOnThePageRuns) {
  train("evaluate.importance_samples = 10\n");
  std::filesystem::rename(log().parent_path(), scratch.path / "RUN");
  std::vector<Line> rows = people();
  rows[3][0] = "-200";
  write("new.csv", text_of(header, rows));
  std::istringstream page(read_file(ELBO_SOURCE_DIR "/docs/applying.md"));
  int commands = 0;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("    elbo ")) continue;
    ++commands;
    std::string words = line.substr(9);
    const Said said = elbo(words.substr(0, words.find("  ")));
    EXPECT_EQ(said.code, 0) << line << "\n" << said.err;
  }
  EXPECT_EQ(commands, 6);
  EXPECT_TRUE(exists("scores.csv") && exists("scores.h5"));
}

TEST_F(Apply, WordsThatAreMissingOrTooManyAreSaid) {
  EXPECT_TRUE(has(elbo("apply").err, "expected a run and a file"));
  EXPECT_TRUE(has(elbo("apply out").err, "no file is given"));
  write("new.csv", "a\n1\n");
  const Said said = elbo("apply nowhere new.csv");
  EXPECT_EQ(said.code, 2);
  EXPECT_TRUE(has(said.err, "there is no log of a run")) << said.err;
}

TEST_F(Apply, TheLogSaysWhatTheColumnsAreSoThatTheTableIsNotNeeded) {
  train();
  const auto columns = nlohmann::json::parse(log::read_summary(log()).texts.at("columns"));
  ASSERT_EQ(columns.size(), header.size());
  for (size_t i = 0; i < header.size(); ++i) EXPECT_EQ(columns[i].at("name"), header[i]);
  EXPECT_EQ(columns[3].at("levels"), (std::vector<std::string>{"blue, dark", "green", "red"}));
  EXPECT_EQ(columns[3].at("deviation"), 1) << "names are not standardised";
  std::vector<Line> all = people();
  const std::vector<double> test = logged("row");
  double sum = 0, count = 0;
  for (size_t i = 0; i < all.size(); ++i)
    if (std::find(test.begin(), test.end(), static_cast<double>(i)) == test.end()) sum += std::stod(all[i][1]), ++count;
  const double origin = columns[1].value("origin", 0.0);
  EXPECT_NEAR(columns[1].at("mean").get<double>() + origin, sum / count, 1e-4);
  EXPECT_EQ(columns[1].at("mean"), columns[1].at("encoder_mean"));
}

}  // namespace
}  // namespace elbo::host
