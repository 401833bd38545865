// Mardia & Jupp (2000). A value is a part of a turn, so that an angle, an hour of the day and a day of the year are alike.
#include <elbo/sdk.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/atan2.h>
#include <ATen/ops/special_i0e.h>

#include <cmath>
#include <utility>

namespace {
using elbo::Tensor, elbo::Theta;

class VonMises final : public elbo::Likelihood {
 public:
  struct Config {
    double max_concentration = 1e5;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("max_concentration", &Config::max_concentration,
          "soft upper bound of the concentration, which is 1 / variance of a narrow distribution, in radians; without "
          "one "
          "the density of a value that never varies has no maximum")
        .range(1, 1e8);
  }
  VonMises(const Config& config, const elbo::Context& context)
      : shape_(context.observation.shape), most_(config.max_concentration) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::unit_interval; }
  // A vector towards the mean direction, whose length is the concentration: without an angle that jumps, and smooth where it is 0.
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"cosine", shape_}, {"sine", shape_}}; }

  struct Direction {
    Tensor cosine, sine, concentration;  // float64; the first two times the concentration
  };
  Direction direction(const Theta& theta) const {
    const Tensor v = elbo::stack({theta["cosine"], theta["sine"]}, 0).toType(at::kDouble);
    const Tensor square = v.square().sum(0), kept = (square / (most_ * most_) + 1).rsqrt(), bounded = v * kept;
    // sqrt has no slope at 0, where the density has none by the length
    return {bounded[0], bounded[1], square.clamp_min(1e-300).sqrt() * kept};
  }
  static Tensor rounded(const Tensor& t, const Theta& theta) { return t.toType(theta.flat().scalar_type()); }
  static Tensor is_part(const Tensor& x) { return (x >= 0).logical_and(x <= 1); }

  // e^(k cos) / I0(k) with both scaled by e^-k; the density of the angle in radians has a further 1 / (2 pi).
  Tensor each(const Tensor& x, const Tensor& valid, const Theta& theta) const {
    const Tensor angle = x.masked_fill(valid.logical_not(), 0).toType(at::kDouble) * (2 * M_PI);
    const auto [cosine, sine, k] = direction(theta);
    return cosine * angle.cos() + sine * angle.sin() - k - at::special_i0e(k).log();
  }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = is_part(x);
    return rounded(elbo::minus_inf_outside(valid, elbo::sum_event(each(x, valid, theta))), theta);
  }
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = is_part(x);
    return rounded(each(x, valid, theta).masked_fill(valid.logical_not(), -INFINITY), theta);
  }

  /// Nodes and weights of Gauss and Legendre on [0, 1], by Newton's method.
  static std::pair<Tensor, Tensor> rule(const Tensor& like) {
    constexpr int n = 40;
    std::vector<Tensor> nodes, weights;
    for (int i = 0; i < n; ++i) {
      double x = std::cos(M_PI * (i + 0.75) / (n + 0.5)), slope = 0;
      for (int step = 0; step < 8; ++step) {
        double before = 1, here = x;
        for (int k = 2; k <= n; ++k) before = std::exchange(here, ((2 * k - 1) * x * here - (k - 1) * before) / k);
        slope = n * (x * here - before) / (x * x - 1);
        x -= here / slope;
      }
      nodes.push_back(elbo::full({}, (x + 1) / 2, like));
      weights.push_back(elbo::full({}, 1 / ((1 - x * x) * slope * slope), like));
    }
    return {elbo::stack(nodes, 0), elbo::stack(weights, 0)};
  }

  // Between the mean direction and its opposite the density falls. Of each of the at most four stretches of [lo, hi] between two such
  // places the part counts on which it falls by e^-50 at most: on that the rule is exact.
  struct Nodes {
    Tensor angle, log_weight;  // [..., 4 * 40]; the weights of a stretch without length are e^-1e300
  };
  static Nodes nodes(const Tensor& lo, const Tensor& hi, const Direction& d) {
    const at::NoGradGuard no_gradients;
    const auto [node, weight] = rule(d.cosine);
    const Tensor mean = at::atan2(d.sine, d.cosine), from = lo * (2 * M_PI) - mean, to = hi * (2 * M_PI) - mean;
    std::vector<Tensor> angles, log_weights;
    for (int stretch = 0; stretch < 4; ++stretch) {
      const Tensor place = (from / M_PI).floor() + stretch, mode = ((place + 1) / 2).floor() * (2 * M_PI);
      const Tensor left = from.maximum(place * M_PI) - mode, right = to.minimum((place + 1) * M_PI) - mode;
      const Tensor is_empty = right <= left, side = elbo::where(left + right < 0, left * 0 - 1, left * 0 + 1);
      const Tensor near = left.abs().minimum(right.abs()), far = left.abs().maximum(right.abs());
      const Tensor fallen = ((near / 2).sin().square() + 25 / d.concentration.clamp_min(1e-3)).clamp_max(1);
      const Tensor length = (far.minimum(fallen.sqrt().asin() * 2) - near).masked_fill(is_empty, 1).unsqueeze(-1);
      angles.push_back((mean + mode).unsqueeze(-1) + side.unsqueeze(-1) * (near.unsqueeze(-1) + length * node));
      log_weights.push_back((length * weight).log().masked_fill(is_empty.unsqueeze(-1), -1e300));
    }
    return {elbo::cat(angles, -1), elbo::cat(log_weights, -1)};
  }

  /// At the nodes, the logs of the masses that they stand for, whose sum over all is that of [lo, hi].
  static Tensor log_masses(const Nodes& at, const Direction& d) {
    const Tensor towards = d.cosine.unsqueeze(-1) * at.angle.cos() + d.sine.unsqueeze(-1) * at.angle.sin();
    const Tensor log_peak = d.concentration + at::special_i0e(d.concentration).log() + std::log(2 * M_PI);
    return towards - log_peak.unsqueeze(-1) + at.log_weight;
  }
  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    const Direction d = direction(theta);
    const Tensor low = lo.toType(at::kDouble).clamp_min(0), high = hi.toType(at::kDouble).clamp_max(1);
    const Tensor mass = log_masses(nodes(low, high, d), d).logsumexp(-1);
    return rounded(elbo::sum_event(mass.masked_fill(high <= low, -INFINITY)), theta);
  }

  // Of the numbers from 0 to 1, as of every likelihood on them: they are far apart on the two sides of the cut.
  struct Moments {
    Tensor mean, variance;
  };
  Moments moments(const Theta& theta) const {
    const Direction d = direction(theta);
    const Tensor none = d.cosine.detach() * 0;
    const Nodes at = nodes(none, none + 1, d);
    const Tensor mass = log_masses(at, d).exp(), x = at.angle / (2 * M_PI), mean = (mass * x).sum(-1);
    return {mean, (mass * (x - mean.unsqueeze(-1)).square()).sum(-1)};
  }
  Tensor do_mean(const Theta& theta) const override { return rounded(moments(theta).mean, theta); }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return rounded(moments(theta).variance, theta);
  }

  // By rejection. Proposals are uniform where the concentration is below 1, else normal of the variance pi^2 / (4 k), which is wide
  // enough because cos t - 1 <= -2 t^2 / pi^2 for |t| <= pi. At least 46 in 100 are accepted.
  static Tensor off_direction(const Tensor& k, elbo::Rng& rng) {
    constexpr int rounds = 80;
    const elbo::Shape shape = k.sizes().vec();
    const Tensor wide = k < 1, slope = elbo::where(wide, elbo::zeros({1}, k), k * (2 / (M_PI * M_PI)));
    const Tensor deviation = k.clamp_min(1).rsqrt() * (M_PI / 2);
    elbo::Rng local = rng;
    Tensor value = elbo::zeros(shape, k), done = value > 0;
    for (int i = 0; i < rounds && !done.all().item<bool>(); ++i) {
      const Tensor normal = local.normal(shape).toType(at::kDouble), u = local.uniform(shape).toType(at::kDouble);
      const Tensor t = elbo::where(wide, (normal * M_SQRT1_2).erf() * M_PI, normal * deviation);
      const Tensor log_share = -2 * k * (t / 2).sin().square() + slope * t.square();
      value = elbo::where(done, value, t);
      done = done.logical_or((u.log() < log_share).logical_and(t.abs() <= M_PI));
    }
    for (int i = 0; i < 2 * rounds; ++i) rng.uniform({0, shape[1]});
    return value;
  }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const auto [cosine, sine, k] = direction(theta);
    const Tensor turn = (at::atan2(sine, cosine) + off_direction(k.detach(), rng)) / (2 * M_PI);
    return rounded(turn - turn.floor(), theta);
  }

  // Of the mean and the variance on the cut circle; values on both sides of the cut vary as much as uniform ones and more, and start
  // as such.
  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    const Tensor mean = statistics.mean.flatten().toType(at::kDouble) * (2 * M_PI);
    const Tensor length = (statistics.variance.flatten().toType(at::kDouble) * (-2 * M_PI * M_PI)).exp();
    const Tensor k = (length * (2 - length.square()) / (1 - length.square()).clamp_min(1e-4)).clamp_max(most_ / 2);
    return elbo::cat({k * mean.cos(), k * mean.sin()}, 0);
  }

  elbo::Shape shape_;
  double most_;
};

}  // namespace

ELBO_LIKELIHOOD(von_mises, VonMises,
                "Angles, hours, days of the year as parts of a turn from 0 to 1, where 1 is 0: a bell on the circle");
