#include "report/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "metrics/rung.hpp"
#include "metrics/summary.hpp"
#include "report/remarks.hpp"

namespace elbo::host::report {
namespace {

using Rows = std::vector<VariantRow>;

constexpr const char* in_part = "in part";

bool any_has(const Rows& rows, const std::string& value) {
  return std::any_of(rows.begin(), rows.end(), [&](const VariantRow& row) { return row.find(value).has_value(); });
}

/// The value of all rows that have it, as K of the importance-weighted bound; 0 when they differ in it.
int64_t common_value(const Rows& rows, const std::string& name) {
  int64_t common = 0;
  for (const VariantRow& row : rows) {
    const auto value = row.find(name);
    if (!value) continue;
    const auto n = static_cast<int64_t>(value->mean);
    if (common != 0 && common != n) return 0;
    common = n;
  }
  return common;
}

/// "of 1000" where log p(x) is of fewer data than the elbo; "in part" where not of equally many.
std::string part_of_data(const Rows& rows) {
  if (!any_has(rows, metrics::elbo_of_same_data)) return "";
  const int64_t images = common_value(rows, metrics::log_px_images);
  return images > 0 ? fmt::format("of {}", images) : in_part;
}

std::string with(const std::string& unit, const std::string& more) {
  if (more.empty()) return unit;
  return unit.empty() ? more : unit + ", " + more;
}

/// `more`: what is said beside the unit.
Shown shown(const Metric& metric, const std::string& more = "") {
  const std::string unit = metric.unit == std::string_view("1") ? "" : metric.unit;
  return {metric, metric.heading(), with(unit, more), metric.decimals, in_words(metric.better)};
}

std::vector<Shown> present(const Rows& rows, const std::vector<Shown>& all) {
  std::vector<Shown> shown;
  for (const Shown& column : all)
    if (any_has(rows, column.value)) shown.push_back(column);
  return shown;
}

std::string mark_of(Standing standing, bool of_bounds) {
  switch (standing) {
    case Standing::possible:
      return of_bounds ? "may be highest" : "may be best";
    case Standing::equivalent:
      return "equivalent";
    case Standing::identical:
      return "identical";
    case Standing::negligible:
      return "negligibly lower";
    default:
      return "";
  }
}

/// By where the others stand.
std::string mark_of_leader(const Ranking& ranking, const std::vector<Standing>& standings) {
  const auto any = [&](auto is) { return std::any_of(standings.begin(), standings.end(), is); };
  if (any([](Standing s) { return s == Standing::possible; })) return mark_of(Standing::possible, ranking.of_bounds);
  const bool alone = !any([&](Standing s) { return !mark_of(s, ranking.of_bounds).empty(); });
  const VariantRow& leader = ranking.rows[leader_of(ranking)];
  const bool of_method = std::all_of(ranking.pairs.begin(), ranking.pairs.end(),
                                     [&](const Pair& pair) { return !pair.has(leader.variant) || pair.of_methods(); });
  std::string mark =
      ranking.of_bounds ? (alone ? "highest bound" : "among the highest bounds") : (alone ? "best" : "among the best");
  return of_method ? mark : mark + (leader.seeds > 1 ? " (checkpoints)" : " (checkpoint)");
}

/// What is proved of each row; "" where nothing was compared with the leader.
std::vector<std::string> marks_of_standings(const Ranking& ranking) {
  const auto standings = standings_of(ranking);
  std::vector<std::string> marks;
  for (const Standing standing : standings) marks.push_back(mark_of(standing, ranking.of_bounds));
  const auto compared = std::count_if(standings.begin(), standings.end(),
                                      [](Standing s) { return s != Standing::leader && s != Standing::unranked; });
  if (compared > 0) marks[leader_of(ranking)] = mark_of_leader(ranking, standings);
  return marks;
}

}  // namespace

std::string caption_of(const Ranking& ranking) {
  std::string text = "test data, best ";
  if (ranking.value == metrics::elbo.name) text += "elbo first, a lower bound on log p(x)";
  else text += ranking.of_bounds ? "lower bound on log p(x) first" : "log p(x) first";
  const auto& rows = ranking.rows;
  if (const std::string part = part_of_data(rows); part == in_part) {
    text += fmt::format(
        "; columns marked \"{}\" are of as many drawn test data as the column \"on test data\" says, the others of all",
        part);
  } else if (!part.empty()) {
    const auto row = std::find_if(rows.begin(), rows.end(),
                                  [](const VariantRow& r) { return r.find(metrics::elbo_of_same_data).has_value(); });
    text += fmt::format("; columns marked \"{}\" are of so many drawn from the {} test data, the others of all", part,
                        test_data_of(row->runs[0]));
  }
  const auto fewer = [](const VariantRow& a, const VariantRow& b) { return a.seeds < b.seeds; };
  const size_t most = std::max_element(rows.begin(), rows.end(), fewer)->seeds,
               fewest = std::min_element(rows.begin(), rows.end(), fewer)->seeds;
  if (most > 1)
    text += fmt::format("; mean ± standard deviation over {}{} seeds", fewest == most ? "" : "up to ", most);
  return text;
}

std::vector<Shown> columns_of(const Ranking& ranking) {
  const Rows& rows = ranking.rows;
  const std::string part = part_of_data(rows);
  const auto ladders = std::count_if(rows.begin(), rows.end(), is_of_ladder);
  const bool by_ladder = ladders == std::count_if(rows.begin(), rows.end(), [](const VariantRow& row) {
                           return row.find(metrics::log_px).has_value();
                         });
  const int64_t samples =
                    ladders == 0 ? common_value(rows, metrics::log_px_samples) : 0,  // a ladder's differ by data point
      images = common_value(rows, metrics::log_px_images);
  const std::string bits_part = ranking.value == metrics::log_px.name ? part : "";
  const std::string times = why_times_differ(rows).empty() ? "" : "not comparable";
  std::vector<Shown> all;
  for (const SummaryMetric& one : summary_metrics()) {
    const Metric& metric = one.metric;
    const auto is = [&](const Metric& other) { return metric.name == std::string_view(other.name); };
    if (!metric.in_comparison || (is(metrics::log_px_samples) && samples > 0) ||
        (is(metrics::log_px_images) && images > 0))
      continue;
    if (is(metrics::log_px)) all.push_back(shown(metrics::elbo_of_same_data, part));
    Shown column = shown(metric, metric.basis == Basis::machine           ? times
                                 : metric.basis != Basis::first_test_data ? ""
                                 : is(metrics::bits_per_dim)              ? bits_part
                                                                          : part);
    if (is(metrics::log_px)) {
      column.name = name_of_log_px(rows);
      column.unit = with(by_ladder     ? with(metric.unit, ladder_name)
                         : ladders > 0 ? with(metric.unit, fmt::format("IW or {}", ladder_name))
                         : samples > 0 ? fmt::format("{}, IW {}", metric.unit, samples)
                                       : metric.unit,
                         part);
    }
    all.push_back(std::move(column));
  }
  return present(rows, all);
}

std::vector<Shown> columns_of_autoencoders(const Rows& rows) {
  const std::string times = why_times_differ(rows).empty() ? "" : "not comparable";
  return present(rows, {shown(metrics::reconstruction), shown(metrics::epochs), shown(metrics::train_seconds, times)});
}

std::vector<std::string> marks_of(const Ranking& ranking) {
  std::vector<std::string> marks = marks_of_standings(ranking);
  const auto add = [&](size_t row, const std::string& more) {
    if (!more.empty()) marks[row] += (marks[row].empty() ? "" : ", ") + more;
  };
  for (const Selection& s : ranking.selections)
    for (size_t r = 0; r < marks.size() && s.by_validation && !ranking.pairs.empty(); ++r)
      if (ranking.rows[r].variant == s.chosen) add(r, "chosen by validation data");
  for (size_t r = 0; r < marks.size(); ++r) add(r, latents_mark(ranking.rows[r]));
  const bool any = std::any_of(marks.begin(), marks.end(), [](const std::string& mark) { return !mark.empty(); });
  return any ? marks : std::vector<std::string>();
}

std::vector<std::string> seed_counts_of(const Rows& rows) {
  const bool plain = std::all_of(rows.begin(), rows.end(), [&](const VariantRow& row) {
    return row.absent.empty() && row.seeds == rows[0].seeds;
  });
  std::vector<std::string> seeds;
  if (plain) return seeds;
  for (const VariantRow& row : rows)
    seeds.push_back(row.absent.empty() ? std::to_string(row.seeds)
                                       : fmt::format("{} of {}", row.seeds, row.planned_seeds()));
  return seeds;
}

std::string cell_of(const VariantRow& row, const Shown& column) {
  const auto estimate = row.find(column.value);
  if (!estimate || std::isnan(estimate->mean)) return "-";
  const std::string mean = fmt::format("{:.{}f}", estimate->mean, column.decimals);
  const bool is_alone = std::isnan(estimate->sd) || (column.decimals == 0 && estimate->sd == 0);
  return is_alone ? mean : mean + fmt::format(" ± {:.{}f}", estimate->sd, column.decimals);
}

}  // namespace elbo::host::report
