// What objectives are made of: options that several have, bounds, parts and substitutes of the KL, Markov chains. Functions of tensors
// throw c10::Error, libtorch's exception, where shapes do not fit together; the others nothing but what is said.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include <elbo/objective.hpp>
#include <elbo/options.hpp>

namespace elbo {

// -------------------------------------------------------------------------- options of the KL term

/// The options of objectives with a KL term.
struct ELBO_EXPORT KlOptions {
  int64_t samples = 1;
  std::string kl = "analytic";

  /// Adds the options samples and kl.
  static void describe(Options<KlOptions>& o);
  bool is_sampled() const { return kl == "monte_carlo"; }
  Sampling sampling() const { return {.samples = samples, .sampled_kl = is_sampled()}; }
  ObjectiveTerm term(double weight) const;
};

/// The same with the gradient that leaves out the score of q(z|x), whose mean is zero (Roeder et al. 2017).
struct ELBO_EXPORT KlGradientOptions {
  KlOptions kl;
  std::string gradient = "total";

  /// Adds the options of KlOptions and gradient.
  static void describe(Options<KlGradientOptions>& o);
  Sampling sampling() const;
  ObjectiveTerm term(double weight) const { return kl.term(weight); }
  std::vector<std::string> remarks() const;
};

// ---------------------------------------------------------------------------- the weight of the KL, which may rise while training

/// The share of its final value that a number has which rises linearly from 0 over so many epochs; 1 without any.
ELBO_EXPORT double linear_rise(double epoch, int64_t epochs);

/// The options of objectives that weigh their KL term.
struct ELBO_EXPORT BetaSchedule {
  double beta = 1;
  int64_t cycle_epochs = 0;
  double cycle_rise = 0.5;
  int64_t warmup_epochs = 0;

  /// Adds the options beta, cycle_epochs, cycle_rise and warmup_epochs.
  static void describe(Options<BetaSchedule>& o);
  /// In this epoch, as Objective::terms() counts them. In cycles: Fu et al. (2019).
  double at(double epoch) const;
  bool is_constant() const { return warmup_epochs == 0 && cycle_epochs == 0; }
  /// Whether it is 1 in every epoch.
  bool is_one() const { return beta == 1 && is_constant(); }
  std::vector<Scheduled> scheduled(double epoch) const { return {{"beta", at(epoch), "weight of the KL term"}}; }
  /// How it rises; none where it does not.
  std::vector<std::string> remarks() const;
};

// ------------------------------------------------------------------------------ importance weights

// Bounds of importance weights w_k = p(x, z_k) / q(z_k|x), and the options of the objectives that climb them.

/// log mean_k w_k [B] over groups of K samples of log w [M K, B], averaged over the M groups: IWAE (Burda et al. 2016)
/// for M = 1, else MIWAE (Rainforth et al. 2018).
ELBO_EXPORT Tensor grouped_bound(const Tensor& log_w, int64_t groups);

/// log p(x|z) + beta (log p(z) - log q(z|x)), [S, B]
inline Tensor log_weights(const Pass& pass, double beta) { return pass.log_lik + beta * (pass.log_prior - pass.log_q); }

/// A scalar whose gradient for the encoder weighs w_k once more (Tucker et al. 2019), on a pass with Latent::path. The other
/// parameters see sum_k w_k grad log w_k, as in the bound itself.
ELBO_EXPORT Tensor doubly_reparameterised(const Pass& pass, int64_t groups);

/// "log (1/5) sum_k p(x|z_k) p(z_k) / q(z_k|x)"; with `weighted` the ratio of prior and posterior is to the power beta.
ELBO_EXPORT std::string importance_formula(int64_t samples, bool weighted);

/// How many samples, and by which gradient.
struct ELBO_EXPORT ImportanceOptions {
  int64_t samples = 5;
  std::string gradient = "total";

  /// Adds the options samples and gradient.
  static void describe(Options<ImportanceOptions>& o);
  bool is_doubly_reparameterised() const { return gradient == "dreg"; }
  Sampling sampling(int64_t groups = 1) const {
    return {.samples = samples * groups, .latent = gradient == "total" ? Latent::sample : Latent::path};
  }
  std::vector<std::string> remarks() const;
  /// Throws UserError where the gradient and the weight of the KL do not go together.
  void check(bool beta_is_one) const;
};

// ------------------------------------------------------------------------------------------ the KL

/// Free bits: sum_j max(floor, KL_j) in nats, from KL [B, L]. The batch mean stands inside the maximum (Kingma et al.
/// 2016, Eq. 15) -> scalar; with `per_example` each data point has its own floor -> [B], another objective.
ELBO_EXPORT Tensor floored_kl(const Tensor& kl_per_dim, double floor, bool per_example);

/// The three parts of E_x KL(q(z|x) || p(z)), estimated on one batch, scalars in nats (Chen et al. 2018).
struct KlParts {
  Tensor mutual_information;  // E[log q(z|x) - log q(z)]
  Tensor total_correlation;   // E[log q(z) - sum_j log q(z_j)]
  Tensor dimension_kl;        // E[sum_j log q(z_j) - log p(z)]
};

/// z [S, B, L] drawn from the factorised normals q(z|x_b), of N training data in all. `stratified` weighs a data point's own
/// component 1/N, one other (N - B + 1) / (N (B - 1)) and the rest 1 / (B - 1), so that q(z) is estimated without bias;
/// `weighted` is minibatch-weighted sampling, low by up to log(N B). Throws what prior.log_prob throws.
ELBO_EXPORT KlParts kl_parts(const Tensor& z, const DiagonalNormalParams& q, const Prior& prior, int64_t total,
                             const std::string& estimator);

/// MMD^2 (V-statistic) between the rows of a [n, L] and b [m, L], scalar (Gretton et al. 2012).
/// rbf: exp(-d^2 / 2L); imq: 2L / (2L + d^2) (Tolstikhin et al. 2018).
ELBO_EXPORT Tensor mmd_squared(const Tensor& a, const Tensor& b, const std::string& kernel);

// ----------------------------------------------------------------------------------- Markov chains

// Hamiltonian Monte Carlo (Duane et al. 1987; Neal 2011) on many data and chains at once.

/// log f(z), z [S, B, L] -> [S, B], up to a constant; differentiable in z.
using LogDensity = std::function<Tensor(const Tensor& z)>;

struct Move {
  Tensor z;           // [S, B, L], the next states
  Tensor acceptance;  // [S, B], the probability with which the proposal was accepted
};

/// One transition of every chain, which leaves f invariant and is reversible: momenta from N(0, I), `leapfrog_steps` of
/// size `step` [B] less or more a fifth, then Metropolis. A proposal whose density is not finite is rejected. All noise comes from rng.
ELBO_EXPORT Move hmc_move(const LogDensity& log_f, const Tensor& z, const Tensor& step, int64_t leapfrog_steps,
                          const Rng& rng);

/// Throws UserError where z [S, B, L] lie on the unit sphere, as those of a von Mises-Fisher distribution: HMC would leave it.
ELBO_EXPORT void must_fill_space(const Tensor& z);

/// The step sizes [B] that bring the acceptance nearer to `target`; each data point's follow its own chains alone, so that no
/// result depends on how the data are batched. `gain` is the change of log step for each unit of acceptance that is off.
ELBO_EXPORT Tensor adapted(const Tensor& step, const Move& move, double target, double gain = 0.1);

}  // namespace elbo
