// log p(x, z) of some data points as a function of their latents, with gradients with respect to the latents alone.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "evidence/latent_space.hpp"
#include "evidence/proposal.hpp"

namespace elbo::host {

/// The rows of a batch with these numbers.
Batch rows_of(const Batch& batch, const std::vector<int64_t>& rows);

struct Scores {
  Tensor values;     // [S, A], log p(x, y)
  Tensor gradients;  // [S, A, M]
};

/// log p(x, z(y)) + log |dz/dy| for a batch. What it takes and returns are float64 on the CPU; the model computes in its own type on
/// its own device. The model's parameters must be held (HeldParameters). `pulse` is called before every decoder pass and may throw.
class LatentDensity {
 public:
  LatentDensity(const Model& model, Batch batch, observation::Scoring scoring, const LatentSpace& space,
                int64_t samples_at_once, std::function<void()> pulse);

  int64_t data() const { return batch_.size(); }
  const LatentSpace& space() const { return space_; }
  /// Noise for these data points.
  Rng noise_of(const Rng& rng, const std::vector<int64_t>& data) const;

  /// y [S, A, M] of the data points with these places in the batch -> [S, A].
  Tensor values(const Tensor& y, const std::vector<int64_t>& data) const;
  /// Throws UserError where log p(x, z) has no gradient.
  Scores scores(const Tensor& y, const std::vector<int64_t>& data) const;
  /// y [S, M] of one data point -> [S], differentiable in y.
  Tensor log_joint(const Tensor& y, int64_t datum) const;

  /// log p(x, z) - log q(z|x) [S, B] for samples of the encoder's posterior.
  Tensor encoder_log_weights(int64_t samples, const Rng& rng) const;
  /// The same [S] at given y [S, M] of one data point; undefined where the posterior cannot be evaluated.
  Tensor encoder_log_weights_at(const Tensor& y, int64_t datum) const;
  /// Mean and covariance of the encoder's posterior of each data point in y, or of the prior where they are not finite.
  std::vector<Location> encoder_locations(const Rng& rng) const;
  /// The prior's covariance about 0.
  Location prior_location() const;
  /// Samples of the prior in y [n, A, M], of each data point its own.
  Tensor prior_samples(int64_t n, const std::vector<int64_t>& data, const Rng& rng) const;
  /// z [S, L] of one data point in y.
  Tensor y_of(const Tensor& z, int64_t datum) const;

  /// Decoder passes so far for a data point; one with a gradient counts 2.
  double passes(int64_t datum) const { return passes_[static_cast<size_t>(datum)]; }

 private:
  Tensor joint(const Batch& batch, const Tensor& z) const;
  Tensor joint_in_y(const Batch& batch, const Tensor& poles, const Tensor& y) const;
  Tensor poles_of(const std::vector<int64_t>& data) const;
  void count(const std::vector<int64_t>& data, double passes) const;

  const Model& model_;
  Batch batch_;
  observation::Scoring scoring_;
  const LatentSpace& space_;
  int64_t samples_at_once_;
  std::function<void()> pulse_;
  std::shared_ptr<Posterior> posterior_;
  Tensor poles_;  // [B, L] on the sphere
  mutable std::vector<double> passes_;
};

/// log weights [n, A] of n samples of each data point's proposal.
Tensor log_weights(const LatentDensity& f, const std::vector<int64_t>& data, const std::vector<StudentT>& proposals,
                   int64_t n, const Rng& rng);

/// The numbers of a tensor, row-major.
std::vector<double> values_of(const Tensor& t);

}  // namespace elbo::host
