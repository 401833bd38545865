#include "worker/measurements.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "evaluate/ais.hpp"
#include "evaluate/marginal.hpp"
#include "evaluate/pareto.hpp"
#include "evaluate/reconstruction.hpp"
#include "worker/sheets.hpp"

namespace elbo::worker {
namespace {

using log::EvaluationGroup;

void add_mean(EvaluationGroup& g, const std::string& name, const std::vector<double>& values, const char* units,
              const std::string& meaning) {
  g.values.push_back({name, mean_of(values), units, meaning});
  g.values.push_back({name + "_se", standard_error(values), units, "standard error of " + name + " over data"});
}

/// A group of numbers of each of the first test data.
EvaluationGroup of_each_datum(const Measuring& m, EvaluationGroup g, const observation::Estimator& estimator,
                              const char* direction) {
  m.say_measure(g, estimator, direction);
  g.axes = {{"sample", "datum of the test data", estimator.images}};
  return g;
}

}  // namespace

int64_t Measuring::images() const {
  return run.evaluate.images > 0 ? std::min(run.evaluate.images, test_rows()) : test_rows();
}

void Measuring::say_measure(EvaluationGroup& group, const observation::Estimator& estimator,
                            const char* direction) const {
  observation::MeasureKey key = scored_key(run, assembly, source);
  key.estimator = estimator;
  key.direction = direction;
  group.texts.push_back({"measure", in_words(key)});
  group.texts.push_back({"measure_key", to_json(key).dump()});
}

EvaluationGroup bounds(const Measuring& m) {
  const std::set<int64_t> sorted(m.run.evaluate.bound_samples.begin(), m.run.evaluate.bound_samples.end());
  const std::vector<int64_t> samples(sorted.begin(), sorted.end());
  if (samples.empty()) throw UserError("evaluate.bound_samples is empty; expected at least one K");
  const int64_t images = m.images();
  const auto curve =
      importance_curve(m.assembly.model, m.source, images, samples, m.run.evaluate.batch_size, m.rng, m.tick);
  EvaluationGroup g{.name = "bounds", .long_name = "importance-weighted lower bounds of log p(x) (Burda et al. 2016)"};
  m.say_measure(g, {"iwae", samples.back(), images}, "lower");
  const auto points = static_cast<int64_t>(curve.size());
  g.axes = {{"k", "importance samples K per datum", points, samples}, {"sample", "datum of the test data", images}};
  const auto over_k = [&](const char* name, const char* units, const char* meaning, auto&& value) {
    log::EvaluationArray array{{name, units, meaning}, {"k"}, {}};
    for (const ImportancePoint& point : curve) array.values.push_back(value(point));
    g.arrays.push_back(std::move(array));
  };
  over_k("log_px", "nat", "mean over data of log (1/K) sum_k w_k", [](const auto& p) { return mean_of(p.log_px); });
  over_k("log_px_se", "nat", "standard error of log_px over data",
         [](const auto& p) { return standard_error(p.log_px); });
  over_k("bias", "nat", "mean first-order bias, -CV^2 / 2K; NaN where Pareto k-hat is high or unknown",
         [](const auto& p) { return trusted_bias(mean_of(p.bias), p.pareto_k); });
  over_k("ess_median", "1", "median effective sample size (Kong 1992)",
         [](const auto& p) { return quantile_of(p.effective_samples, 0.5); });
  over_k("ess_low", "1", "5 % quantile of the effective sample size",
         [](const auto& p) { return quantile_of(p.effective_samples, 0.05); });
  over_k("pareto_k_high", "1", "share of data with Pareto k-hat above 0.7", [](const auto& p) {
    return share_not_trusted(p.pareto_k).value_or(std::numeric_limits<double>::quiet_NaN());
  });
  log::EvaluationArray each{{"log_px_each", "nat", "bound of each datum"}, {"k", "sample"}, {}};
  for (const ImportancePoint& point : curve)
    each.values.insert(each.values.end(), point.log_px.begin(), point.log_px.end());
  g.arrays.push_back(std::move(each));
  return g;
}

EvaluationGroup ais(const Measuring& m) {
  const EvaluateConfig& e = m.run.evaluate;
  const int64_t images = std::min(e.ais_images, m.test_rows());
  const AisSettings settings{.temperatures = e.ais_temperatures,
                             .chains = e.ais_chains,
                             .leapfrog_steps = e.leapfrog_steps,
                             .start = e.ais_start};
  const AisResult r = annealed(m.assembly.model, m.source, images, settings, m.rng, m.tick);
  EvaluationGroup g =
      of_each_datum(m, {"ais", "annealed importance sampling with HMC (Neal 2001; Wu et al. 2017; Grosse et al. 2015)"},
                    {"ais, " + std::to_string(settings.temperatures) + " temperatures from the " + settings.start,
                     settings.chains, images},
                    "lower");
  add_mean(g, "log_px", r.log_px, "nat", "lower bound of log p(x) in expectation, test data");
  add_mean(g, "simulated_lower", r.simulated_lower, "nat", "lower bound of log p(x) of data drawn from the model");
  add_mean(g, "simulated_upper", r.simulated_upper, "nat", "upper bound of the same, by the path backwards");
  g.add("simulated_gap", mean_of(r.simulated_upper) - mean_of(r.simulated_lower), "nat",
        "upper less lower: how far log_px may be off");
  g.add("effective_chains", quantile_of(r.effective_chains, 0.5), "1", "median effective number of chains");
  g.add("acceptance", mean_of(r.acceptance), "1", "share of HMC moves that were accepted");
  g.arrays = {{{"log_px_each", "nat", "of each test datum"}, {"sample"}, r.log_px},
              {{"simulated_lower_each", "nat", "of each simulated datum"}, {"sample"}, r.simulated_lower},
              {{"simulated_upper_each", "nat", "of each simulated datum"}, {"sample"}, r.simulated_upper}};
  return g;
}

EvaluationGroup marginal(const Measuring& m) {
  const EvaluateConfig& e = m.run.evaluate;
  const int64_t images = std::min(e.marginal_images, m.test_rows());
  const MarginalSettings settings{.samples = e.marginal_samples,
                                  .burn_in = e.marginal_burn_in,
                                  .leapfrog_steps = e.leapfrog_steps,
                                  .from_prior = e.ais_start == "prior"};
  const auto each = marginal_log_likelihood(m.assembly.model, m.source, Part::test, images, settings, m.rng, m.tick);
  EvaluationGroup g = of_each_datum(
      m, {"marginal", "marginal likelihood by HMC and a fitted density (Kingma & Welling 2014, appendix D)"},
      {"appendix D", settings.samples, images}, "upper");
  add_mean(g, "log_px", each, "nat", "log p(x), high in expectation");
  g.arrays = {{{"log_px_each", "nat", "of each test datum"}, {"sample"}, each}};
  return g;
}

EvaluationGroup reconstruction(const Measuring& m) {
  const BatchSource& seen = *m.assembly.source;
  const observation::ValueRange range = shown_range(seen);
  const int64_t images = m.images();
  const auto r =
      reconstruction_error(m.assembly.model, seen, images, m.run.evaluate.batch_size, range.low, range.high, m.rng);
  EvaluationGroup g{.name = "reconstruction",
                    .long_name = "errors of the likelihood's mean, in units of the values' range"};
  add_mean(g, "squared_error", r.squared, "1", "mean squared error at z = E[z|x]");
  add_mean(g, "absolute_error", r.absolute, "1", "mean absolute error at z = E[z|x]");
  add_mean(g, "squared_error_of_draw", r.squared_of_draw, "1", "mean squared error at one z ~ q(z|x)");
  g.add("range_low", range.low, "1", "value that counts as 0");
  g.add("range_high", range.high, "1", "value that counts as 1");
  return g;
}

Measurements measured(const Run& run, Assembly& assembly, const std::function<void(double)>& tick) {
  struct Metric {
    std::string name;
    EvaluationGroup (*measure)(const Measuring&);
    bool needs_noise;  // a posterior, not a point
  };
  static const std::vector<Metric> known = {
      {"bounds", bounds, true},   {"aggregate", aggregate, true}, {"reconstruction", reconstruction, false},
      {"ais", ais, false},        {"marginal", marginal, false},  {"probes", probes, false},
      {"factors", factors, false}};
  const BatchSource source = scored_source(*assembly.source);
  const auto& asked = run.evaluate.metrics;
  Measurements all;
  for (size_t i = 0; i < asked.size(); ++i) {
    const Metric& metric =
        *std::find_if(known.begin(), known.end(), [&](const Metric& one) { return one.name == asked[i]; });
    const auto part = [&, i](double fraction) {
      tick((static_cast<double>(i) + fraction) / static_cast<double>(asked.size()));
    };
    const Measuring m{run, assembly, source, source.rng(run.seed).fork("evaluate").fork(metric.name), part};
    try {
      if (metric.needs_noise && !has_posterior(assembly.model))
        throw UserError(run.objective.kind + ":" + run.objective.name +
                        " has a point for a posterior, so there is no such number");
      all.groups.push_back(metric.measure(m));
    } catch (const UserError& refusal) {
      all.refused.emplace_back(metric.name, refusal.what());
    }
  }
  return all;
}

}  // namespace elbo::worker
