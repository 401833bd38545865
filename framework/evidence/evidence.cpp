#include "evidence/evidence.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "evidence/ais.hpp"
#include "evidence/annealing.hpp"
#include "evidence/modes.hpp"
#include "metrics/metrics.hpp"
#include "metrics/statistics.hpp"
#include "model/forward.hpp"

namespace elbo::host {
namespace {

constexpr int64_t data_read_at_once = 100;
constexpr int64_t data_at_once_on_cpu = 10;
constexpr double least_annealed_share = 0.5;

/// How the work is shared among its parts, as a guess, for the fraction done.
class Fraction {
 public:
  Fraction(double whole, std::function<void(double)> tick) : whole_(whole), tick_(std::move(tick)) {}
  void pulse() const { tick_(std::min(1.0, done_ / whole_)); }
  void add(double part) { done_ += part; }

 private:
  double whole_, done_ = 0;
  std::function<void(double)> tick_;
};

/// What all estimates of a model share.
struct Task {
  const Model& model;
  const BatchSource& source;
  const EvidenceSettings& settings;
  Rng rng;
  LatentSpace space;
  Fraction fraction;
  LadderSettings ladder;
  int64_t group;
  double passes = 0;  // for the certificate

  LatentDensity density(Batch batch) {
    return {model,
            std::move(batch),
            source.observation_model().scoring(),
            space,
            samples_at_once(model, source, 1),
            [this] { fraction.pulse(); }};
  }

  /// f(group of data) for the first `count` test data.
  template <class F>
  void for_each_group(int64_t count, F&& f) {
    for_each_batch(source, Part::test, count, data_read_at_once, rng, [&](const Batch& batch) {
      for (int64_t first = 0; first < batch.size(); first += group) {
        std::vector<int64_t> rows(static_cast<size_t>(std::min(group, batch.size() - first)));
        std::iota(rows.begin(), rows.end(), first);
        f(density(rows_of(batch, rows)));
      }
    });
  }

