#include "metrics/summary.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "metrics/pareto.hpp"
#include "metrics/rung.hpp"
#include "metrics/statistics.hpp"

namespace elbo::host {
namespace {

using Numbers = std::vector<double>;
using Result = std::optional<double>;

/// Of the column of the same name, over all test data.
Result mean_over_data(const Metric& self, const DatumColumns& data) {
  const Numbers* values = data.column(self);
  return values ? Result(mean_of(*values)) : Result();
}

/// Of the column of the same name, over the data that log p(x) is of.
Result mean_of_estimates(const Metric& self, const DatumColumns& data) {
  const auto values = data.estimates(self);
  return values ? Result(mean_of(*values)) : Result();
}

/// f of a column, over the data that log p(x) is of.
template <const Metric& column, double (*f)(const Numbers&)>
Result of_estimates(const Metric&, const DatumColumns& data) {
  const auto values = data.estimates(column);
  return values ? Result(f(*values)) : Result();
}

double median(const Numbers& values) { return quantile_of(values, 0.5); }
double low_quantile(const Numbers& values) { return quantile_of(values, 0.05); }

/// Where a ladder trusts its estimate of log p(x): the others have no error bar.
std::optional<Numbers> trusted(const Metric& metric, const DatumColumns& data) {
  const auto values = data.estimates(metric), rungs = data.estimates(metrics::rung);
  if (!values || !rungs) return {};
  Numbers kept;
  for (size_t i = 0; i < values->size() && i < rungs->size(); ++i)
    if ((*rungs)[i] != static_cast<double>(Rung::none)) kept.push_back((*values)[i]);
  return kept;
}

/// Of the mean over all data, with those alone whose error is known.
Result error_of_mean(const Metric& self, const DatumColumns& data) {
  const auto errors = trusted(self, data);
  if (!errors) return {};
  double squares = 0;
  for (const double error : *errors) squares += error * error;
  return std::sqrt(squares) / static_cast<double>(errors->size());
}

template <Rung rung>
Result share_of(const Metric&, const DatumColumns& data) {
  const auto rungs = data.estimates(metrics::rung);
  if (!rungs) return {};
  const auto count = std::count(rungs->begin(), rungs->end(), static_cast<double>(rung));
  return static_cast<double>(count) / static_cast<double>(rungs->size());
}

/// Named as the rung.
template <Rung rung>
constexpr SummaryMetric share_metric(const char* name, const char* long_name) {
  return {{.name = name, .long_name = long_name, .basis = Basis::first_test_data, .note = "of a ladder"},
          share_of<rung>};
}

Result bias_of_log_px(const Metric&, const DatumColumns& data) {
  if (const auto bias = trusted(metrics::bias, data)) return mean_of(*bias);
  const auto bias = data.estimates(metrics::bias);
  return bias ? Result(trusted_bias(mean_of(*bias), data.estimates(metrics::pareto_k).value_or(Numbers()))) : Result();
}

Result gap_of(const Metric&, const DatumColumns& data) {
  const auto log_px = data.estimates(metrics::log_px), elbo = data.estimates(metrics::elbo);
  return log_px && elbo ? Result(mean_of(*log_px) - mean_of(*elbo)) : Result();
}

Result share_of_high_pareto_k(const Metric&, const DatumColumns& data) {
  if (data.column(metrics::rung)) return {};  // a ladder has a test for each number of samples
  const auto values = data.estimates(metrics::pareto_k);
  return values ? share_not_trusted(*values) : Result();
}

Result bits_of(const Metric&, const DatumColumns& data) {
  if (data.dimensions == 0) return {};
  const auto bits = [&](double nats) { return -nats / (static_cast<double>(data.dimensions) * std::numbers::ln2); };
  if (const auto log_px = data.estimates(metrics::log_px)) return bits(mean_of(*log_px));
  const Numbers* elbo = data.column(metrics::elbo);
  return elbo ? Result(bits(mean_of(*elbo))) : Result();
}

Result error_of_difference_to_exact(const Metric&, const DatumColumns& data) {
  const auto log_px = data.estimates(metrics::log_px), exact = data.estimates(metrics::exact_log_px);
  return log_px && exact ? Result(standard_error(difference_of(*log_px, *exact))) : Result();
}

Result bounds_that_are_not_finite(const Metric&, const DatumColumns& data) {
  if (const auto log_px = data.estimates(metrics::log_px)) return count_non_finite(*log_px);
  const Numbers* elbo = data.column(metrics::elbo);
  return elbo ? Result(count_non_finite(*elbo)) : Result();
}

const Numbers* validation_elbo(const DatumColumns& data) {
  return data.column(of_validation_data + std::string(metrics::elbo));
}

}  // namespace

std::optional<Numbers> DatumColumns::estimates(const Metric& metric) const {
  const Numbers* values = column(metric);
  return values ? std::optional(first_of(*values, estimated)) : std::nullopt;
}

const std::vector<SummaryMetric>& summary_metrics() {
  using namespace metrics;
  static const std::vector<SummaryMetric> table = {
      {elbo, mean_over_data},
      {reconstruction, mean_over_data},
      {kl, mean_over_data},
      {log_px, mean_of_estimates},
      {log_px_samples,
       [](const Metric&, const DatumColumns& data) { return data.samples ? Result(*data.samples) : Result(); }},
      {log_px_images,
       [](const Metric&, const DatumColumns& data) { return data.images ? Result(*data.images) : Result(); }},
      {gap, gap_of},
      {log_px_se, of_estimates<log_px, standard_error>},
      {log_px_bias, bias_of_log_px},
      {log_px_rise},
      {ess_median, of_estimates<ess, median>},
      {ess_low, of_estimates<ess, low_quantile>},
      {pareto_k_high, share_of_high_pareto_k},
      {monte_carlo_se, error_of_mean},
      {not_trusted, share_of<Rung::none>},
      share_metric<Rung::encoder>("rung_encoder", "share of test data that importance samples of q(z|x) estimate"),
      share_metric<Rung::normal>("rung_normal", "share of test data whose posterior is normal"),
      share_metric<Rung::refined>("rung_refined", "share of test data that a distribution fitted once estimates"),
      share_metric<Rung::again>("rung_again", "the same, fitted twice"),
      share_metric<Rung::starts>("rung_starts", "the same, fitted from several starts"),
      share_metric<Rung::annealed>("rung_annealed",
                                   "share of test data that annealing from the fitted distribution estimates"),
      {passes, mean_of_estimates},
      {certificate_gap},
      {certificate_largest},
      {certificate_annealed},
      {certificate_annealed_se},
      {modes},
      {certificate_passes},
      {exact_log_px, mean_of_estimates},
      {log_px_minus_exact_se, error_of_difference_to_exact},
      {bits_per_dim, bits_of},
      {non_finite, bounds_that_are_not_finite},
      {without_latents, mean_over_data},
      {valid_elbo,
       [](const Metric&, const DatumColumns& data) {
         const Numbers* values = validation_elbo(data);
         return values ? Result(mean_of(*values)) : Result();
       }},
      {valid_data,
       [](const Metric&, const DatumColumns& data) {
         const Numbers* values = validation_elbo(data);
         return values ? Result(values->size()) : Result();
       }},
      {latents},
      {active_units},
      {parameters},
      {epochs},
      {best_epoch},
      {best_valid_elbo},
      {train_seconds},
      {images_per_second},
      {runs_beside},
      {load},
      {waited},
  };
  return table;
}

const std::vector<Metric>& per_datum_metrics() {
  using namespace metrics;
  static const std::vector<Metric> table = {row,    group,  elbo,         reconstruction,    kl,
                                            log_px, bias,   ess,          metrics::pareto_k, monte_carlo_se,
                                            rung,   passes, exact_log_px, without_latents,   log_p_total};
  return table;
}

const std::vector<Metric>& epoch_metrics() {
  using namespace metrics;
  static const std::vector<Metric> table = {loss,       objective,  elbo,          reconstruction, kl,
                                            kl_sampled, kl_per_dim, learning_rate, epoch_seconds,  samples_per_second};
  return table;
}

const Metric* find_metric(const std::string& name) {
  for (const SummaryMetric& one : summary_metrics())
    if (name == one.metric.name) return &one.metric;
  for (const auto* table : {&per_datum_metrics(), &epoch_metrics()})
    for (const Metric& one : *table)
      if (name == one.name) return &one;
  return nullptr;
}

bool is_of_machine(const std::string& name) {
  const Metric* metric = find_metric(name);
  return metric && metric->basis == Basis::machine;
}

}  // namespace elbo::host
