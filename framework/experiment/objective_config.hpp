// The section [objective]: what is maximised, and by which estimator of its gradient.
#pragma once
#include <string>

#include <elbo/options.hpp>

namespace elbo {

struct ObjectiveConfig {
  std::string bound = "elbo";
  int64_t samples = 1;
  int64_t groups = 1;
  double mix = 0.5;
  std::string gradient = "total";
  std::string kl = "analytic";
  double beta = 1.0;
  std::string anneal = "linear";
  int64_t warmup_epochs = 0;
  int64_t cycle_epochs = 0;
  double cycle_rise = 0.5;
  std::string regularizer = "kl";
  double free_bits = 0.1;
  double capacity = 25.0;
  int64_t capacity_epochs = 0;
  double capacity_weight = 1000.0;
  double mi_weight = 1.0;
  double tc_weight = 6.0;
  double dimension_weight = 1.0;
  std::string tc_estimator = "stratified";
  double mmd_weight = 10.0;
  double info = 0.0;
  std::string mmd_kernel = "rbf";
  std::string parameter_prior = "none";
  std::string scale = "datum";
  int64_t mcem_updates = 5;
  int64_t leapfrog_steps = 10;
  double acceptance = 0.9;

  static void describe(Options<ObjectiveConfig>& o) {
    using C = ObjectiveConfig;
    o.add("bound", &C::bound, "what is maximised; wake_sleep and mcem have two objectives, autoencoder neither sampling nor KL: no bounds")
        .one_of({"elbo", "iwae", "miwae", "piwae", "ciwae", "wake_sleep", "mcem", "autoencoder"});
    o.add("samples", &C::samples, "latent samples for each datum (L of the ELBO, K of the importance-weighted bounds)").range(1, 100000)
        .not_with("bound", {"autoencoder"});
    o.add("groups", &C::groups, "M, how many groups of `samples` latent samples are drawn").range(1, 100000)
        .only_with("bound", {"miwae", "piwae"});
    o.add("mix", &C::mix, "weight of the ELBO beside the importance-weighted bound").range(0, 1)
        .only_with("bound", {"ciwae"});
    o.add("gradient", &C::gradient,
          "total; stl leaves out the score of q (biased for more than one importance sample); dreg doubly reparameterises")
        .one_of({"total", "stl", "dreg"}).not_with("bound", {"autoencoder"});
    o.add("kl", &C::kl, "closed form where prior and posterior have one, or Monte Carlo").one_of({"analytic", "monte_carlo"})
        .only_with("bound", {"elbo", "ciwae", "mcem"});
    o.add("beta", &C::beta, "weight of the KL term; the beta = 1 ELBO is logged as well").range(0, 1e6)
        .only_with("bound", {"elbo", "iwae", "miwae", "piwae", "ciwae"}).not_with("regularizer", {"capacity"});
    o.add("anneal", &C::anneal, "how beta rises: once over warmup_epochs, or anew in each of the cycles of cycle_epochs")
        .one_of({"linear", "cyclical"}).only_with("beta");
    o.add("warmup_epochs", &C::warmup_epochs, "epochs over which beta rises linearly from 0").range(0, 1e6)
        .only_with("anneal", {"linear"}).at_most("train.max_epochs");
    o.add("cycle_epochs", &C::cycle_epochs, "epochs of one cycle").range(0, 1e6)
        .only_with("anneal", {"cyclical"}).at_most("train.max_epochs");
    o.add("cycle_rise", &C::cycle_rise, "share of a cycle in which beta rises").range(0.001, 1)
        .only_with("anneal", {"cyclical"});
    o.add("regularizer", &C::regularizer, "what the KL term is made into; all but kl are no bounds")
        .one_of({"kl", "free_bits", "free_bits_per_example", "capacity", "total_correlation", "mmd"})
        .only_with("bound", {"elbo"});
    o.add("free_bits", &C::free_bits, "nats of KL that each latent dimension has for nothing").range(0, 1e6)
        .only_with("regularizer", {"free_bits", "free_bits_per_example"}).only_with("beta");
    o.add("capacity", &C::capacity, "nats towards which the KL is drawn").range(0, 1e6)
        .only_with("regularizer", {"capacity"});
    o.add("capacity_epochs", &C::capacity_epochs, "epochs over which it rises linearly from 0").range(0, 1e6)
        .only_with("regularizer", {"capacity"}).at_most("train.max_epochs");
    o.add("capacity_weight", &C::capacity_weight, "weight of the distance from it").range(0, 1e9)
        .only_with("regularizer", {"capacity"});
    o.add("mi_weight", &C::mi_weight, "weight of the mutual information I(x; z)").range(0, 1e6)
        .only_with("regularizer", {"total_correlation"}).only_with("beta");
    o.add("tc_weight", &C::tc_weight, "weight of KL(q(z) || prod_j q(z_j))").range(0, 1e6)
        .only_with("regularizer", {"total_correlation"}).only_with("beta");
    o.add("dimension_weight", &C::dimension_weight, "weight of sum_j KL(q(z_j) || p(z_j))").range(0, 1e6)
        .only_with("regularizer", {"total_correlation"}).only_with("beta");
    o.add("tc_estimator", &C::tc_estimator, "how q(z) is estimated from the batch")
        .one_of({"stratified", "weighted"}).only_with("regularizer", {"total_correlation"}).only_with("beta");
    o.add("mmd_weight", &C::mmd_weight, "lambda, weight of MMD^2(q(z), p(z)) in InfoVAE").range(0, 1e9)
        .only_with("regularizer", {"mmd"});
    o.add("info", &C::info, "alpha of InfoVAE, the share of the KL that the MMD replaces").range(-1e6, 1)
        .only_with("regularizer", {"mmd"});
    o.add("mmd_kernel", &C::mmd_kernel, "exp(-d^2 / 2L), or 2L / (2L + d^2)").one_of({"rbf", "imq"})
        .only_with("regularizer", {"mmd"});
    o.add("parameter_prior", &C::parameter_prior, "normal adds log N(theta; 0, I) / N: the MAP estimate").one_of({"none", "normal"});
    o.add("scale", &C::scale, "the gradient is that of the mean over data, or of the sum over the N training data (N/M scaling)")
        .one_of({"datum", "dataset"});
    o.add("mcem_updates", &C::mcem_updates, "updates of the weights for each move of the chains").range(1, 1e4)
        .only_with("bound", {"mcem"});
    o.add("leapfrog_steps", &C::leapfrog_steps, "leapfrog steps of a move").range(1, 1e4).only_with("bound", {"mcem"});
    o.add("acceptance", &C::acceptance, "share of moves that the step size is tuned to have accepted").range(0.01, 0.99)
        .only_with("bound", {"mcem"});
  }
};

}  // namespace elbo
