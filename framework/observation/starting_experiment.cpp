#include "observation/starting_experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "experiment/parse.hpp"

namespace elbo::host::observation {
namespace fs = std::filesystem;
namespace {

using formats::TableColumn;

constexpr int64_t fewest_values = 10;  // of a column; with fewer, training data without any are likely
constexpr int64_t few_levels = 12;     // whole numbers that take no more values may be free categories
constexpr double most_discrete = 4095;

std::string in_toml(const std::string& text) { return to_string(Value(text)); }

/// Names and levels come from the user's file and may hold line ends.
std::string in_comment(std::string text) {
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 127; }, ' ');
  return text;
}

/// A name as `select` takes it.
std::string as_selected(const std::string& name) {
  if (name.find_first_of(",\"") == std::string::npos) return name;
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + "\"";
}

bool is_left_out(const TableColumn& column, int64_t rows) { return rows - column.missing < fewest_values; }

std::string range_of(const TableColumn& column) { return fmt::format("{:.6g} to {:.6g}", column.low, column.high); }

/// "a, b, c and 4 more"
std::string some_levels(const TableColumn& column) {
  constexpr size_t shown = 4;
  const std::vector<std::string> first(
      column.levels.begin(),
      column.levels.begin() + static_cast<std::ptrdiff_t>(std::min(shown, column.levels.size())));
  return join(first) + (column.levels.size() > shown ? fmt::format(" and {} more", column.levels.size() - shown) : "");
}

/// A column that is not used, and why.
struct LeftOut {
  TableColumn column;
  std::string reason;
};

/// Values [rows, columns] of a table, seen by column.
class Values {
 public:
  explicit Values(const formats::Array& table)
      : values_(std::get<std::vector<float>>(table.values)),
        rows_(static_cast<size_t>(table.rows())),
        row_(values_.size() / std::max<size_t>(1, rows_)) {}

  /// The places of those among `columns` that hold one value only, where they are not missing.
  std::vector<size_t> constant_among(const std::vector<size_t>& columns) const {
    std::vector<size_t> constant;
    for (const size_t j : columns) {
      std::optional<float> first;
      bool varies = false;
      for (size_t i = 0; i < rows_ && !varies; ++i) {
        if (std::isnan(at(i, j))) continue;
        varies = first && *first != at(i, j);
        first = at(i, j);
      }
      if (!varies) constant.push_back(j);
    }
    return constant;
  }

 private:
  float at(size_t row, size_t column) const { return values_[row * row_ + column]; }
  const std::vector<float>& values_;
  size_t rows_, row_;
};

/// Which columns of the table are used, and which are not.
struct Choice {
  std::vector<TableColumn> used;
  std::vector<LeftOut> left_out;
};

Choice choice_of(const DataConfig& data, const formats::Array& table) {
  Choice choice;
  std::vector<TableColumn> columns;
  for (const TableColumn& column : table.table)
    if (column.left_out.empty()) columns.push_back(column);
  std::vector<size_t> places;
  for (size_t j = 0; j < columns.size(); ++j)
    if (!data.select.empty() || !is_left_out(columns[j], table.rows())) places.push_back(j);
  const std::vector<size_t> constant =
      data.select.empty() ? Values(table).constant_among(places) : std::vector<size_t>();
  for (size_t j = 0; j < columns.size(); ++j) {
    const auto is_in = [&](const std::vector<size_t>& some) {
      return std::find(some.begin(), some.end(), j) != some.end();
    };
    if (!is_in(places))
      choice.left_out.push_back({columns[j], fmt::format("lacks {} of {} values", columns[j].missing, table.rows())});
    else if (is_in(constant)) choice.left_out.push_back({columns[j], "does not vary"});
    else choice.used.push_back(columns[j]);
  }
  return choice;
}

std::string select_of(const DataConfig& data, const std::vector<LeftOut>& left_out) {
  std::vector<std::string> names;
  for (const LeftOut& one : left_out) names.push_back(as_selected(one.column.name));
  for (const std::string& column : {data.labels, data.groups, data.time})
    if (!column.empty()) names.push_back(as_selected(column));
  return "!" + join(names);
}

