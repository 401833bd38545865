// The distribution of one small observation under fixed parameters, in float64: what can be summed and integrated exactly.
#pragma once
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include <elbo/model.hpp>

namespace elbo::host::conformance {

class Distribution {
 public:
  /// raw [numel(params)]
  Distribution(std::shared_ptr<Likelihood> likelihood, Tensor raw);

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
  bool offers_log_mass() const;
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

inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// Ends [65] of 64 intervals that make up the whole support, about where the distribution of one value is.
Tensor interval_edges(const Distribution& p);
/// The masses between neighbouring edges, of a distribution that offers them.
Tensor masses_between(const Distribution& p, const Tensor& edges);

/// Whether every value of x is a case of its own that can be counted.
bool is_countable(Support support);

/// All values of x, or the nodes of a quadrature, each with its share of the mass.
struct Weighted {
  Tensor x;     // [m, X...]
  Tensor mass;  // [m]
  double beyond =
      0;  // bound of the mass that was not counted; not small where the distribution reaches too far to be summed
};

/// Nodes and masses of a density over its whole support: Gauss-Kronrod panels of 15 points (Kronrod 1965), halved where
/// they are not exact enough, in a coordinate that reaches far into the tails.
Weighted quadrature(const Distribution& p, const Tensor& edges);

/// Between two finite values.
double integral(const Distribution& p, double lo, double hi);

/// The log of it, over an interval so narrow that the density is smooth in it, however small it is.
double log_integral(const Distribution& p, double lo, double hi);

/// The log of the mass between `from` and an end of the support, far in a tail that changes over about `step`; nothing where the
/// tail is not exhausted.
std::optional<double> log_tail(const Distribution& p, double from, double end, double step);

/// The whole distribution; edges [n], if given, are ends of quadrature panels, so that masses between them can be told apart.
Weighted whole(const Distribution& p, const Tensor& edges = {});

}  // namespace elbo::host::conformance
