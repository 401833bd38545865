// The sections [train], [train.optimizer], [train.schedule] and [train.early_stopping] of an experiment file.
#pragma once
#include <string>
#include <vector>

#include <elbo/options.hpp>

namespace elbo::host {

/// [train] optimizer = { ... }
struct OptimizerConfig {
  std::string name = "adam";
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double momentum = 0.0;
  double alpha = 0.99;
  double weight_decay = 0.0;
  double encoder_lr = 0.0;
  double decoder_lr = 0.0;
  double prior_lr = 0.0;
  double likelihood_lr = 0.0;
  double objective_lr = 0.0;

  /// The parts of a model by the first word of their parameters' names, and the option that sets their rate.
  static std::vector<std::pair<const char*, double OptimizerConfig::*>> rates_of_parts() {
    return {{"encoder", &OptimizerConfig::encoder_lr},
            {"decoder", &OptimizerConfig::decoder_lr},
            {"prior", &OptimizerConfig::prior_lr},
            {"likelihood", &OptimizerConfig::likelihood_lr},
            {"objective", &OptimizerConfig::objective_lr}};
  }

  static void describe(Options<OptimizerConfig>& o) {
    o.add("name", &OptimizerConfig::name, "the update rule").one_of({"adam", "adamw", "adagrad", "sgd", "rmsprop"});
    o.add("lr", &OptimizerConfig::lr, "learning rate").range(0, 1e3);
    o.add("beta1", &OptimizerConfig::beta1, "decay of the first moment")
        .range(0, 1)
        .only_with("name", {"adam", "adamw"});
    o.add("beta2", &OptimizerConfig::beta2, "decay of the second moment")
        .range(0, 1)
        .only_with("name", {"adam", "adamw"});
    o.add("eps", &OptimizerConfig::eps, "added to the denominator").range(0, 1).not_with("name", {"sgd"});
    o.add("momentum", &OptimizerConfig::momentum, "share of the last update that is made again")
        .range(0, 1)
        .only_with("name", {"sgd", "rmsprop"});
    o.add("alpha", &OptimizerConfig::alpha, "decay of the squared gradient").range(0, 1).only_with("name", {"rmsprop"});
    o.add("weight_decay", &OptimizerConfig::weight_decay, "L2 penalty; decoupled for adamw").range(0, 1e3);
    for (const auto& [part, rate] : rates_of_parts())
      o.add(std::string(part) + "_lr", rate,
            std::string("learning rate of the ") + part + "'s parameters, scheduled as lr is; 0: that is lr")
          .range(0, 1e3);
  }
};

/// [train] schedule = { ... }
struct ScheduleConfig {
  std::string name = "constant";
  double factor = 0.1;
  std::vector<int64_t> milestones;
  int64_t warmup_epochs = 0;
  double final_fraction = 0.0;
  int64_t patience = 10;
  double threshold = 0.0;
  double min_lr = 0.0;

  static void describe(Options<ScheduleConfig>& o) {
    o.add(
         "name", &ScheduleConfig::name,
         "how the learning rate changes over the epochs; burda is the staircase of Burda et al. (2016), plateau lowers "
         "the rate when the elbo on the validation data has stopped rising")
        .one_of({"constant", "steps", "exponential", "cosine", "burda", "plateau"});
    o.add("factor", &ScheduleConfig::factor,
          "steps: factor at each milestone; exponential: factor each epoch; plateau: factor each time")
        .range(0, 1)
        .only_with("name", {"steps", "exponential", "plateau"});
    o.add("milestones", &ScheduleConfig::milestones, "epochs at which the factor is applied")
        .range(1, 1e9)
        .only_with("name", {"steps"})
        .below("train.max_epochs");
    o.add("warmup_epochs", &ScheduleConfig::warmup_epochs, "epochs over which the rate rises linearly from 0")
        .range(0, 1e6)
        .at_most("train.max_epochs");
    o.add("final_fraction", &ScheduleConfig::final_fraction, "the last rate, as a fraction of lr")
        .range(0, 1)
        .only_with("name", {"cosine"});
    o.add("patience", &ScheduleConfig::patience,
          "test passes without a better elbo on the validation data that are waited through; the next one lowers the "
          "rate")
        .range(0, 1e9)
        .only_with("name", {"plateau"});
    o.add("threshold", &ScheduleConfig::threshold, "nats by which the elbo must rise to count as better")
        .range(0, 1e6)
        .only_with("name", {"plateau"});
    o.add("min_lr", &ScheduleConfig::min_lr, "the rate is not lowered below this")
        .range(0, 1e3)
        .only_with("name", {"plateau"})
        .at_most("train.optimizer.lr");
  }
};

/// [train] early_stopping = { ... }
struct EarlyStoppingConfig {
  int64_t patience = 0;
  double min_delta = 0.0;
  bool restore_best = true;

