// Importance distributions that are fitted to the posterior of one data point.
#pragma once
#include <vector>

#include <elbo/random.hpp>

namespace elbo::host {

/// A mean [M] and a lower triangular root [M, M] of a covariance, float64 on the CPU.
struct Location {
  Tensor mean, root;

  double log_det() const;                    // log of root's determinant
  Tensor whitened(const Tensor& y) const;    // root^-1 (y - mean), y [..., M]
  Tensor unwhitened(const Tensor& u) const;  // mean + root u, u [..., M]
};

/// A mixture of multivariate Student-t distributions with 20 degrees of freedom. A normal distribution would have infinite
/// variance of the weights wherever the tail of the posterior is that of a normal prior.
class StudentT {
 public:
  struct Part {
    Location at;
    double share = 1;  // of the samples
  };
  explicit StudentT(std::vector<Part> parts) : parts_(std::move(parts)) {}
  explicit StudentT(const Location& at) : StudentT(std::vector<Part>{{at, 1}}) {}

  const std::vector<Part>& parts() const { return parts_; }
  /// The mixture whose shares are those that n samples can have: each part gets round(share n), the last one the rest.
  StudentT rounded(int64_t n) const;
  /// [n, M], of each part as many as its share says. rng is that of one data point.
  Tensor sample(int64_t n, const Rng& rng) const;
  /// log density [...] of y [..., M], differentiable.
  Tensor log_prob(const Tensor& y) const;

 private:
  std::vector<Part> parts_;
};

/// log N(mean + root u) [...] for u [..., M] in whitened coordinates.
Tensor normal_log_prob(const Location& at, const Tensor& u);

}  // namespace elbo::host