std::string dataset_section(const DataConfig& data, const Choice& choice) {
  const std::vector<LeftOut>& left_out = choice.left_out;
  const bool is_masked =
      std::any_of(choice.used.begin(), choice.used.end(), [](const TableColumn& column) { return column.missing > 0; });
  const auto path_of = [](const std::string& path) { return in_toml(fs::absolute(path).lexically_normal().string()); };
  std::string text = fmt::format("[dataset]\npath = {}\n", path_of(data.path));
  for (const auto& [key, path] : {std::pair("test_path", data.test_path), {"valid_path", data.valid_path}})
    if (!path.empty()) text += fmt::format("{} = {}\n", key, path_of(path));
  text += fmt::format("format = {}\n", in_toml(data.format));
  for (const auto& [column, reason] : left_out) text += fmt::format("# {} {}\n", in_comment(column.name), reason);
  if (!data.select.empty()) text += fmt::format("select = {}\n", in_toml(data.select));
  else if (!left_out.empty()) text += fmt::format("select = {}\n", in_toml(select_of(data, left_out)));
  if (!data.labels.empty()) text += fmt::format("labels = {}\n", in_toml(data.labels));
  text += split_settings(data);
  if (!data.missing_values.empty()) text += fmt::format("missing_values = {}\n", to_string(Value(data.missing_values)));
  text += "observe = \"columns\"    # each column as the likelihood that scores it takes it\n";
  if (is_masked)
    text += "missing = \"mask\"       # missing values are not scored; \"drop\" leaves rows that have some out\n";
  return text + "standardize = true     # columns of measurements: mean 0, standard deviation 1\n";
}

/// What the template says, as TOML.
std::string given(const experiment::Table& table, const std::string& key) {
  const experiment::Node* node = table.find(key);
  const auto* text = node ? std::get_if<std::string>(&node->value) : nullptr;
  if (!text) throw Error("templates/experiment/table.toml: has no text '" + key + "'");
  return *text;
}

std::string likelihood_section(const std::vector<TableColumn>& columns, const experiment::Table& begin) {
  const auto& likelihoods = std::get<experiment::Table>(begin.find("columns")->value);
  std::string text =
      fmt::format("[likelihood]\nplugin = {}   # log p(x) is the sum over the columns\n\n[likelihood.columns]\n",
                  given(begin, "likelihood"));
  for (const TableColumn& column : columns) {
    const auto [use, reason] = use_of(column);
    text += fmt::format("{} = {}   # {}\n", in_toml(column.name), given(likelihoods, use), in_comment(reason));
  }
  return text;
}

}  // namespace

ColumnUse use_of(const TableColumn& column) {
  if (column.kind == "flag") return {"flag", fmt::format("{} or {}", column.levels.at(0), column.levels.at(1))};
  if (column.kind == "category")
    return {"category", fmt::format("{} categories: {}", column.levels.size(), some_levels(column))};
  if (column.kind != "number") return {"measurement", column.unit};
  const bool is_whole = column.is_whole && column.low >= 0;
  if (is_whole && column.high <= 1) return {"flag", "0 and 1"};
  if (is_whole && column.distinct <= few_levels && column.high < 2 * few_levels)
    return {"category", fmt::format("{} whole numbers, {}", column.distinct, range_of(column))};
  if (is_whole && column.high <= most_discrete) return {"levels", fmt::format("whole numbers, {}", range_of(column))};
  if (is_whole) return {"count", fmt::format("whole numbers, {}", range_of(column))};
  return {"measurement", fmt::format("numbers, {}{}", range_of(column), column.unit.empty() ? "" : ", " + column.unit)};
}

std::string split_settings(const DataConfig& data) {
  std::string text;
  for (const auto& [key, value] : {std::pair("groups", data.groups),
                                   {"stratify", data.stratify},
                                   {"time", data.time},
                                   {"duplicates", data.duplicates == "keep" ? std::string() : data.duplicates}})
    if (!value.empty()) text += fmt::format("{} = {}\n", key, in_toml(value));
  return text;
}

std::string starting_experiment(const DataConfig& data, const formats::Array& table) {
  const Choice choice = choice_of(data, table);
  const std::vector<TableColumn>& columns = choice.used;
  if (columns.empty())
    throw UserError(data.path + ": has no column that varies; expected at least one; name columns by --select");
  const auto latents = std::clamp<int64_t>(static_cast<int64_t>(columns.size()) / 2, 1, 10);
  const int64_t batch = std::clamp<int64_t>(table.rows() / 20, 10, 100);
  const std::string name = fs::path(data.path).stem().string();
  std::string text = "# An experiment to start from, as `elbo data info` suggests it: change what you know better.\n";
  for (const TableColumn& column : table.table)
    if (!column.left_out.empty())
      text += fmt::format("# column {} is left out: {}\n", in_comment(column.name), in_comment(column.left_out));
  text += fmt::format(
      "name = {}\nseeds = [1, 2, 3]      # differences between seeds say how sure a result is\nlatent_dim = {}\n",
      in_toml(name), latents);
  const fs::path file = template_folder() / "experiment/table.toml";
  const experiment::Table begin = experiment::parse(read_file(file), file.string());
  for (const char* part : {"encoder", "decoder", "prior"}) text += fmt::format("{} = {}\n", part, given(begin, part));
  text += "\n" + dataset_section(data, choice) + "\n" + likelihood_section(columns, begin) + "\n";
  return text + fmt::format("[train]\nmax_epochs = 100\nbatch_size = {}\ntest_every = 10\n", batch);
}

}  // namespace elbo::host::observation
