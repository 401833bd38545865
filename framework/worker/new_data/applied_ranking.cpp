#include "worker/new_data/applied_ranking.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "log/layout.hpp"
#include "metrics/effective.hpp"
#include "metrics/metrics.hpp"
#include "metrics/pareto.hpp"
#include "metrics/rung.hpp"

namespace elbo::host::worker {
namespace {

constexpr Metric rank{.name = "rank", .long_name = "place among the scored rows by log p(x), from 1, lowest first"};
constexpr Metric test_below{.name = "test_below",
                            .long_name = "share of the run's own test data whose number is below this row's"};

}  // namespace

std::string ranked_by(const AppliedRows& rows) {
  for (const Metric& metric : {metrics::log_px, metrics::elbo})
    if (rows.column(metric)) return metric;
  return metrics::reconstruction;
}

std::vector<size_t> order_of(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return values[a] < values[b] || (!std::isnan(values[a]) && std::isnan(values[b]));
  });
  return order;
}

std::vector<double> of_test_data(const std::filesystem::path& file, const std::string& name) {
  const h5::File log = log::open_log(file);
  if (!log.has("/per_example/" + name)) return {};
  const h5::Dataset column = log.dataset("/per_example/" + name);
  std::vector<double> values = column.read<double>(0, column.rows());
  std::erase_if(values, [](double value) { return std::isnan(value); });
  std::sort(values.begin(), values.end());
  return values;
}

void add_ranks(AppliedRows& rows, const std::string& by, const std::vector<double>& own) {
  const std::vector<double> values = *rows.column(by);
  std::vector<double> ranks(values.size(), std::numeric_limits<double>::quiet_NaN()), below = ranks;
  double place = 0;
  for (const size_t i : order_of(values))
    if (!std::isnan(values[i])) ranks[i] = ++place;
  rows.columns.emplace_back(rank, std::move(ranks));
  if (own.empty()) return;
  for (size_t i = 0; i < values.size(); ++i)
    if (!std::isnan(values[i]))
      below[i] = static_cast<double>(std::lower_bound(own.begin(), own.end(), values[i]) - own.begin()) /
                 static_cast<double>(own.size());
  rows.columns.emplace_back(test_below, std::move(below));
}

size_t not_trusted(const AppliedRows& rows) {
  const auto count = [&](const char* name, double limit) {
    const auto* values = rows.column(name);
    return values ? std::count_if(values->begin(), values->end(), [&](double v) { return v > limit; }) : 0;
  };
  return static_cast<size_t>(rows.column(metrics::rung.name)
                                 ? count(metrics::rung.name, static_cast<double>(Rung::none) - 1)
                                 : count(metrics::pareto_k.name, trusted_k));
}

size_t decided_by_one(const AppliedRows& rows, int64_t samples) {
  const auto* effective = rows.column(metrics::ess);
  if (!effective || rows.column(metrics::rung.name)) return 0;  // the rungs of a ladder have tests of their own
  return static_cast<size_t>(
      std::count_if(effective->begin(), effective->end(), [&](double v) { return one_decides(v, samples); }));
}

}  // namespace elbo::host::worker
