#include "report/measured_notes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "base/json.hpp"
#include "base/text.hpp"
#include "log/evaluation_file.hpp"

namespace elbo::host::report {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr size_t most_pairs = 5, most_columns = 3;
constexpr double unnoticed = 0.005;  // nats that two decimals do not show

/// One metric of the file beside the run's log; null where there is none.
Json measured_of(const RunOutcome& run, const std::string& metric) {
  const fs::path file = run.log.parent_path() / log::evaluation_file;
  std::error_code error;
  if (run.log.empty() || !fs::exists(file, error)) return {};
  try {
    for (Json& one : log::read_evaluation(file))
      if (one.at("metric") == metric) return one;
  } catch (const std::exception&) {
    return {};  // whoever shows this run says that its file is damaged
  }
  return {};
}

std::optional<double> number_in(const Json& metric, const std::string& name) {
  for (const Json& one : metric.at("values"))
    if (one.at("name") == name && one.at("value").is_number()) return one.at("value").get<double>();
  return {};
}

/// Means over the seeds of a variant, in the order of the table.
using ColumnMeans = std::vector<std::pair<std::string, double>>;

/// Nothing unless each run says it, of the same columns.
std::optional<ColumnMeans> columns_of_row(const VariantRow& row) {
  ColumnMeans means;
  for (const RunOutcome& run : row.runs) {
    const Json rows = member_or(measured_of(run, "columns"), "rows", Json::object());
    const auto names = member_or(member_or(rows, "column", Json()), "values", std::vector<std::string>());
    const auto values =
        member_or(member_or(rows, metrics::reconstruction.name, Json()), "values", std::vector<double>());
    if (means.empty())
      for (const std::string& name : names) means.emplace_back(name, 0);
    if (means.empty() || means.size() != names.size() || values.size() != names.size()) return {};
    for (size_t j = 0; j < means.size(); ++j) {
      if (means[j].first != names[j]) return {};
      means[j].second += values[j] / static_cast<double>(row.runs.size());
    }
  }
  return means.empty() ? std::nullopt : std::optional(means);
}

/// "0.15 in fare, 0.03 in age and -0.01 in the 4 others"
std::string columns_in_words(ColumnMeans differences) {
  std::stable_sort(differences.begin(), differences.end(),
                   [](const auto& a, const auto& b) { return std::abs(a.second) > std::abs(b.second); });
  std::vector<std::string> parts;
  double rest = 0;
  for (size_t j = 0; j < differences.size(); ++j) {
    const auto& [name, nats] = differences[j];
    if (j < most_columns && (j == 0 || std::abs(nats) >= unnoticed))
      parts.push_back(fmt::format("{:.2f} in {}", nats, name));
    else rest += nats;
  }
  if (const size_t others = differences.size() - parts.size(); others > 0)
    parts.push_back(fmt::format("{:.2f} in {}", rest,
                                others == 1 ? differences.back().first : fmt::format("the {} others", others)));
  return join(parts);
}

std::string gain_sentence(const VariantRow& a, const ColumnMeans& of_a, const VariantRow& b, const ColumnMeans& of_b) {
  ColumnMeans differences;
  double sum = 0;
  for (size_t j = 0; j < of_a.size(); ++j) {
    differences.emplace_back(of_a[j].first, of_a[j].second - of_b[j].second);
    sum += differences.back().second;
  }
  if (sum < 0)
    for (auto& [name, nats] : differences) nats = -nats;  // parts of what is lost
  std::string text =
      fmt::format("{} {} {:.2f} nat of E_q log p(x|z) {} {}, of which {}", a.variant, sum < 0 ? "loses" : "gains",
                  std::abs(sum), sum < 0 ? "against" : "over", b.variant, columns_in_words(std::move(differences)));
  const auto kl = a.find(metrics::kl), other_kl = b.find(metrics::kl);
  if (kl && other_kl)
    text += fmt::format("; its KL, which belongs to all columns together, is {:.2f} nat {}",
                        std::abs(kl->mean - other_kl->mean), kl->mean < other_kl->mean ? "lower" : "higher");
  return text;
}

/// What a variant's runs say of hidden values, as means over seeds, and which values these were.
struct Hidden {
  std::string which, words;  // of the measure: to compare, to read
  std::map<std::string, double> means{};
};

constexpr const char* hidden_numbers[] = {"log_p", "nrmse", "accuracy", "coverage"};

std::optional<Hidden> hidden_of_row(const VariantRow& row) {
  std::optional<Hidden> hidden;
  for (const RunOutcome& run : row.runs) {
    const Json measured = measured_of(run, "held_out");
    if (measured.is_null()) return {};
    const Json key = member_or(measured, "measure_key", Json::object());
    const std::string observed = member_or(key, "observed", ""), data = member_or(key, "data", ""),
                      base = member_or(key, "base", "");
    if (!hidden) hidden = Hidden{.which = fmt::format("{} {} {}", data, base, observed), .words = observed};
    if (hidden->which != fmt::format("{} {} {}", data, base, observed)) return {};
    for (const char* name : hidden_numbers)
      if (const auto value = number_in(measured, name))
        hidden->means[name] += *value / static_cast<double>(row.runs.size());
  }
  return hidden;
}

/// "log p of a value [nat] a -0.61, b -0.65; NRMSE a 0.61, b 0.64"
std::string hidden_in_words(const std::vector<std::pair<std::string, Hidden>>& all) {
  const std::pair<const char*, const char*> headings[] = {{"log_p", "log p of a value [nat]"},
                                                          {"nrmse", "NRMSE of numbers"},
                                                          {"accuracy", "accuracy of names"},
                                                          {"coverage", "coverage of the 90 % interval"}};
  std::vector<std::string> parts;
  for (const auto& [name, heading] : headings) {
    std::vector<std::string> each;
    for (const auto& [variant, hidden] : all)
      if (hidden.means.contains(name)) each.push_back(fmt::format("{} {:.3f}", variant, hidden.means.at(name)));
    if (!each.empty()) parts.push_back(fmt::format("{}: {}", heading, join(each)));
  }
  return join(parts, "; ");
}

}  // namespace

