// The mass of intervals under a density that only says how dense it is: the default of Likelihood::interval_log_prob.
//
// Each interval is cut at the mean, or at the end that is nearest to it, and each piece is integrated outwards from the cut by the
// trapezoidal rule after a change of variables under which the integrand falls off double exponentially at both ends (Takahasi & Mori
// 1974): r = length / (1 + e^(-pi sinh t)) for a piece of finite length, and r = scale e^(pi/2 sinh t) for a half-line. Nodes crowd at
// the cut, so that a density far narrower than the piece is seen. The step is halved until two rules agree; and the same rule must find
// that the whole density integrates to 1.
#include <elbo/model.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/logaddexp.h>

#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "sdk/src/distributions/interval_quadrature.hpp"

namespace elbo {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double last = 4;              // |t| of the outermost nodes, where weights are below 1e-18 of the largest
constexpr int64_t first_steps = 8;      // nodes for each unit of t at the beginning
constexpr int64_t most_panels = 128;    // and in the end
constexpr double tolerance = 1e-8;      // relative, of a mass
constexpr double log_negligible = -21;  // log of what outermost nodes may add
constexpr double nothing = -1e300;      // in the place of -inf, whose differences are NaN

struct Ends {
  double low, high;
};

Ends ends_of(Support support) {
  if (support == Support::unit_interval) return {0, 1};
  return {support == Support::positive ? 0 : -infinity, infinity};
}

/// From a cut outwards: to `end`, which may be infinite. All [S, B, X...].
struct Piece {
  Tensor cut, end, inside;  // `inside`: a place within the interval, for pieces without length
  double direction;

  Tensor length() const { return (end - cut) * direction; }
};

class Masses {
 public:
  Masses(std::function<Tensor(const Tensor&)> log_density, Ends ends, Tensor scale)
      : log_density_(std::move(log_density)), ends_(ends), scale_(std::move(scale)) {}

  void add(const Piece& piece, int64_t numerator, int64_t steps) {
    const double t = static_cast<double>(numerator) / static_cast<double>(steps);
    const double a = M_PI * std::sinh(t), share = 1 / (1 + std::exp(-a)), rest = 1 / (1 + std::exp(a));
    const double log_of_share = -std::log1p(std::exp(-std::abs(a))) * 2 - std::abs(a);  // log share + log rest
    const Tensor length = piece.length(), half_line = length.isinf(), is_empty = length <= 0;
    const Tensor finite = length.masked_fill(half_line, 1), end = piece.end.masked_fill(half_line, 0);
    const Tensor near = piece.cut + finite * (piece.direction * share), far = end - finite * (piece.direction * rest);
    const Tensor away = piece.cut + scale_ * (piece.direction * std::exp(a / 2));
    const Tensor place = elbo::where(half_line, away, share < 0.5 ? near : far);
    // What lies beyond the last number before an end of the support is taken for it, and must not matter.
    const double last_place =
                     std::isinf(ends_.high) ? std::numeric_limits<double>::max() : std::nextafter(ends_.high, 0.),
                 first_place =
                     std::isinf(ends_.low) ? std::numeric_limits<double>::lowest() : std::numeric_limits<double>::min();
    const Tensor is_cut_off = (place > last_place).logical_or(place < first_place);
    const Tensor x = elbo::where(is_empty, piece.inside, place.clamp(first_place, last_place));
    const Tensor log_width =
        elbo::where(half_line, scale_.log() + (a / 2 + std::log(M_PI_2 * std::cosh(t))),
                    finite.clamp_min(1e-300).log() + (log_of_share + std::log(M_PI * std::cosh(t))));
    const Tensor term = (log_density_(x) + log_width).clamp_min(nothing).masked_fill(is_empty, nothing);
    const bool is_outermost = std::abs(t) >= last;
    add_to(sum_, term);
    if (is_outermost) add_to(edge_, term.detach());
    else if (is_cut_off.any().item<bool>()) add_to(edge_, term.detach().masked_fill(is_cut_off.logical_not(), nothing));
  }

  /// log of the integral, [S, B, X...]
  Tensor log_mass(int64_t steps) const { return sum_ - std::log(static_cast<double>(steps)); }
  /// Where the nodes at the ends have a part in it.
  Tensor is_cut_short() const { return edge_ > sum_.detach() + log_negligible; }

 private:
  static void add_to(Tensor& sum, const Tensor& term) { sum = sum.defined() ? at::logaddexp(sum, term) : term; }

