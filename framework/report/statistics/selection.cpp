#include "report/statistics/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>

#include "base/text.hpp"
#include "metrics/metrics.hpp"
#include "report/results/variant_row.hpp"
#include "report/statistics/seed_noise.hpp"

namespace elbo::host::report {
namespace {

using Point = const VariantRow*;
constexpr size_t seeds_for_a_setting = 3;
constexpr const Metric& validation_score = metrics::valid_elbo;
constexpr size_t most_runs_read = 500;  // numbers of each data point of so many runs fit in memory

bool is_trial(const VariantRow& row) { return row.runs.front().sweep.is_search(); }

bool has_validation_score(const VariantRow& row) {
  const auto score = row.find(validation_score);
  return score && std::isfinite(score->mean);
}

/// Of a search by halving, those that have come to the highest rung: others were trained for less.
void keep_last_rung(std::vector<Point>& points) {
  const auto epochs = [](const Point point) { return point->runs.front().sweep.epochs; };
  const bool is_halved = std::any_of(points.begin(), points.end(),
                                     [](const Point point) { return !point->runs.front().sweep.rungs.empty(); });
  if (!is_halved) return;
  int64_t most = 0;
  for (const Point point : points) most = std::max(most, epochs(point));
  std::erase_if(points, [&](const Point point) { return epochs(point) < most; });
}

std::vector<std::pair<std::string, std::vector<Point>>> sweeps_of(const std::vector<VariantRow>& rows) {
  std::vector<std::pair<std::string, std::vector<Point>>> sweeps;
  for (const VariantRow& row : rows) {
    const std::string& sweep = row.runs.front().sweep.name;
    if (sweep.empty() || !row.ranked || (is_trial(row) && !has_validation_score(row))) continue;
    auto same = std::find_if(sweeps.begin(), sweeps.end(), [&](const auto& one) { return one.first == sweep; });
    if (same == sweeps.end()) same = sweeps.insert(sweeps.end(), {sweep, {}});
    same->second.push_back(&row);
  }
  for (auto& [name, points] : sweeps) keep_last_rung(points);
  std::erase_if(sweeps, [](const auto& one) { return one.second.size() < 2 && !is_trial(*one.second.front()); });
  return sweeps;
}

/// Points of the row's sweep that its plan has and that are not among the runs that are compared. `here`: those in its ranking.
size_t points_not_named(const VariantRow& row, size_t here) {
  size_t planned = 0;
  for (const RunOutcome& run : row.runs) planned = std::max(planned, run.sweep.points);
  const size_t named = std::max(here, row.points_named);
  return planned > named ? planned - named : 0;
}

std::vector<int64_t> seeds_of(const VariantRow& row) {
  std::vector<int64_t> seeds;
  for (const RunOutcome& run : row.runs) seeds.push_back(run.seed);
  std::sort(seeds.begin(), seeds.end());
  return seeds;
}

/// That all points have; nothing where they share none.
std::vector<int64_t> shared_seeds(const std::vector<Point>& points) {
  std::vector<int64_t> shared = seeds_of(*points.front());
  for (const Point point : points) shared = common_seeds(shared, seeds_of(*point));
  return shared;
}

bool is_among(int64_t seed, const std::vector<int64_t>& seeds) {
  return std::binary_search(seeds.begin(), seeds.end(), seed);
}

/// Of the runs with these seeds, or with none of them; empty unless each has the value.
std::vector<double> run_values(const VariantRow& row, const std::string& value, const std::vector<int64_t>& seeds,
                               bool with_them = true) {
  std::vector<double> values;
  for (const RunOutcome& run : row.runs) {
    if (is_among(run.seed, seeds) != with_them) continue;
    const auto found = run.value(value);
    if (!found || !std::isfinite(*found)) return {};
    values.push_back(*found);
  }
  return values;
}

/// Of each point, over the seeds that choose; NaN where one has no number.
std::vector<double> scores_of(const std::vector<Point>& points, const std::string& value,
                              const std::vector<int64_t>& seeds) {
  std::vector<double> scores;
  for (const Point point : points)
    scores.push_back(mean(run_values(*point, value, seeds.empty() ? seeds_of(*point) : seeds)));
  return scores;
}

/// Variance of a point's mean over its seeds that is due to the seeds, without what a seed does to all points alike; nothing where they
/// do not share two.
std::optional<double> seed_variance(const std::vector<Point>& points, const std::string& value,
                                    const std::vector<int64_t>& seeds) {
  if (seeds.size() < 2) return {};
  std::vector<std::vector<double>> by_seed;
  for (const Point point : points) {
    by_seed.emplace_back();
    for (const int64_t seed : seeds) {
      const auto values = run_values(*point, value, {seed});
      if (values.empty()) return {};
      by_seed.back().push_back(values[0]);
    }
  }
  return mean(seed_noise(by_seed).mean_squares) / static_cast<double>(seeds.size());
}

/// Numbers of each test data point, averaged over the seeds; empty when some run lacks them.
std::vector<double> of_each_datum(const VariantRow& row, const std::string& value) {
  std::vector<double> sum;
  for (const RunOutcome& run : row.runs) {
    const auto column = run.per_example.find(value);
    if (column == run.per_example.end()) return {};
    const auto values = column->second();
    if (sum.empty()) sum.resize(values.size());
    sum.resize(std::min(sum.size(), values.size()));
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += values[i] / static_cast<double>(row.runs.size());
  }
  return sum;
}

/// Variance of a point's mean that is due to the choice of the test data, less what all points share: what is easy for one is easy for all.
std::optional<double> data_variance(const std::vector<Point>& points, const std::string& value) {
  const auto n = static_cast<double>(points.size());
  std::vector<std::vector<double>> columns;
  for (const Point point : points) columns.push_back(of_each_datum(*point, value));
  size_t rows = columns[0].size();
  for (const auto& column : columns) rows = std::min(rows, column.size());
  std::vector<std::vector<double>> own(points.size());
  for (size_t i = 0; i < rows; ++i) {
    double shared = 0;
    for (const auto& column : columns) shared += column[i] / n;
    if (!std::isfinite(shared)) continue;
    for (size_t p = 0; p < columns.size(); ++p) own[p].push_back(columns[p][i] - shared);
  }
  if (own[0].size() < 2) return {};
  double sum = 0;
  for (const auto& differences : own) sum += sample_variance(differences) / static_cast<double>(differences.size());
  return sum / n * n / (n - 1);  // the mean of the points was taken off
}

bool are_finite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

/// By how much the number of the chosen point is too high, and what is left of it.
void add_optimism(Selection& s, const std::vector<Point>& points, const std::vector<double>& scores,
                  const std::vector<int64_t>& seeds, const std::string& value) {
  const auto of_seeds = seed_variance(points, value, seeds);
  const bool fits = points.front()->seeds * points.size() <= most_runs_read;
  const auto of_data = s.by_validation ? std::optional(0.0) : fits ? data_variance(points, value) : std::nullopt;
  if (!of_data || !are_finite(scores) || points.size() < 2) return;
  const double noise = *of_data + of_seeds.value_or(0), all = std::max(sample_variance(scores), noise);
  s.of_checkpoints = optimism(*of_data, all, s.points);
  if (!of_seeds) return;
  s.of_setting = optimism(noise, all, s.points);
  s.corrected = s.reported - (all > 0 ? noise / all * (s.score - mean(scores)) : 0);
}

Selection selection_of(const std::string& sweep, const std::vector<Point>& points, const std::string& value) {
  Selection s{.sweep = sweep, .is_search = is_trial(*points.front()), .points = points.size(), .here = points.size()};
  for (const Point point : points)
    s.points = std::max(s.points, s.is_search ? point->runs.front().sweep.points
                                              : points.size() + points_not_named(*point, points.size()));
  s.mean_of_maximum = mean_of_maximum(s.points);
  const auto seeds = shared_seeds(points);
  std::vector<double> scores = scores_of(points, validation_score, seeds);
  s.by_validation = are_finite(scores);
  if (!s.by_validation) scores = scores_of(points, value, seeds);
  size_t best = 0;
  for (size_t p = 1; p < points.size(); ++p)
    if (scores[p] > scores[best] || std::isnan(scores[best])) best = p;
  s.chosen = points[best]->variant;
  s.score = scores[best];
  s.reported = scores_of({points[best]}, value, seeds)[0];
  add_optimism(s, points, scores, seeds, value);
  const auto fresh = seeds.empty() ? std::vector<double>() : run_values(*points[best], value, seeds, false);
  s.fresh_seeds = fresh.size();
  if (!fresh.empty()) s.fresh = over_images(fresh);
  return s;
}

/// Of seeds that took no part in the choice.
std::string fresh_text(const Selection& s) {
  std::string text = fmt::format("; over {} that took no part in the choice: {:.2f} nat",
                                 s.fresh_seeds == 1 ? "1 seed" : fmt::format("{} seeds", s.fresh_seeds), s.fresh->mean);
  if (s.fresh_seeds < seeds_for_a_setting) return text + ", and 3 or more say something of the setting";
  return text + fmt::format(" (95 % {:.2f} to {:.2f} over seeds), the number to publish of this setting",
                            s.fresh->interval.low, s.fresh->interval.high);
}

}  // namespace

std::vector<Selection> selections(const std::vector<VariantRow>& rows, const std::string& value) {
  std::vector<Selection> all;
  for (const auto& [sweep, points] : sweeps_of(rows)) all.push_back(selection_of(sweep, points, value));
  return all;
}

std::string sentence(const Selection& s, const std::string& value, bool is_bound) {
  const std::string log_px = is_bound ? "lower bound on log p(x)" : "log p(x)",
                    name = value == metrics::log_px.name ? log_px : metrics::elbo.heading();
  std::string text =
      fmt::format("{} over {}, n = {} {}{}: ", s.is_search ? "search" : "sweep", s.sweep, s.points,
                  s.is_search ? "trials" : "points",
                  s.here == s.points
                      ? ""
                      : fmt::format(" ({} of them {})", s.here, s.is_search ? "trained to the end" : "in this table"));
  if (s.by_validation)
    text += fmt::format("validation data choose {} (elbo {:.2f} nat on them), whose {} on the test data is {:.2f} nat",
                        s.chosen, s.score, name, s.reported);
  else
    text += fmt::format("without validation data, {} was chosen by the test data that its {} of {:.2f} nat is of",
                        s.chosen, name, s.reported);
  if (!s.by_validation && s.of_checkpoints)
    text += fmt::format("; for other test data expect {:.3f} nat less", *s.of_checkpoints);
  if (s.of_setting)
    text += fmt::format("{} for other seeds of the setting {:.3f} nat less", s.by_validation ? "; expect" : ",",
                        *s.of_setting);
  else text += "; one seed does not tell how much less to expect with another one";
  text += fmt::format(" (m_n = {:.3f}: the mean of the largest of n standard normal numbers)", s.mean_of_maximum);
  if (s.fresh) text += fresh_text(s);
  else if (s.corrected)
    text += fmt::format(
        "; corrected for the choice among n, the setting reaches {:.2f} nat; 3 or more seeds of {} "
        "that the other points do not have would show it",
        *s.corrected, s.chosen);
  return s.by_validation ? text : text + "; set dataset.valid to choose by data that are not reported";
}

std::vector<std::string> sweep_notes(const std::vector<VariantRow>& rows) {
  struct Choice {  // of a sweep, or a variant by itself
    std::string name;
    std::vector<Point> here;
    size_t points() const { return here.size() + points_not_named(*here.front(), here.size()); }
  };
  std::vector<Choice> all;
  for (const VariantRow& row : rows) {
    if (!row.ranked) continue;
    const std::string& sweep = row.runs.front().sweep.name;
    const std::string name =
        sweep.empty() ? row.variant : fmt::format("the {} over {}", is_trial(row) ? "search" : "sweep", sweep);
    const auto same = std::find_if(all.begin(), all.end(), [&](const Choice& one) { return one.name == name; });
    if (same == all.end()) all.push_back({name, {&row}});
    else same->here.push_back(&row);
  }
  const auto [fewest, most] = std::minmax_element(
      all.begin(), all.end(), [](const Choice& a, const Choice& b) { return a.points() < b.points(); });
  if (all.empty() || fewest->points() == most->points()) return {};
  return {
      fmt::format("the best of many points is higher by chance than the best of few: {} has {} of them, {} has {}; "
                  "give each the same number",
                  most->name, most->points(), fewest->name, fewest->points())};
}

std::vector<std::string> chosen_points(const std::vector<VariantRow>& rows) {
  std::vector<std::string> sentences;
  for (const VariantRow& row : rows) {
    std::string& sentence = sentences.emplace_back();
    const std::string& sweep = row.runs.front().sweep.name;
    if (sweep.empty() || row.find(validation_score)) continue;
    const auto here = static_cast<size_t>(std::count_if(
        rows.begin(), rows.end(), [&](const VariantRow& other) { return other.runs.front().sweep.name == sweep; }));
    const size_t named = std::max(here, row.points_named), others = points_not_named(row, here);
    if (named > 1 && others == 0) continue;
    sentence = named == 1 ? row.variant +
                                " is the only point of its sweep here, and may have been chosen by these test "
                                "data; "
                          : fmt::format(
                                "{} is one of {} points of its sweep here, which has {}, and may have been "
                                "chosen by these test data; ",
                                row.variant, named, named + others);
    sentence += "name the other points too, or set dataset.valid";
  }
  return sentences;
}

void count_points(const std::vector<RunOutcome>& runs, std::vector<VariantRow>& rows) {
  std::map<std::string, std::set<std::string>> points;  // variants of each sweep
  for (const RunOutcome& run : runs) points[run.sweep.name].insert(run.variant);
  for (VariantRow& row : rows) {
    const std::string& sweep = row.runs.front().sweep.name;
    row.points_named = sweep.empty() ? 0 : points[sweep].size();
  }
}

double optimism(double noise, double all, size_t n) {
  return all > 0 ? noise / std::sqrt(all) * mean_of_maximum(n) : 0;
}

double mean_of_maximum(size_t n) {
  if (n < 2) return 0;
  const auto density = [](double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi); };
  const auto below = [](double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; };
  constexpr double reach = 12, step = 0.01;
  double sum = 0;
  for (double x = -reach; x <= reach; x += step) sum += x * density(x) * std::pow(below(x), static_cast<double>(n - 1));
  return sum * step * static_cast<double>(n);
}

}  // namespace elbo::host::report
