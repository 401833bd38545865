// The von Mises-Fisher distribution as a posterior (Davidson et al. 2018), and what else is said of the sphere.
#include <cmath>
#include <limits>

#include <elbo/posterior.hpp>
#include "sdk/src/posteriors/polar_angle.hpp"

namespace elbo {
namespace {

constexpr double rounding = 1e-4;  // of |z|^2 in float32, with a margin

/// Of length 1; the first axis for a 0, as features of a black image may be.
Tensor direction_of(const Tensor& towards) {
  const Tensor square = towards.square().sum(1, true), none = square == 0;
  const Tensor axis = (arange(towards.size(1), towards.detach()) == 0).to(towards.scalar_type());
  return elbo::where(none, axis, towards / square.masked_fill(none, 1).sqrt());
}

class VonMisesFisher final : public Posterior {
 public:
  VonMisesFisher(const Tensor& towards, const Tensor& log_concentration)
      : type_(towards.scalar_type()),
        direction_(direction_of(towards.to(at::kDouble))),
        concentration_(log_concentration.to(at::kDouble).exp()),
        angle_(towards.size(1), concentration_.detach()) {
    const auto given = [&](const Tensor& value, const Tensor& slope) {
      return apply_rule(concentration_, [&](const Tensor&, bool) { return Derived{value, slope, {}}; });
    };
    log_peak_ = given(angle_.log_peak(), angle_.mean_gap());
    mean_gap_ = given(angle_.mean_gap(), -angle_.gap_variance());
  }

  // A point about a pole of the first axis, mirrored so that the pole comes to the direction. Of the two poles it
  // is the one farther from the direction: that mirror is never undefined, and its gradient never large.
  Sample draw(int64_t samples, Rng& rng) const override {
    const int64_t batch = direction_.size(0), latents = direction_.size(1);
    Rng own = rng.like(direction_.detach());
    const Tensor u = own.uniform({samples, batch, 1}).squeeze(2), around = own.normal({samples, batch, latents - 1});
    const Tensor angle = apply_rule(concentration_.expand({samples, batch}),
                                    [&](const Tensor&, bool derivative) { return angle_.at(u, derivative); });
    const Tensor side =
        elbo::where(direction_.detach().slice(1, 0, 1) < 0, full({1, 1}, -1, u), full({1, 1}, 1, u));  // [B, 1]
    const Tensor across = angle.sin().unsqueeze(2) * around / around.square().sum(2, true).sqrt();
    const Tensor about_pole = cat({angle.cos().unsqueeze(2) * -side, across}, 2);
    const Tensor pole = cat({-side, zeros({batch, latents - 1}, u)}, 1), normal = direction_ - pole;
    const Tensor z = about_pole - 2 * ((about_pole * normal).sum(2, true) / normal.square().sum(1, true)) * normal;
    return {z.to(type_), (log_peak_ - 2 * concentration_ * (angle / 2).sin().square()).to(type_)};
  }

  /// The direction: the mean itself lies within the sphere, where no decoder has ever been.
  Tensor mean() const override { return direction_.to(type_); }

  std::optional<Tensor> log_prob(const Tensor& z) const override {
    const Tensor gap = (z.to(at::kDouble) - direction_).square().sum(2) / 2;
    return (log_peak_ - concentration_ * gap)
        .masked_fill(off_sphere(z), -std::numeric_limits<double>::infinity())
        .to(z.scalar_type());
  }

  std::optional<VonMisesFisherParams> von_mises_fisher() const override {
    return {{direction_.to(type_), concentration_, log_peak_, mean_gap_}};
  }

 private:
  at::ScalarType type_;
  Tensor direction_, concentration_;  // [B, L], [B]
  PolarAngle angle_;
  Tensor log_peak_, mean_gap_;  // [B]
};

}  // namespace

double log_sphere_area(int64_t dims) {
  const double half = static_cast<double>(dims) / 2;
  return std::log(2) + half * std::log(M_PI) - std::lgamma(half);
}

Tensor off_sphere(const Tensor& z) { return (z.square().sum(2) - 1).abs() > rounding; }

Tensor onto_sphere(const Tensor& z) { return z / z.square().sum(-1, true).sqrt(); }

std::unique_ptr<Posterior> posteriors::von_mises_fisher(const Tensor& towards, const Tensor& log_concentration) {
  return std::make_unique<VonMisesFisher>(towards, log_concentration);
}

std::optional<Tensor> kl_to_uniform_on_sphere(const Posterior& q) {
  const auto p = q.von_mises_fisher();
  if (!p) return {};
  const int64_t latents = p->direction.size(1);
  const Tensor whole = p->log_peak - p->concentration * p->mean_gap + log_sphere_area(latents);
  return (whole / static_cast<double>(latents)).unsqueeze(1).expand_as(p->direction).to(p->direction.scalar_type());
}

}  // namespace elbo
