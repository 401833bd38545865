#include "report/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "metrics/metrics.hpp"
#include "report/statistics.hpp"

namespace elbo::report {
namespace {

using Point = const VariantRow*;
constexpr const Metric& validation_score = metrics::valid_elbo;
constexpr size_t most_runs_read = 500;  // numbers of each datum of so many runs fit in memory

std::vector<std::pair<std::string, std::vector<Point>>> sweeps_of(const std::vector<VariantRow>& rows) {
  std::vector<std::pair<std::string, std::vector<Point>>> sweeps;
  for (const VariantRow& row : rows) {
    const std::string& sweep = row.runs.front().sweep;
    if (sweep.empty() || !row.ranked) continue;
    auto same = std::find_if(sweeps.begin(), sweeps.end(), [&](const auto& one) { return one.first == sweep; });
    if (same == sweeps.end()) same = sweeps.insert(sweeps.end(), {sweep, {}});
    same->second.push_back(&row);
  }
  std::erase_if(sweeps, [](const auto& one) { return one.second.size() < 2; });
  return sweeps;
}

std::vector<double> scores_of(const std::vector<Point>& points, const std::string& value) {
  std::vector<double> scores;
  for (const Point point : points)
    if (const auto score = point->find(value); score && std::isfinite(score->mean)) scores.push_back(score->mean);
  return scores;
}

/// Variance of a point's mean over its seeds that is due to the seeds; nothing where no point has two.
std::optional<double> seed_variance(const std::vector<Point>& points, const std::string& value) {
  std::vector<double> variances;
  for (const Point point : points)
    if (const auto score = point->find(value); score && std::isfinite(score->sd))
      variances.push_back(score->sd * score->sd / static_cast<double>(point->seeds));
  return variances.empty() ? std::nullopt : std::optional(mean(variances));
}

/// Numbers of each test datum, averaged over the seeds; empty when some run lacks them.
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

Selection selection_of(const std::string& sweep, const std::vector<Point>& points, const std::string& value) {
  Selection s{.sweep = sweep, .points = points.size(), .mean_of_maximum = mean_of_maximum(points.size())};
  s.by_validation = scores_of(points, validation_score).size() == points.size();
  const std::string score = s.by_validation ? std::string(validation_score) : value;
  const auto of = [&](Point point) {
    return point->find(score) && std::isfinite(point->find(score)->mean) ? point->find(score)->mean : -INFINITY;
  };
  const Point best = *std::max_element(points.begin(), points.end(), [&](Point a, Point b) { return of(a) < of(b); });
  s.chosen = best->variant;
  s.score = of(best);
  s.reported = best->find(value) ? best->find(value)->mean : NAN;
  const auto scores = scores_of(points, score);
  const auto of_seeds = seed_variance(points, value);
  const bool fits = points.front()->seeds * points.size() <= most_runs_read;
  const auto of_data = s.by_validation ? std::optional(0.0) : fits ? data_variance(points, value) : std::nullopt;
  if (!of_data || scores.size() < 2) return s;
  const double noise = *of_data + of_seeds.value_or(0);
  const double spread = std::sqrt(std::max(sample_variance(scores), noise));  // of true differences and noise together
  const double scale = spread > 0 ? s.mean_of_maximum / spread : 0;
  s.of_checkpoints = *of_data * scale;
  if (of_seeds) s.of_setting = noise * scale;
  return s;
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
  std::string text = fmt::format("sweep over {}, n = {} points: ", s.sweep, s.points);
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
  return s.by_validation ? text : text + "; set dataset.valid to choose by data that are not reported";
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

}  // namespace elbo::report
