// Coordinates without bounds for the latents of a model, in which posteriors can be approximated by normal distributions.
#pragma once
#include <elbo/random.hpp>

#include "model/model.hpp"

namespace elbo::host {

/// Maps y [S, B, M] to z [S, B, L]. In most models y is z. Where the prior lives on the box [-1, 1]^L, z = tanh(y / 2). Where it
/// lives on the unit sphere, y are the M = L - 1 stereographic coordinates about a pole of each data point, which leave out one
/// point of the sphere and no mass.
class LatentSpace {
 public:
  /// Asks the prior where it is positive, by samples from rng. Throws UserError for a bounded support that is not [-1, 1]^L.
  LatentSpace(const Model& model, const Tensor& like, const Rng& rng);

  int64_t dims() const { return dims_; }
  /// Whether y is z.
  bool is_plain() const { return kind_ == Kind::plain; }
  bool is_on_sphere() const { return kind_ == Kind::sphere; }
  /// poles [B, L], used on the sphere only.
  Tensor z_of(const Tensor& y, const Tensor& poles) const;
  Tensor y_of(const Tensor& z, const Tensor& poles) const;
  /// log |dz/dy| [S, B] in float64; undefined where it is 0.
  Tensor log_jacobian(const Tensor& y) const;
  /// Covariance [M, M] of the prior in y, float64 on the CPU.
  const Tensor& prior_covariance() const { return prior_covariance_; }

 private:
  enum class Kind { plain, box, sphere };
  Kind kind_ = Kind::plain;
  int64_t dims_;
  Tensor prior_covariance_;
};

}  // namespace elbo::host
