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
    o.add("samples", &C::samples, "latent samples for each datum (L of the ELBO, K of the importance-weighted bounds)").range(1, 100000);
    o.add("groups", &C::groups, "miwae, piwae: M, how many groups of `samples` latent samples are drawn").range(1, 100000);
    o.add("mix", &C::mix, "ciwae: weight of the ELBO beside the importance-weighted bound").range(0, 1);
    o.add("gradient", &C::gradient,
          "total; stl leaves out the score of q (biased for more than one importance sample); dreg doubly reparameterises")
        .one_of({"total", "stl", "dreg"});
    o.add("kl", &C::kl, "closed form where prior and posterior have one, or Monte Carlo").one_of({"analytic", "monte_carlo"});
    o.add("beta", &C::beta, "weight of the KL term; the beta = 1 ELBO is logged as well").range(0, 1e6);
    o.add("anneal", &C::anneal, "how beta rises: once over warmup_epochs, or anew in each of the cycles of cycle_epochs")
        .one_of({"linear", "cyclical"});
    o.add("warmup_epochs", &C::warmup_epochs, "epochs over which beta rises linearly from 0").range(0, 1e6);
    o.add("cycle_epochs", &C::cycle_epochs, "anneal = \"cyclical\": epochs of one cycle").range(0, 1e6);
    o.add("cycle_rise", &C::cycle_rise, "anneal = \"cyclical\": share of a cycle in which beta rises").range(0.001, 1);
    o.add("regularizer", &C::regularizer, "bound = \"elbo\": what the KL term is made into; all but kl are no bounds")
        .one_of({"kl", "free_bits", "free_bits_per_example", "capacity", "total_correlation", "mmd"});
    o.add("free_bits", &C::free_bits, "free_bits: nats of KL that each latent dimension has for nothing").range(0, 1e6);
    o.add("capacity", &C::capacity, "capacity: nats towards which the KL is drawn").range(0, 1e6);
    o.add("capacity_epochs", &C::capacity_epochs, "capacity: epochs over which it rises linearly from 0").range(0, 1e6);
    o.add("capacity_weight", &C::capacity_weight, "capacity: weight of the distance from it").range(0, 1e9);
    o.add("mi_weight", &C::mi_weight, "total_correlation: weight of the mutual information I(x; z)").range(0, 1e6);
    o.add("tc_weight", &C::tc_weight, "total_correlation: weight of KL(q(z) || prod_j q(z_j))").range(0, 1e6);
    o.add("dimension_weight", &C::dimension_weight, "total_correlation: weight of sum_j KL(q(z_j) || p(z_j))").range(0, 1e6);
    o.add("tc_estimator", &C::tc_estimator, "total_correlation: how q(z) is estimated from the batch")
        .one_of({"stratified", "weighted"});
    o.add("mmd_weight", &C::mmd_weight, "mmd: lambda, weight of MMD^2(q(z), p(z)) in InfoVAE").range(0, 1e9);
    o.add("info", &C::info, "mmd: alpha of InfoVAE, the share of the KL that the MMD replaces").range(-1e6, 1);
    o.add("mmd_kernel", &C::mmd_kernel, "mmd: exp(-d^2 / 2L), or 2L / (2L + d^2)").one_of({"rbf", "imq"});
    o.add("parameter_prior", &C::parameter_prior, "normal adds log N(theta; 0, I) / N: the MAP estimate").one_of({"none", "normal"});
    o.add("scale", &C::scale, "the gradient is that of the mean over data, or of the sum over the N training data (N/M scaling)")
        .one_of({"datum", "dataset"});
    o.add("mcem_updates", &C::mcem_updates, "mcem: updates of the weights for each move of the chains").range(1, 1e4);
    o.add("leapfrog_steps", &C::leapfrog_steps, "mcem: leapfrog steps of a move").range(1, 1e4);
    o.add("acceptance", &C::acceptance, "mcem: share of moves that the step size is tuned to have accepted").range(0.01, 0.99);
  }
};

}  // namespace elbo
