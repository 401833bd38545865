// Observed values of the test data that are hidden and predicted from the others of their rows.
#include "metrics/evaluation.hpp"
#include "metrics/metrics.hpp"

namespace elbo::host::evaluations::held_out {

constexpr Metric log_p{.name = "log_p",
                       .unit = "nat",
                       .long_name =
                           "log p(x_d | x_o) of a hidden value given what is observed of its row, mean over "
                           "hidden values, in the units of the data's file",
                       .better = Better::higher,
                       .log_likelihood = true},
    log_p_se{.name = "log_p_se", .unit = "nat", .long_name = "standard error of log_p over rows"},
    log_p_joint{.name = "log_p_joint",
                .unit = "nat",
                .long_name = "log p(x_h | x_o) of all hidden values of a row together, mean over rows that have some",
                .better = Better::higher,
                .log_likelihood = true},
    log_p_joint_se{.name = "log_p_joint_se", .unit = "nat", .long_name = "standard error of log_p_joint"},
    nrmse{.name = "nrmse",
          .long_name =
              "root mean square of (x_d - E[x_d | x_o]) over the standard deviation of the column's observed "
              "training values, over hidden numbers",
          .better = Better::lower},
    accuracy{.name = "accuracy",
             .long_name = "share of hidden names and flags that are the most probable one",
             .better = Better::higher},
    coverage{.name = "coverage",
             .long_name = "share of hidden numbers within their 90 % interval; one without an interval is in none"},
    hidden{.name = "hidden", .long_name = "values that were hidden", .decimals = 0},
    of_observed{.name = "observed", .long_name = "observed values of the test data", .decimals = 0},
    few_effective{.name = "few_effective",
                  .long_name = "share of rows with hidden values whose weights leave too few effective samples",
                  .better = Better::lower};

const Evaluation description{
    .name = "held_out",
    .long_name = "hidden values of the test data, predicted from the others of their rows",
    .documentation =
        "of rows of a table: `mask_fraction` of the observed values of the test data are hidden from "
        "encoder and likelihood and predicted by self-normalised importance sampling, as [`elbo "
        "impute`](imputing.md) does; measured where `mask_fraction` is above 0",
    .source = "Mattei and Frellsen 2019",
    .is_usual = false,
    .uses_images = false,
    .needs_posterior = true,
    .values = {log_p, log_p_se, log_p_joint, log_p_joint_se, nrmse, accuracy, coverage, hidden, of_observed,
               few_effective}};

}  // namespace elbo::host::evaluations::held_out

#ifdef ELBO_MEASURES  // what follows needs libtorch; programs without it have the description above

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/digest.hpp"
#include "evaluate/measure.hpp"
#include "evaluate/predictive.hpp"