  static void describe(Options<EarlyStoppingConfig>& o) {
    o.add("patience", &EarlyStoppingConfig::patience,
          "stop after so many test passes without a better elbo on the validation data; 0 never stops")
        .range(0, 1e9)
        .only_with("dataset.valid")
        .or_with("dataset.valid_path");
    o.add("min_delta", &EarlyStoppingConfig::min_delta, "nats by which the elbo must rise to count as better")
        .range(0, 1e6)
        .only_with("patience");
    o.add("restore_best", &EarlyStoppingConfig::restore_best,
          "evaluate and keep the weights of the pass with the best elbo on the validation data, not the last ones")
        .only_with("patience");
  }
};

/// [train]
struct TrainConfig {
  int64_t max_epochs = 100;
  int64_t batch_size = 100;
  int64_t test_every = 1;
  double clip_norm = 0.0;
  int64_t checkpoint_seconds = 60;
  bool keep_state = true;
  int64_t time_limit_seconds = 0;
  double memory_limit_gb = 0.0;
  int64_t threads = 1;
  std::string precision = "float32";
  std::string device = "cpu";
  std::string parameter_prior = "none";
  std::string gradient_scale = "datum";
  std::string start_from;
  std::vector<std::string> freeze;
  int64_t accumulate = 1;
  double average_decay = 0.0;
  std::string keep = "last";

  static void describe(Options<TrainConfig>& o) {
    o.add("max_epochs", &TrainConfig::max_epochs, "passes over the training data").range(1, 1e9);
    o.add("batch_size", &TrainConfig::batch_size, "data in one step").range(1, 1e9);
    o.add("test_every", &TrainConfig::test_every, "epochs between test passes; the last epoch always has one")
        .range(1, 1e9);
    o.add("clip_norm", &TrainConfig::clip_norm, "largest gradient norm over all parameters; 0 does not clip")
        .range(0, 1e12);
    o.add("checkpoint_seconds", &TrainConfig::checkpoint_seconds,
          "seconds between checkpoints; 0 writes one each epoch")
        .range(0, 1e9);
    o.add("keep_state", &TrainConfig::keep_state,
          "whether a finished run keeps what a longer training goes on from (for Adam twice its weights)");
    o.add("time_limit_seconds", &TrainConfig::time_limit_seconds,
          "a run that takes longer in one go is ended and counts as failed; 0 is no limit")
        .range(0, 1e9);
    o.add("memory_limit_gb", &TrainConfig::memory_limit_gb,
          "memory that one run may ask for; 0 is the machine's memory")
        .range(0, 1e6);
    o.add("threads", &TrainConfig::threads, "threads of one run").range(1, 1024);
    o.add("precision", &TrainConfig::precision,
          "of the factors of matrix products in training; all sums, log-densities, weights and evaluations are float32 "
          "or more")
        .one_of({"float32", "tf32", "bf16"});
    o.add("device", &TrainConfig::device,
          "where training and evaluation are computed; auto: on a CUDA device where there is one; the same run "
          "wherever that is")
        .one_of({"cpu", "cuda", "auto"});
    o.add("parameter_prior", &TrainConfig::parameter_prior,
          "normal adds log N(theta; 0, I) / N to the objective: the MAP estimate")
        .one_of({"none", "normal"});
    o.add("gradient_scale", &TrainConfig::gradient_scale,
          "the gradient is that of the mean over data, or of the sum over the N training data (N/M scaling)")
        .one_of({"datum", "dataset"});
    o.add("start_from", &TrainConfig::start_from,
          "the folder of a finished run whose weights training begins with: those of each part that has the same "
          "parameters there");
    o.add("freeze", &TrainConfig::freeze, "parts that keep those weights and are not trained")
        .one_of({"encoder", "decoder", "prior", "likelihood", "objective"})
        .only_with("start_from");
    o.add("accumulate", &TrainConfig::accumulate,
          "batches whose gradients one step of the optimiser takes together, as of one batch so many times as large")
        .range(1, 1e6);
    o.add(
         "average_decay", &TrainConfig::average_decay,
         "decay, at each step, of the weights' exponential moving average, which is then tested, evaluated and kept in "
         "place of the weights; 0 averages nothing")
        .range(0, 0.9999999);
    o.add("keep", &TrainConfig::keep,
          "weights that are evaluated and kept without early stopping: the last ones, or those of the test pass with "
          "the best elbo on the validation data")
        .one_of({"last", "best"})
        .only_with("train.early_stopping.patience", {int64_t{0}})
        .only_with("dataset.valid")
        .or_with("dataset.valid_path");
  }
};

/// In one step of the optimiser.
inline int64_t data_in_a_step(const TrainConfig& config) { return config.batch_size * config.accumulate; }

}  // namespace elbo::host
