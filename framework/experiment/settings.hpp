// The sections of an experiment file that the host itself reads. Declared like a plugin's options, so that
// validation, the plan, the JSON Schema and the documentation come from these lines and nothing else.
#pragma once
#include <string>
#include <vector>

#include <elbo/objective_term.hpp>
#include <elbo/options.hpp>

#include "experiment/data_config.hpp"
#include "experiment/train_config.hpp"
#include "metrics/evaluation.hpp"

namespace elbo::host {

/// Names as values that another option may have.
inline std::vector<Value> values_of(const std::vector<std::string>& names) { return {names.begin(), names.end()}; }

/// [evaluate]
struct EvaluateConfig {
  std::string evidence = "ladder";
  int64_t importance_samples = 500;
  int64_t images = 500;
  int64_t batch_size = 100;
  std::vector<std::string> metrics;
  std::vector<int64_t> bound_samples = {1, 10, 100, 1000};
  int64_t ais_images = 50;
  int64_t ais_temperatures = 500;
  int64_t ais_chains = 16;
  std::string ais_start = "posterior";
  int64_t leapfrog_steps = 10;
  int64_t marginal_images = 100;
  int64_t marginal_samples = 50;
  int64_t marginal_burn_in = 100;
  int64_t neighbours = 15;
  double mask_fraction = 0.0;
  int64_t mask_seed = 1;
  int64_t mask_samples = 1000;
  bool columns_each = false;

  static void describe(Options<EvaluateConfig>& o) {
    o.add("evidence", &EvaluateConfig::evidence,
          "how log p(x) is estimated: by a ladder of estimators, each of which is tested (docs/evaluating.md), or by "
          "importance weights of q(z|x), which bound it from below and are meant where importance_samples is given")
        .one_of({"ladder", "importance"});
    o.add("importance_samples", &EvaluateConfig::importance_samples,
          "K of the importance-weighted log p(x); 0 leaves it out")
        .range(0, 1e6)
        .only_with("evidence", {"importance"});
    o.add("images", &EvaluateConfig::images,
          "test data on which log p(x) and the metrics are estimated, drawn at random, always the same ones; 0 is all")
        .range(0, 1e12)
        .only_with("importance_samples")
        .or_with("evidence", {"ladder"})
        .or_with("metrics", values_of(evaluation_names([](const Evaluation& one) { return one.uses_images; })));
    o.add("batch_size", &EvaluateConfig::batch_size, "test data in one pass; does not change the numbers")
        .range(1, 1e6);
    using C = EvaluateConfig;
    o.add("metrics", &C::metrics, "what else is measured at the end, into evaluation.h5; as --metrics of elbo evaluate")
        .one_of(evaluation_names());
    o.add("bound_samples", &C::bound_samples, "the K, all in one pass over as many samples as the largest")
        .range(1, 1e6)
        .only_with("metrics", {"bounds"});
    o.add("ais_images", &C::ais_images, "test data, and as many data drawn from the model")
        .range(1, 1e9)
        .only_with("metrics", {"ais"});
    o.add("ais_temperatures", &C::ais_temperatures, "steps from its start to p(x, z)")
        .range(1, 1e6)
        .only_with("metrics", {"ais"});
    o.add("ais_chains", &C::ais_chains, "chains for each data point").range(1, 1e4).only_with("metrics", {"ais"});
    o.add("ais_start", &C::ais_start, "where the chains begin")
        .one_of({"posterior", "prior"})
        .only_with("metrics", {"ais", "marginal"});
    o.add("leapfrog_steps", &C::leapfrog_steps, "leapfrog steps of one HMC move")
        .range(1, 1e4)
        .only_with("metrics", {"ais", "marginal"});
    o.add("marginal_images", &C::marginal_images, "test data").range(1, 1e9).only_with("metrics", {"marginal"});
    o.add("marginal_samples", &C::marginal_samples, "posterior draws that q is fitted to, and as many to measure with")
        .range(2, 1e6)
        .only_with("metrics", {"marginal"});
    o.add("marginal_burn_in", &C::marginal_burn_in, "HMC moves before the first draw")
        .range(1, 1e6)
        .only_with("metrics", {"marginal"});
    o.add("neighbours", &C::neighbours, "nearest training data that vote")
        .range(1, 1e6)
        .only_with("metrics", {"probes"});
    o.add("mask_fraction", &C::mask_fraction,
          "share of the observed values of the test data, of rows of a table, that are hidden and then predicted from "
          "the others; 0 hides none")
        .range(0, 0.9);
    o.add("mask_seed", &C::mask_seed, "seed with which it is decided, row by row, which values are hidden")
        .range(0, 1e15)
        .only_with("mask_fraction");
    o.add("mask_samples", &C::mask_samples, "importance samples of each row by which hidden values are predicted")
        .range(100, 1e6)
        .only_with("mask_fraction");
    o.add("columns_each", &C::columns_each,
          "of tables: whether E_q log p of each column is kept of each test data point, beside the means");
  }
};

/// [log]
struct LogConfig {
  int64_t latents = 1000;
  int64_t latents_every = 1;
  int64_t steps_every = 0;
  int64_t images = 64;

  static void describe(Options<LogConfig>& o) {
    o.add("latents", &LogConfig::latents, "test data whose latent means and scales are logged; 0 logs none")
        .range(0, 1e9);
    o.add("latents_every", &LogConfig::latents_every,
          "epochs between snapshots of latents and images; the last epoch always has one")
        .range(1, 1e9)
        .only_with("latents")
        .or_with("images");
    o.add("steps_every", &LogConfig::steps_every, "training steps between rows of /steps; 0 logs no steps")
        .range(0, 1e9);
    o.add("images", &LogConfig::images, "images on the sheets of samples and reconstructions").range(0, 4096);
  }
};

// The prior of the parameters, which train.parameter_prior adds to any objective: the MAP estimate instead of that of maximum likelihood.

inline bool has_parameter_prior(const TrainConfig& config) { return config.parameter_prior != "none"; }
inline ObjectiveTerm parameter_prior_term() { return {"parameter_log_prior", 1, "(1/N) log N(theta; 0, I)"}; }

}  // namespace elbo::host