std::vector<std::string> column_notes(const Ranking& ranking) {
  std::vector<std::string> notes;
  const VariantRow& first = ranking.rows[0];
  const auto of_first = ranking.rows.size() > 1 ? columns_of_row(first) : std::nullopt;
  if (!of_first || !first.conversion.empty()) return notes;
  for (size_t r = 1; r < ranking.rows.size() && notes.size() < most_pairs; ++r) {
    const VariantRow& other = ranking.rows[r];
    const auto of_other = other.conversion.empty() ? columns_of_row(other) : std::nullopt;
    if (of_other && of_other->size() == of_first->size())
      notes.push_back(gain_sentence(first, *of_first, other, *of_other));
  }
  return notes;
}

std::vector<std::string> hidden_value_notes(const Ranking& ranking) {
  std::vector<std::pair<std::string, std::vector<std::pair<std::string, Hidden>>>> masks;  // by which values are hidden
  for (const VariantRow& row : ranking.rows) {
    auto hidden = hidden_of_row(row);
    if (!hidden) continue;
    auto known = std::find_if(masks.begin(), masks.end(), [&](const auto& one) { return one.first == hidden->which; });
    if (known == masks.end()) known = masks.insert(masks.end(), {hidden->which, {}});
    known->second.emplace_back(row.variant, *std::move(hidden));
  }
  std::vector<std::string> notes;
  for (const auto& [which, variants] : masks)
    notes.push_back(fmt::format("hidden values ({}): {}", variants.front().second.words, hidden_in_words(variants)));
  if (masks.size() > 1)
    notes.push_back(
        "R1: where other values were hidden, the numbers of hidden values are of other data and cannot be compared");
  return notes;
}

}  // namespace elbo::host::report