namespace elbo::host::evaluations::held_out {
namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

/// Sums over the hidden values of one column.
struct ColumnSums {
  double values = 0, log_p = 0, squares = 0, right = 0, covered = 0;
};

struct Results {
  std::vector<ColumnSums> columns;
  std::vector<double> hidden_each{}, log_p_each{},
      joint_each{};  // of each test data point: count, sum, log p(x_h | x_o)
  double observed = 0, not_trusted = 0;
  std::string mask{};  // a byte for each value: 1 where it is hidden
};

/// [B, D], true where an observed value is hidden: a function of the seed, the row of the file and the column.
Tensor hidden_in(const Batch& batch, const data::Split& split, const EvaluateConfig& config) {
  const Tensor ids = batch.ids.to(at::kCPU).clone();
  if (!split.rows.empty())
    for (int64_t b = 0; b < ids.size(0); ++b)
      ids.data_ptr<int64_t>()[b] = split.rows[static_cast<size_t>(ids.data_ptr<int64_t>()[b])];
  Rng noise = Rng(static_cast<uint64_t>(config.mask_seed)).fork("held out").for_data(ids);
  const Tensor u = noise.uniform({1, batch.x.size(0), batch.x.size(1)}).squeeze(0);
  return (u < config.mask_fraction).logical_and(batch.x.isnan().to(at::kCPU).logical_not());
}

/// log |dx / dstored| of each column: log p of the stored value less that of x.
std::vector<double> log_jacobians_of(const BatchSource& source) {
  const auto* standardize = source.observation_model().find<observation::Standardize>();
  const auto width = static_cast<size_t>(numel(source.observation_model().observation.shape));
  return standardize ? standardize->log_jacobians : std::vector<double>(width, 0);
}

std::vector<double> flat(const Tensor& t) {
  std::vector<double> values;
  append(t, values);
  return values;
}

void add_batch(const Predictions& p, const Tensor& truth, const Tensor& hides, const std::vector<int64_t>& levels,
               const std::vector<double>& log_jacobian, Results& r) {
  const auto x = flat(truth), is_hidden = flat(hides), value = flat(p.value), low = flat(p.low), high = flat(p.high),
             log_density = flat(p.log_p), joint = flat(p.log_p_joint), ess = flat(p.effective_samples),
             k_hat = flat(p.pareto_k);
  const size_t width = levels.size();
  for (size_t b = 0; b < joint.size(); ++b) {
    double count = 0, sum = 0, jacobian = 0;
    for (size_t j = 0; j < width; ++j) {
      const size_t i = b * width + j;
      r.observed += !std::isnan(x[i]);
      r.mask += is_hidden[i] > 0 ? '\1' : '\0';
      if (is_hidden[i] == 0) continue;
      ColumnSums& column = r.columns[j];
      const double log_of_stored = log_density[i] + log_jacobian[j];
      ++count, ++column.values;
      sum += log_of_stored, column.log_p += log_of_stored;
      jacobian += log_jacobian[j];
      if (levels[j] > 0) column.right += value[i] == x[i];
      else column.squares += (x[i] - value[i]) * (x[i] - value[i]), column.covered += low[i] <= x[i] && x[i] <= high[i];
    }
    r.hidden_each.push_back(count);
    r.log_p_each.push_back(count > 0 ? sum : nothing);
    r.joint_each.push_back(count > 0 ? joint[b] + jacobian : nothing);
    r.not_trusted += count > 0 && !is_trusted_prediction(ess[b], k_hat[b]);
  }
}

Results results(const Measuring& m, const std::vector<int64_t>& levels) {
  const at::NoGradGuard no_gradients;
  const PredictiveSettings settings{.samples = m.run.evaluate.mask_samples};
  const std::vector<double> log_jacobian = log_jacobians_of(m.seen);
  const int64_t rows = m.test_rows(), at_once = predictions_at_once(m.seen, settings);
  Results r{.columns = std::vector<ColumnSums>(levels.size())};
  m.model.set_training(false);
  for_each_batch(m.seen, Part::test, rows, at_once, m.rng, [&](const Batch& batch) {
    const Tensor hides = hidden_in(batch, m.seen.split(Part::test), m.run.evaluate).to(batch.x.device());
    const Predictions p = predict(m.model, m.seen, without_values(m.seen, batch, hides),
                                  {.where = hides, .truth = batch.x, .levels = levels}, settings, m.rng);
    add_batch(p, batch.x, hides, levels, log_jacobian, r);
    m.tick(static_cast<double>(r.hidden_each.size()) / static_cast<double>(rows));
  });
  m.model.set_training(true);
  return r;
}

/// Of a mean over all hidden values whose numbers depend on each other within a row.
double error_over_rows(const Results& r, double mean, double count) {
  double squares = 0, rows = 0;
  for (size_t i = 0; i < r.hidden_each.size(); ++i) {
    if (r.hidden_each[i] == 0) continue;
    const double residual = r.log_p_each[i] - mean * r.hidden_each[i];
    squares += residual * residual, ++rows;
  }
  return rows > 1 ? std::sqrt(rows / (rows - 1) * squares) / count : nothing;
}

std::vector<double> without_nan(std::vector<double> values) {
  std::erase_if(values, [](double one) { return std::isnan(one); });
  return values;
}

/// What is given of each column; NaN where the number has no meaning.
struct OfColumns {
  std::vector<double> values, log_p, nrmse, accuracy, coverage;
};

OfColumns of_columns(const Results& r, const std::vector<int64_t>& levels, const std::vector<double>& deviation) {
  OfColumns all;
  for (size_t j = 0; j < levels.size(); ++j) {
    const ColumnSums& c = r.columns[j];
    const bool is_number = levels[j] == 0;
    const auto share = [&](double sum, bool has_meaning) {
      return has_meaning && c.values > 0 ? sum / c.values : nothing;
    };
    all.values.push_back(c.values);
    all.log_p.push_back(share(c.log_p, true));
    all.nrmse.push_back(deviation[j] > 0 ? std::sqrt(share(c.squares, is_number)) / deviation[j] : nothing);
    all.accuracy.push_back(share(c.right, !is_number));
    all.coverage.push_back(share(c.covered, is_number));
  }
  return all;
}

/// Over all columns, weighted by how many of their values are hidden.
double pooled(const std::vector<double>& of_columns, const std::vector<double>& counts) {
  double sum = 0, count = 0;
  for (size_t j = 0; j < counts.size(); ++j)
    if (!std::isnan(of_columns[j])) sum += of_columns[j] * counts[j], count += counts[j];
  return count > 0 ? sum / count : nothing;
}

void add_values(const Results& r, const OfColumns& c, log::EvaluationGroup& g) {
  std::vector<double> squares;
  for (const double one : c.nrmse) squares.push_back(one * one);
  double count = 0, sum = 0, rows = 0;
  for (const ColumnSums& column : r.columns) count += column.values, sum += column.log_p;
  for (const double one : r.hidden_each) rows += one > 0;
  const std::vector<double> joints = without_nan(r.joint_each);
  g.add(log_p, count > 0 ? sum / count : nothing);
  g.add(log_p_se, error_over_rows(r, sum / count, count));
  g.add(log_p_joint, mean_of(joints));
  g.add(log_p_joint_se, standard_error(joints));
  g.add(nrmse, std::sqrt(pooled(squares, c.values)));
  g.add(accuracy, pooled(c.accuracy, c.values));
  g.add(coverage, pooled(c.coverage, c.values));
  g.add(hidden, count);
  g.add(of_observed, r.observed);
  g.add(few_effective, rows > 0 ? r.not_trusted / rows : nothing);
}

void add_arrays(const Measuring& m, const Results& r, const OfColumns& c, log::EvaluationGroup& g) {
  const Observation& x = m.seen.observation_model().observation;
  std::vector<std::string> names;
  for (int64_t j = 0; j < numel(x.shape); ++j)
    names.push_back(x.columns.empty() ? std::to_string(j + 1) : x.columns[static_cast<size_t>(j)].name);
  g.axes = {{"column", "column of the table", static_cast<int64_t>(names.size()), {}, names},
            {"sample", "data point of the test data", m.test_rows()}};
  const auto add = [&](const Metric& metric, const char* suffix, const char* axis, const std::vector<double>& values) {
    log::Column column(metric);
    column.name += suffix;
    g.arrays.push_back({column, {axis}, values});
  };
  add(hidden, "_of_column", "column", c.values);
  add(log_p, "_of_column", "column", c.log_p);
  add(nrmse, "_of_column", "column", c.nrmse);
  add(accuracy, "_of_column", "column", c.accuracy);
  add(coverage, "_of_column", "column", c.coverage);
  add(hidden, "_each", "sample", r.hidden_each);
  add(log_p, "_each", "sample", r.log_p_each);
  add(log_p_joint, "_each", "sample", r.joint_each);
}

/// Numbers of different masks are of different data.
void add_mask(const Measuring& m, const Results& r, log::EvaluationGroup& g) {
  const EvaluateConfig& e = m.run.evaluate;
  const std::string hides = fmt::format("{} of {:.0f} values hidden, mask_fraction {:g}, mask_seed {}, mask {}",
                                        std::count(r.mask.begin(), r.mask.end(), '\1'), r.observed, e.mask_fraction,
                                        e.mask_seed, sha256(r.mask).substr(0, 12));
  observation::MeasureKey own = m.key;
  own.chain.clear();  // log p is given in the units of the file
  own.estimator = {.name = "predictive", .samples = e.mask_samples, .images = m.test_rows()};
  g.texts.push_back({"measure", in_words(own) + "; " + hides});
  own.observed += "; " + hides;
  g.texts.push_back({"measure_key", to_json(own).dump()});
}

}  // namespace

log::EvaluationGroup measure(const Measuring& m) {
  const observation::ObservationModel& observed = m.seen.observation_model();
  if (m.run.evaluate.mask_fraction == 0)
    throw UserError("evaluate.mask_fraction is 0, so that nothing is hidden; expected a share of the values, as 0.1");
  if (const std::string why = why_not_predictive(m.model, observed); !why.empty()) throw UserError(why);
  const std::vector<int64_t> levels = code_counts(observed.observation, m.dataset.table);
  const Results r = results(m, levels);
  const OfColumns c = of_columns(r, levels, flat(m.seen.statistics().variance.sqrt()));
  log::EvaluationGroup g = m.group(description);
  add_values(r, c, g);
  add_mask(m, r, g);
  add_arrays(m, r, c, g);
  return g;
}

}  // namespace elbo::host::evaluations::held_out

#endif  // ELBO_MEASURES
