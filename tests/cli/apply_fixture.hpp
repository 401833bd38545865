// Tables on disk, a run that is trained on one, and what `elbo apply` says of another.
#pragma once
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "hdf5/file.hpp"
#include "program.hpp"

namespace elbo::host {

class ApplyTest : public Program {
 protected:
  using Line = std::vector<std::string>;

  /// 200 rows of a table of all kinds, without its header; each kind of colour has means of its own.
  static std::vector<Line> people() {
    std::vector<Line> rows;
    for (int i = 0; i < 200; ++i) {
      const int kind = i * i % 3 + i % 2;
      rows.push_back({std::to_string(1.5 + kind * 0.1 + i * 37 % 53 * 0.001),
                      std::to_string(50 + kind * 9 + i * 31 % 41 * 0.2), std::to_string(i * i % 7 + kind),
                      kind == 0   ? "red"
                      : kind == 1 ? "green"
                                  : "\"blue, dark\"",
                      "2020-0" + std::to_string(1 + i % 9) + "-11"});
    }
    return rows;
  }
  static std::string text_of(const Line& header, const std::vector<Line>& rows) {
    std::string text;
    const auto add = [&](const Line& line) {
      for (size_t i = 0; i < line.size(); ++i) text += (i ? "," : "") + line[i];
      text += "\n";
    };
    if (!header.empty()) add(header);
    for (const Line& row : rows) add(row);
    return text;
  }
  static inline const Line header = {"height", "weight", "visits", "colour", "since"};

  /// Trains on people.csv; more keys may follow, as those of [evaluate].
  void train(const std::string& more = "evaluate.importance_samples = 100\n") {
    if (!exists("people.csv")) write("people.csv", text_of(header, people()));
    write("e.toml",
          "latent_dim = 2\nseeds = [1]\n"
          "dataset = { path = \"people.csv\", observe = \"columns\", standardize = true }\n"
          "encoder = { plugin = \"mlp\", hidden = [8] }\ndecoder = { plugin = \"mlp\", hidden = [8] }\n"
          "prior.plugin = \"standard_normal\"\n"
          "likelihood = { plugin = \"composite\", columns = { \"visits\" = \"poisson\", \"colour\" = \"categorical\" "
          "}, rest = \"gaussian\" }\n"
          "train = { max_epochs = 5, batch_size = 20 }\n" +
              more);
    const Said said = elbo("run e.toml --out out");
    ASSERT_EQ(said.code, 0) << said.err << said.out;
  }

  std::filesystem::path log() const {
    for (const auto& entry : std::filesystem::directory_iterator(scratch.path / "out"))
      if (entry.is_directory()) return entry.path() / "log.h5";
    return {};
  }
  std::vector<double> logged(const std::string& column) const {
    const h5::File file = h5::File::open(log(), h5::Mode::read);
    const h5::Dataset values = file.dataset("/per_example/" + column);
    return values.read<double>(0, values.rows());
  }
  /// The rows of its file that the run was tested on, in the log's order.
  std::vector<Line> test_rows(const std::vector<Line>& all) const {
    std::vector<Line> rows;
    for (const double row : logged("row")) rows.push_back(all.at(static_cast<size_t>(row)));
    return rows;
  }

  /// The columns of a CSV file without quotes.
  std::map<std::string, Line> columns(const std::string& file) const {
    std::map<std::string, Line> columns;
    Line names;
    std::istringstream lines(read_file(scratch.path / file));
    for (std::string line; std::getline(lines, line);) {
      Line fields;
      std::string field;
      bool is_quoted = false;
      for (const char c : line + ",") {
        if (c == '"') is_quoted = !is_quoted;
        else if (c != ',' || is_quoted) field += c;
        else fields.push_back(std::exchange(field, ""));
      }
      if (names.empty()) names = fields;
      else
        for (size_t i = 0; i < names.size(); ++i) columns[names[i]].push_back(fields.at(i));
    }
    return columns;
  }
  /// NaN for nothing.
  std::vector<double> numbers(const std::string& file, const std::string& column) const {
    std::vector<double> values;
    const auto all = columns(file);
    if (!all.contains(column)) {
      ADD_FAILURE() << file << " has no column " << column;
      return values;
    }
    for (const std::string& field : all.at(column)) values.push_back(field.empty() ? NAN : std::stod(field));
    return values;
  }

  void expect_as_logged(const std::string& file, const std::string& column) const {
    const std::vector<double> now = numbers(file, column), then = logged(column);
    ASSERT_EQ(now.size(), then.size()) << column;
    for (size_t i = 0; i < now.size(); ++i)
      EXPECT_TRUE(now[i] == then[i] || (std::isnan(now[i]) && std::isnan(then[i])))
          << column << " of row " << i << ": " << now[i] << ", in the log " << then[i];
  }

  void expect_refused(const std::string& words, const std::string& sentence) const {
    const Said said = elbo("apply out " + words);
    EXPECT_EQ(said.code, 2) << said.err;
    EXPECT_NE(said.err.find(sentence), std::string::npos) << said.err;
    EXPECT_EQ(std::count(said.err.begin(), said.err.end(), '\n'), 1) << said.err;
    EXPECT_FALSE(exists("refused.csv"));
  }
};

}  // namespace elbo::host
