// Bounds of importance weights w_k = p(x, z_k) / q(z_k|x), and the options of the objectives that climb them.
#pragma once
#include <string>

#include <elbo/objective.hpp>

namespace elbo {

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

/// How many samples, and by which gradient; a Config derives from it.
struct ImportanceOptions {
  int64_t samples = 5;
  std::string gradient = "total";

  template <class Config>
  static void describe(Options<Config>& o) {
    o.template add<int64_t>("samples", &Config::samples, "K, importance samples for each datum, of each group")
        .range(1, 100000);
    o.template add<std::string>("gradient", &Config::gradient,
                                "total; stl leaves out the score of q (biased for more than one sample); dreg doubly "
                                "reparameterises, with beta = 1 throughout")
        .one_of({"total", "stl", "dreg"});
  }
  bool is_doubly_reparameterised() const { return gradient == "dreg"; }
  Sampling sampling(int64_t groups = 1) const {
    return {.samples = samples * groups, .latent = gradient == "total" ? Latent::sample : Latent::path};
  }
  std::vector<std::string> remarks() const {
    if (is_doubly_reparameterised()) return {"doubly reparameterised gradient"};
    if (gradient == "stl")
      return {std::string("gradient without the score of q (sticking the landing)") +
              (samples > 1 ? ", biased for K > 1" : "")};
    return {};
  }
  /// Throws UserError where the gradient and the weight of the KL do not go together.
  void check(bool beta_is_one) const {
    if (is_doubly_reparameterised() && !beta_is_one)
      throw UserError(
          "gradient is \"dreg\" with a beta that is not 1 throughout; expected beta = 1 without warm-up or cycles");
  }
};

}  // namespace elbo
