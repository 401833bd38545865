#include "report/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "report/table.hpp"

namespace elbo::report {
namespace {

struct Shown {
  const char *value, *name, *unit;
  int decimals;
};

constexpr Shown likelihood_columns[] = {{"elbo", "elbo", "nat", 2},
                                        {"reconstruction", "reconstruction", "nat", 2},
                                        {"kl", "kl", "nat", 2},
                                        {"log_px", "log p(x)", "nat", 2},
                                        {"exact_log_px", "exact log p(x)", "nat", 2},
                                        {"bits_per_dim", "bits/dim", "bit", 4},
                                        {"epochs", "epochs", "", 0},
                                        {"seconds", "time", "s", 1}};
constexpr Shown autoencoder_columns[] = {
    {"reconstruction", "reconstruction", "nat", 2}, {"epochs", "epochs", "", 0}, {"seconds", "time", "s", 1}};

using Rows = std::vector<VariantRow>;

bool any_has(const Rows& rows, const std::string& value) {
  return std::any_of(rows.begin(), rows.end(),
                     [&](const VariantRow& row) { return row.find(value).has_value(); });
}

bool all_have(const Rows& rows, const std::string& value) {
  return std::all_of(rows.begin(), rows.end(),
                     [&](const VariantRow& row) { return row.find(value).has_value(); });
}

std::string cell(const std::optional<Estimate>& estimate, int decimals) {
  if (!estimate || std::isnan(estimate->mean)) return "-";
  const std::string mean = fmt::format("{:.{}f}", estimate->mean, decimals);
  return std::isnan(estimate->sd) ? mean : mean + fmt::format(" ± {:.{}f}", estimate->sd, decimals);
}

/// K of the importance-weighted bound; 0 when the rows differ in it.
int64_t common_samples(const Rows& rows) {
  int64_t common = 0;
  for (const VariantRow& row : rows) {
    const auto samples = row.find("log_px_samples");
    if (!samples) continue;
    const auto k = static_cast<int64_t>(samples->mean);
    if (common != 0 && common != k) return 0;
    common = k;
  }
  return common;
}

std::string table_of(const Rows& rows, std::span<const Shown> shown, size_t width) {
  std::vector<Column> columns = {{"variant", "", true}};
  std::vector<Row> cells;
  for (const VariantRow& row : rows) cells.push_back({row.variant});
  const auto add = [&](const Column& column, const std::string& value, int decimals) {
    columns.push_back(column);
    for (size_t r = 0; r < rows.size(); ++r) cells[r].push_back(cell(rows[r].find(value), decimals));
  };
  for (const Shown& s : shown) {
    if (!any_has(rows, s.value)) continue;
    const bool weighted = std::string_view(s.value) == "log_px" && any_has(rows, "log_px_samples");
    const int64_t samples = weighted ? common_samples(rows) : 0;
    add({s.name, samples > 0 ? fmt::format("{}, IW {}", s.unit, samples) : s.unit}, s.value, s.decimals);
    if (weighted && samples == 0) add({"IW samples", ""}, "log_px_samples", 0);
  }
  return format_table(columns, cells, width);
}

/// Best first by the tightest bound that all of them have.
std::string sort_best_first(Rows& rows) {
  const std::string by = all_have(rows, "log_px") ? "log_px" : "elbo";
  const auto score = [&](const VariantRow& row) {
    const auto value = row.find(by);
    return value && !std::isnan(value->mean) ? value->mean : -std::numeric_limits<double>::infinity();
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const VariantRow& a, const VariantRow& b) { return score(a) > score(b); });
  return by == "log_px" ? "log p(x)" : "elbo";
}

std::string measure_section(Rows rows, size_t width) {
  const std::string by = sort_best_first(rows);
  std::string text = rows[0].measure.empty() ? "" : "measure: " + rows[0].measure + "\n";
  text += fmt::format("test data, best {} first", by);
  const auto most = std::max_element(rows.begin(), rows.end(),
                                     [](const auto& a, const auto& b) { return a.seeds < b.seeds; });
  if (most->seeds > 1) text += fmt::format("; mean ± standard deviation over {} seeds", most->seeds);
  return text + "\n\n" + table_of(rows, likelihood_columns, width);
}

std::vector<Rows> by_measure(const Rows& rows) {
  std::vector<Rows> groups;
  for (const VariantRow& row : rows) {
    auto same = std::find_if(groups.begin(), groups.end(),
                             [&](const Rows& group) { return group[0].measure == row.measure; });
    if (same == groups.end()) same = groups.insert(groups.end(), Rows());
    same->push_back(row);
  }
  return groups;
}

std::string unfinished_section(const std::vector<RunOutcome>& runs) {
  std::string text;
  for (const RunOutcome& run : runs) {
    if (run.summary) continue;
    const std::string what = run.failure.empty() ? "not finished" : "failed: " + run.failure;
    text += fmt::format("{}, seed {}: {}\n", run.variant, run.seed, what);
  }
  return text;
}

std::string exact_section(const std::vector<RunOutcome>& runs, const Rows& bounds) {
  std::string text;
  for (const std::string& sentence : bounds_above_exact(runs)) text += "WRONG: " + sentence + "\n";
  if (!text.empty() || bounds.empty() || !all_have(bounds, "log_px_minus_exact_se")) return text;
  return "No bound lies above the exact log p(x) by more than three standard errors.\n";
}

}  // namespace

std::string comparison_text(const std::vector<RunOutcome>& runs, size_t width) {
  Rows bounds, autoencoders;
  for (VariantRow& row : rows_of(runs)) (row.is_bound ? bounds : autoencoders).push_back(std::move(row));
  std::vector<std::string> sections;
  const auto groups = by_measure(bounds);
  for (const Rows& group : groups) sections.push_back(measure_section(group, width));
  if (groups.size() > 1)
    sections.push_back("Numbers of different measures cannot be compared: each table stands for itself.\n");
  if (!autoencoders.empty())
    sections.push_back("not a bound: excluded from the likelihood table\n\n" +
                       table_of(autoencoders, autoencoder_columns, width));
  sections.push_back(exact_section(runs, bounds));
  sections.push_back(unfinished_section(runs));
  std::erase(sections, "");
  return fmt::format("{}", fmt::join(sections, "\n"));
}

std::vector<std::string> bounds_above_exact(const std::vector<RunOutcome>& runs) {
  std::vector<std::string> sentences;
  for (const RunOutcome& run : runs) {
    if (!run.summary) continue;
    const auto& values = run.summary->values;
    const auto exact = values.find("exact_log_px"), error = values.find("log_px_minus_exact_se");
    if (exact == values.end() || error == values.end()) continue;
    for (const auto& [value, name] : {std::pair{"elbo", "elbo"}, std::pair{"log_px", "log p(x)"}}) {
      const auto bound = values.find(value);
      if (bound == values.end() || !(bound->second - exact->second > 3 * error->second)) continue;
      sentences.push_back(fmt::format(
          "{}, seed {}: {} {:.3f} nat lies above the exact log p(x) {:.3f} nat by {:.3f}, more than three "
          "standard errors of {:.3f}; no bound can, so an estimate is wrong",
          run.variant, run.seed, name, bound->second, exact->second, bound->second - exact->second,
          error->second));
    }
  }
  return sentences;
}

}  // namespace elbo::report
