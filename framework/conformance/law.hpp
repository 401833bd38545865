// The law of one small observation under fixed parameters, in float64: what can be summed and integrated exactly.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include <elbo/model.hpp>

namespace elbo::conformance {

class Law {
 public:
  /// raw [numel(params)]
  Law(std::shared_ptr<Likelihood> likelihood, Tensor raw);

  Support support() const { return likelihood_->support(); }
  const Shape& shape() const { return likelihood_->context().observation.shape; }
  int64_t levels() const { return likelihood_->context().observation.levels; }
  /// "at raw loc = 0.5, ..."
  std::string where() const;

  /// x [m, X...] -> [m]
  Tensor log_prob(const Tensor& x) const;
  /// The same at other raw parameters [numel(params)], with its gradient.
  Tensor log_prob_at(const Tensor& x, const Tensor& raw) const;
  const Tensor& raw() const { return raw_; }
  /// lo, hi [m, X...] -> [m], where the likelihood offers it.
  std::optional<Tensor> log_mass(const Tensor& lo, const Tensor& hi) const;
  /// [m, X...]
  Tensor draws(int64_t m, uint64_t seed) const;
  bool has_mean() const { return likelihood_->has_mean(); }
  /// [X...]
  Tensor mean() const;
  std::optional<Tensor> variance() const;
  /// d log_prob(x_m) / d raw, [m, numel(params)]
  Tensor score(const Tensor& x) const;

 private:
  Theta theta(const Tensor& raw, int64_t m) const;

  std::shared_ptr<Likelihood> likelihood_;
  Tensor raw_;
};

/// Whether every value of x is a case of its own that can be counted.
bool is_countable(Support support);

}  // namespace elbo::conformance