  std::function<Tensor(const Tensor&)> log_density_;
  Ends ends_;
  Tensor scale_, sum_, edge_;
};

/// log of the integral over both pieces of each interval, which may be empty; with is_wrong, where two rules do not agree.
struct Integral {
  Tensor log_mass, is_wrong;
};

Integral integrate(Masses masses, const std::array<Piece, 2>& pieces, const Tensor& is_empty) {
  const auto add = [&](int64_t steps, int64_t first, int64_t apart) {
    const auto outermost = static_cast<int64_t>(last) * steps;
    for (const Piece& piece : pieces)
      for (int64_t i = -outermost + first; i <= outermost; i += apart) masses.add(piece, i, steps);
  };
  add(first_steps, 0, 1);
  for (int64_t steps = first_steps;;) {
    const Tensor before = masses.log_mass(steps).detach();
    steps *= 2;
    add(steps, 1, 2);
    const Tensor all = masses.log_mass(steps), now = all.detach(),
                 counts = (now.isnan().logical_or(is_empty)).logical_not();
    const Tensor agree = (now - before).abs() <= tolerance + 1e-14 * now.abs();
    const Tensor is_wrong = agree.logical_and(masses.is_cut_short().logical_not()).logical_not().logical_and(counts);
    if (agree.logical_not().logical_and(counts).any().item<bool>() && steps < most_panels) continue;
    return {all.masked_fill(is_empty.logical_or(now < nothing / 2), -infinity), is_wrong};
  }
}

}  // namespace

Tensor log_mass_by_quadrature(const std::function<Tensor(const Tensor&)>& log_density, const Intervals& intervals,
                              const std::string& who) {
  const Ends ends = ends_of(intervals.support);
  const Tensor low = intervals.low.clamp(ends.low, ends.high), high = intervals.high.clamp(ends.low, ends.high);
  const Tensor is_empty = high <= low;
  Tensor middle = elbo::where(low.isinf(), high - 1, elbo::where(high.isinf(), low + 1, (low + high) / 2));
  middle = middle.masked_fill(middle.isfinite().logical_not(), 0);
  const Tensor inside = middle.masked_fill(is_empty, ends.low == 0 ? 0.5 : 0.);
  const Tensor centre =
      intervals.centre.defined() ? elbo::where(intervals.centre.isfinite(), intervals.centre, middle) : middle;
  const auto about = [&](const Tensor& from, const Tensor& to) {
    const Tensor cut = centre.maximum(from).minimum(to);
    return std::array<Piece, 2>{Piece{cut, from, inside, -1}, Piece{cut, to, inside, 1}};
  };
  const Masses masses(log_density, ends, intervals.scale);
  const Integral found = integrate(masses, about(low, high), is_empty);
  Tensor is_wrong = found.is_wrong;
  {
    // A peak between the nodes is seen by neither rule: then the whole is not 1.
    const at::NoGradGuard no_gradients;
    const Integral whole = integrate(masses, about(full({}, ends.low, low), full({}, ends.high, low)), is_empty);
    is_wrong = is_wrong.logical_or(whole.is_wrong)
                   .logical_or(whole.log_mass.abs().gt(10 * tolerance).logical_and(is_empty.logical_not()));
  }
  if (!is_wrong.any().item<bool>()) return found.log_mass;
  throw Error(
      who +
      ": interval_log_prob: the density could not be integrated over an interval to a relative error of 1e-8, as "
      "where it has a narrow peak away from its mean, grows without bound towards an end, or does not integrate to "
      "1; expected a smooth one; override do_interval_log_prob with the masses that its distribution function "
      "gives");
}

std::optional<Tensor> Likelihood::do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const {
  if (measure_of(do_support()) != Measure::lebesgue) return {};
  const int64_t samples = theta.samples(), batch = theta.batch();
  const Shape& event = context().observation.shape;
  const Shape each = Shape{samples, batch} + event, rows = Shape{samples * batch} + event;
  // One row for each sample and data point, since the nodes differ by sample.
  const Tensor wide = theta.flat().toType(at::kDouble).reshape({1, samples * batch, theta.flat().size(2)});
  const Theta of_rows(do_params(), wide);
  const auto log_density = [&](const Tensor& x) {
    const auto log_p = do_log_prob_per_value(x.reshape(rows), of_rows);
    return log_p ? log_p->toType(at::kDouble).reshape(each) : Tensor();
  };
  const auto expanded = [&](const Tensor& t) { return t.detach().toType(at::kDouble).unsqueeze(0).expand(each); };
  Intervals intervals{do_support(), expanded(lo), expanded(hi), {}, full({}, 1, wide.detach())};
  {
    const at::NoGradGuard no_gradients;
    if (!log_density(full(each, 0.5, wide)).defined()) return {};
    if (do_has_mean()) intervals.centre = do_mean(of_rows).toType(at::kDouble).reshape(each);
    if (const auto v = do_variance(of_rows)) {
      const Tensor scale = v->toType(at::kDouble).reshape(each).sqrt();
      intervals.scale = elbo::where(scale.isfinite().logical_and(scale > 0), scale, intervals.scale);
    }
  }
  return sum_event(log_mass_by_quadrature(log_density, intervals, label())).toType(theta.flat().scalar_type());
}

}  // namespace elbo
