// Annealed importance sampling with HMC.
#include "metrics/evaluation.hpp"
#include "metrics/metrics.hpp"

namespace elbo::host::evaluations::ais {

constexpr Metric log_px = metrics::log_px.as("lower bound of log p(x) in expectation"),
                 simulated_lower{.name = "simulated_lower",
                                 .unit = "nat",
                                 .long_name = "lower bound of log p(x) of data drawn from the model",
                                 .basis = Basis::generated_data},
                 simulated_upper{.name = "simulated_upper",
                                 .unit = "nat",
                                 .long_name = "upper bound of the same, by the path backwards",
                                 .basis = Basis::generated_data},
                 simulated_gap{.name = "simulated_gap",
                               .unit = "nat",
                               .long_name = "upper less lower: how far log_px may be off",
                               .basis = Basis::generated_data,
                               .better = Better::lower},
                 effective_chains{.name = "effective_chains",
                                  .long_name = "median effective number of chains",
                                  .better = Better::higher},
                 acceptance{.name = "acceptance", .long_name = "share of HMC moves that were accepted"};

const Evaluation description{
    .name = "ais",
    .long_name = "annealed importance sampling with HMC (Neal 2001; Wu et al. 2017; Grosse et al. 2015)",
    .documentation =
        "log p(x) by annealed importance sampling, with HMC at each temperature; and on data drawn from "
        "the model itself, a bound from each side",
    .source = "Neal 2001; Wu et al. 2017; Grosse et al. 2015",
    .is_usual = false,
    .uses_images = false,
    .values = {log_px, simulated_lower, simulated_upper, simulated_gap, effective_chains, acceptance}};

}  // namespace elbo::host::evaluations::ais

#ifdef ELBO_MEASURES  // what follows needs libtorch; programs without it have the description above

#include "evaluate/metrics/ais.hpp"

#include <ATen/core/grad_mode.h>

#include <cmath>

#include "evaluate/importance.hpp"
#include "evaluate/measure.hpp"
#include "model/forward.hpp"

namespace elbo::host {
namespace {

/// `pulse` is called at every evaluation of log p(x, z), and may throw to stop.
AisPath path_of(const Model& model, const Batch& batch, observation::Scoring scoring, const AisSettings& s,
                const Rng& rng, const std::function<void()>& pulse) {
  AisPath path;
  path.log_joint = [&model, &batch, scoring, pulse](const Tensor& z) {
    pulse();
    return log_joint_at(model, batch, scoring, z);
  };
  if (s.start == "prior") {
    path.log_start = [&model](const Tensor& z) { return model.prior->log_prob(z); };
    path.start = prior_draws(model, batch, s.chains, rng.fork("start"));
    must_fill_space(path.start);
    return path;
  }
  const std::shared_ptr<Posterior> q = model.encoder->encode(batch.input);
  if (q->uniform())
    throw UserError(model.encoder->label() +
                    ": q(z|x) is 0 outside a box; ais_start = \"posterior\" expected a distribution that is nowhere 0; "
                    "use ais_start = \"prior\"");
  Rng noise = rng.fork("start").for_data(batch.ids);
  path.start = q->draw(s.chains, noise).z;
  must_fill_space(path.start);
  if (!q->log_prob(path.start))
    throw UserError(model.encoder->label() +
                    ": log q(z|x) cannot be taken at a given z; ais_start = \"posterior\" expected a "
                    "posterior that can; use ais_start = \"prior\"");
  path.log_start = [q](const Tensor& z) { return *q->log_prob(z); };
  return path;
}

/// log of the mean weight of each data point; `sign` -1 for weights whose inverse is unbiased.
Tensor log_mean(const Tensor& log_w, double sign = 1) {
  LogMeanWeight mean;
  mean.add(sign * log_w);
  return sign * mean.value();
}

}  // namespace

AisResult annealed(Model& model, const BatchSource& source, int64_t count, const AisSettings& s, const Rng& rng,
                   const std::function<void(double)>& tick) {
  const at::NoGradGuard no_gradients;
  const HeldParameters held(model);
  model.set_training(false);
  const observation::Scoring scoring = source.observation_model().scoring();
  const int64_t batch_size =
      std::max<int64_t>(1, samples_at_once(model, source, s.chains) / 4);  // autograd keeps some of each
  AisResult result;
  double done = 0;
  const auto pulse = [&] { tick(done / static_cast<double>(count)); };
  for_each_batch(source, Part::test, count, batch_size, rng, [&](const Batch& batch) {
    const Rng test = rng.fork("test"), made = rng.fork("simulated");
    const auto noise = [&](const Rng& of, const char* purpose) { return of.fork(purpose).for_data(batch.ids); };
    const AisPath path = path_of(model, batch, scoring, s, test, pulse);
    Tensor acceptance;
    const Tensor log_w =
        forward_log_weights(path, pilot(path, s, noise(test, "pilot")), s, noise(test, "forward"), &acceptance);
    append(log_mean(log_w), result.log_px);
    LogMeanWeight weights;
    weights.add(log_w);
    append(weights.effective_samples(), result.effective_chains);
    append(acceptance, result.acceptance);
    done += 0.4 * static_cast<double>(batch.size());

    const Simulated own = simulated(model, source, batch.ids, batch.input, made);
    const AisPath back = path_of(model, own.batch, scoring, s, made, pulse);
    const std::vector<Tensor> steps = pilot(back, s, noise(made, "pilot"));
    append(log_mean(forward_log_weights(back, steps, s, noise(made, "forward"))), result.simulated_lower);
    const Tensor exact = own.z.expand({s.chains, own.z.size(1), own.z.size(2)}).contiguous();
    append(log_mean(reverse_log_weights(back, exact, steps, s, noise(made, "reverse")), -1), result.simulated_upper);
    done += 0.6 * static_cast<double>(batch.size());
  });
  model.set_training(true);
  return result;
}

}  // namespace elbo::host

namespace elbo::host::evaluations::ais {

log::EvaluationGroup measure(const Measuring& m) {
  const EvaluateConfig& e = m.run.evaluate;
  const int64_t images = std::min(e.ais_images, m.test_rows());
  const AisSettings settings{.temperatures = e.ais_temperatures,
                             .chains = e.ais_chains,
                             .leapfrog_steps = e.leapfrog_steps,
                             .start = e.ais_start};
  const AisResult r = annealed(m.model, m.scored, images, settings, m.rng, m.tick);
  log::EvaluationGroup g = m.group_of_each_datum(
      description,
      {"ais, " + std::to_string(settings.temperatures) + " temperatures from the " + settings.start, settings.chains,
       images},
      "lower");
  add_mean(g, log_px, r.log_px);
  add_mean(g, simulated_lower, r.simulated_lower);
  add_mean(g, simulated_upper, r.simulated_upper);
  g.add(simulated_gap, mean_of(r.simulated_upper) - mean_of(r.simulated_lower));
  g.add(effective_chains, quantile_of(r.effective_chains, 0.5));
  g.add(acceptance, mean_of(r.acceptance));
  add_each(g, log_px, r.log_px);
  add_each(g, simulated_lower, r.simulated_lower);
  add_each(g, simulated_upper, r.simulated_upper);
  return g;
}

}  // namespace elbo::host::evaluations::ais

#endif  // ELBO_MEASURES
