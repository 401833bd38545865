// What is said of a model on data it was not trained on. No number here is of an annealed weight or a regulariser.
#pragma once
#include <functional>
#include <vector>

#include <elbo/posterior.hpp>

#include "metrics/statistics.hpp"
#include "model/forward.hpp"

namespace elbo::host {

/// Importance-weighted log p(x) of the first `count` data of the test part, K samples each.
struct ImportanceResult {
  std::vector<double> log_px, effective_samples, bias;  // one a data point
  std::vector<double> pareto_k;                         // one a data point; NaN for too few samples
  std::vector<double> half_log_px;                      // one a data point: with the first K / 2 samples; NaN for K = 1
};
/// `tick` is called with the fraction done, and may throw to stop.
ImportanceResult importance_weighted(Model& model, const BatchSource& source, int64_t count, int64_t samples,
                                     int64_t batch_size, const Rng& rng, const std::function<void(double)>& tick);

/// The bound of the first K of the samples.
struct ImportancePoint {
  int64_t samples = 0;                                            // K
  std::vector<double> log_px, effective_samples, bias, pareto_k;  // one a data point
};
/// One point for each K, ascending, in one pass over as many samples as the largest.
std::vector<ImportancePoint> importance_curve(Model& model, const BatchSource& source, int64_t count,
                                              const std::vector<int64_t>& samples, int64_t batch_size, const Rng& rng,
                                              const std::function<void(double)>& tick);

/// Posterior means and standard deviations (posterior_stddev()) of test data, [rows, L] row-major.
struct Latents {
  std::vector<float> mean, scale;
};
Latents latents(Model& model, const BatchSource& source, int64_t rows);

/// Var_x(E_q[z_j|x]) above which a latent dimension is active (Burda et al. 2016).
inline constexpr double active_variance = 0.01;
/// Var_x(E_q[z_j|x]) over the first test data, [L].
std::vector<double> activity(Model& model, const BatchSource& source, int64_t rows);

/// Standard deviation of each latent of q(z|x), [B, L]: exact for normal, Laplace, uniform and von Mises-Fisher
/// distributions, else that of 100 draws, right to about 7 %. `ids` [B] are the data's, so that neither depends on the
/// batch.
Tensor posterior_stddev(const Posterior& q, const Tensor& ids);

}  // namespace elbo::host
