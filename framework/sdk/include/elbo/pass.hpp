// One pass of a batch through the model, which an objective makes its terms of.
#pragma once
#include <optional>

#include <elbo/posterior.hpp>

namespace elbo {

/// Where z comes from, and what carries gradient to the encoder.
enum class Latent {
  sample,  // z ~ q(z|x), all of it
  path,   // z ~ q(z|x), but log q(z|x) is that of fixed parameters: gradient flows through z alone (Roeder et al. 2017)
  score,  // z ~ q(z|x), but z carries no gradient: it flows through log q(z|x) alone (Williams 1992)
  mean    // z = E_q[z|x], without noise
};

/// Adds factor x (sum of the values of t): a mean over the batch that the host adds up in float64, all terms in one node of the graph.
struct Summand {
  Tensor t;
  double factor = 1;

  /// Scalar, of t's dtype.
  Tensor value() const { return t.sum() * factor; }
};

/// The mean of values [S, B] or [B], or of a scalar.
inline Summand mean_of(const Tensor& t) { return {t, 1 / static_cast<double>(t.numel())}; }
/// The mean over the batch of values [B, L] that are summed over L.
inline Summand mean_of_rows(const Tensor& t) { return {t, 1 / static_cast<double>(t.size(0))}; }

struct ELBO_EXPORT Pass {
  std::unique_ptr<Posterior> posterior;  // q(z|x)
  Tensor z;                              // [S, B, L]
  Tensor log_lik;                        // [S, B], log p(x|z)
  Tensor log_q, log_prior;               // [S, B]; undefined for Latent::mean
  std::optional<Tensor> kl_per_dim;      // [B, L], closed form
  bool sampled_kl = false;  // the mean of log q(z|x) - log p(z) stands for the KL even where that has a closed form

  /// log p(x, z) - log q(z|x), [S, B]
  Tensor log_weight() const { return log_lik + log_prior - log_q; }
  bool has_closed_kl() const { return kl_per_dim.has_value() && !sampled_kl; }

  /// The terms of the ELBO over the batch, for do_values().
  Summand reconstruction() const { return mean_of(log_lik); }
  Summand kl() const { return has_closed_kl() ? mean_of_rows(*kl_per_dim) : mean_of(log_q - log_prior); }

  /// The same per datum, [B]; the last two are undefined for Latent::mean.
  Tensor reconstruction_each() const;
  Tensor kl_each() const;
  Tensor elbo_each() const;
};

}  // namespace elbo