  /// `share`: of the work, in test data.
  void certified(const LatentDensity& f, double share) {
    for (int64_t b = 0; b < f.data(); ++b) passes += f.passes(b);
    fraction.add(share);
  }
};

/// On a device, as many data as its memory takes at once. On the CPU a few: the gradients of one fit are too few for fast products.
int64_t chosen_group(const Model& model, const BatchSource& source, const EvidenceSettings& s) {
  if (s.data_at_once > 0) return s.data_at_once;
  if (source.like().is_cpu()) return data_at_once_on_cpu;
  return std::clamp<int64_t>(samples_at_once(model, source, s.ladder.samples), 1, data_read_at_once);
}

void seek_modes(Task& task, int64_t count, Certificate& certificate) {
  if (!task.ladder.has(Rung::starts)) return;
  task.for_each_group(std::min(task.settings.mode_trials, count), [&](const LatentDensity& f) {
    for (const int64_t found : count_modes(f, task.ladder.refine, task.rng.fork("modes")))
      certificate.modes = std::max(certificate.modes, found);
    task.certified(f, 3 * static_cast<double>(f.data()));
  });
  task.ladder.several_starts_first = certificate.modes > 1;
}

/// Leaves a rung out for the other test data if too few of the first ones that came to it passed.
void leave_out_if_useless(Task& task, Rung rung, int64_t tried, int64_t passed, int64_t trials, double least_share) {
  if (tried >= trials && task.ladder.has(rung) &&
      static_cast<double>(passed) < least_share * static_cast<double>(tried))
    task.ladder.without.push_back(rung);
}

void estimate(Task& task, int64_t count, std::vector<Evidence>& each) {
  int64_t encoded = 0, annealed = 0, open = 0;
  task.for_each_group(count, [&](const LatentDensity& f) {
    const EvidenceSettings& s = task.settings;
    if (const auto tried = static_cast<int64_t>(each.size()); tried < s.encoder_trials + f.data())
      leave_out_if_useless(task, Rung::encoder, tried, encoded, s.encoder_trials, s.least_encoder_share);
    leave_out_if_useless(task, Rung::annealed, annealed + open, annealed, s.annealing_trials, least_annealed_share);
    for (LadderEstimate& c : climb(f, task.ladder, task.rng.fork("test"))) {
      encoded += c.evidence.rung == Rung::encoder;
      annealed += c.evidence.rung == Rung::annealed;
      open += c.evidence.rung == Rung::none && std::isfinite(c.evidence.log_px);
      each.push_back(std::move(c.evidence));
    }
    task.fraction.add(static_cast<double>(f.data()));
  });
}

/// Data drawn from the model, of which an exact posterior sample is known: the refinement sees x alone.
void sandwich(Task& task, int64_t count, Certificate& certificate) {
  const Rng rng = task.rng.fork("simulated");
  for_each_batch(task.source, Part::test, std::min(task.settings.simulated, count), data_read_at_once, task.rng,
                 [&](const Batch& batch) {
                   for (int64_t b = 0; b < batch.size(); ++b) {
                     const Simulated own =
                         simulated(task.model, task.source, rows_of(batch, {b}).ids, batch.input, rng);
                     const LatentDensity f = task.density(own.batch);
                     const auto climbed = climb(f, task.ladder, rng.fork("ladder"));
                     const LadderEstimate& c = climbed.front();
                     task.certified(f, 1);
                     if (!c.log_weight_of) {  // not even annealing passed
                       certificate.gaps.push_back(INFINITY);
                       continue;
                     }
                     const double exact =
                         c.log_weight_of(f.y_of(own.z.squeeze(1), 0).squeeze(0), f.noise_of(rng.fork("reverse"), {0}));
                     if (!std::isnan(exact))
                       certificate.gaps.push_back(upper_bound(c.log_weights, exact) - c.evidence.log_px);
                   }
                 });
}

void compare_with_annealing(Task& task, int64_t count, const std::vector<Evidence>& each, Certificate& certificate) {
  size_t datum = 0;
  task.for_each_group(std::min(task.settings.annealed, count), [&](const LatentDensity& f) {
    std::vector<int64_t> all(static_cast<size_t>(f.data()));
    std::iota(all.begin(), all.end(), 0);
    const Rng rng = task.rng.fork("check");
    const auto fits = refine(f, all, f.encoder_locations(rng.fork("locations")), task.ladder.refine, rng);
    for (const int64_t b : all) {
      const Evidence& e = each[datum++];
      if (!std::isfinite(e.log_px)) continue;
      const RefinedPath path(f, b, StudentT(fits[static_cast<size_t>(b)].at), f.noise_of(rng.fork("annealed"), {b}));
      const AnnealedWeights r = anneal(path, task.ladder.chains, task.ladder.most_temperatures, 1);
      task.fraction.add(2);
      certificate.annealed_differences.push_back(r.summary.log_mean - e.log_px);
      certificate.annealed_errors.push_back(
          std::hypot(r.summary.standard_error, std::isnan(e.standard_error) ? 0 : e.standard_error));
    }
    task.certified(f, 0);
  });
}

}  // namespace

double Certificate::mean_gap() const { return mean_of(gaps); }

double Certificate::largest_gap() const { return gaps.empty() ? NAN : *std::max_element(gaps.begin(), gaps.end()); }

std::vector<std::pair<Metric, double>> Certificate::values() const {
  double squares = 0;
  for (const double error : annealed_errors) squares += error * error;
  return {{metrics::certificate_gap, mean_gap()},
          {metrics::certificate_largest, largest_gap()},
          {metrics::certificate_annealed, mean_of(annealed_differences)},
          {metrics::certificate_annealed_se, std::sqrt(squares) / static_cast<double>(annealed_errors.size())},
          {metrics::modes, static_cast<double>(modes)},
          {metrics::certificate_passes, passes}};
}

std::vector<std::pair<Metric, std::vector<double>>> EvidenceResult::columns() const {
  const auto column = [&](auto&& value) {
    std::vector<double> values;
    for (const Evidence& e : each) values.push_back(value(e));
    return values;
  };
  return {{metrics::log_px, column([](const Evidence& e) { return e.log_px; })},
          {metrics::bias, column([](const Evidence& e) { return e.bias; })},
          {metrics::ess, column([](const Evidence& e) { return e.effective_samples; })},
          {metrics::pareto_k, column([](const Evidence& e) { return e.pareto_k; })},
          {metrics::monte_carlo_se, column([](const Evidence& e) { return e.standard_error; })},
          {metrics::rung, column([](const Evidence& e) { return static_cast<double>(e.rung); })},
          {metrics::passes, column([](const Evidence& e) { return e.passes; })}};
}

double upper_bound(std::vector<double> log_w, double log_weight_of_exact) {
  log_w.front() = log_weight_of_exact;
  return summarise(log_w).log_mean;
}

void must_allow_ladder(Model& model, const BatchSource& source) {
  const at::NoGradGuard no_gradients;
  const HeldParameters held(model);
  model.set_training(false);
  const LatentSpace space(model, source.like(), Rng(0));
  const LatentDensity f(model, source.batch(Part::train, 0, 1, Rng(0)), source.observation_model().scoring(), space, 1,
                        [] {});
  f.scores(f.encoder_locations(Rng(0)).front().mean.reshape({1, 1, -1}), {0});
  model.set_training(true);
}

EvidenceResult evidence(Model& model, const BatchSource& source, int64_t count, const EvidenceSettings& s,
                        const Rng& rng, const std::function<void(double)>& tick) {
  const at::NoGradGuard no_gradients;
  const HeldParameters held(model);
  model.set_training(false);
  const auto share_of = [&](int64_t trials) { return static_cast<double>(std::min(trials, count)); };
  const double whole =
      static_cast<double>(count) + 3 * share_of(s.mode_trials) + share_of(s.simulated) + 2 * share_of(s.annealed);
  Task task{model,
            source,
            s,
            rng,
            LatentSpace(model, source.like(), rng.fork("space")),
            {whole, tick},
            s.ladder,
            chosen_group(model, source, s)};
  EvidenceResult result;
  seek_modes(task, count, result.certificate);
  estimate(task, count, result.each);
  sandwich(task, count, result.certificate);
  compare_with_annealing(task, count, result.each, result.certificate);
  result.certificate.passes = task.passes;
  model.set_training(true);
  return result;
}

}  // namespace elbo::host
