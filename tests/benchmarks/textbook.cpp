#include "benchmarks/textbook.hpp"

#include <ATen/ops/erf.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/lgamma.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/special_i0.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <map>
#include <numbers>

namespace elbo::host::bench {
namespace {

constexpr double half_log_2pi = 0.91893853320467274178;
constexpr double tiny = 1e-8;  // what people add inside a logarithm
constexpr double levels = 256;

Tensor cross_entropy(const Tensor& x, const Tensor& logit) {
  const Tensor p = logit.sigmoid();
  return x * (p + tiny).log() + (1 - x) * (1 - p + tiny).log();
}

Tensor bernoulli(const Tensor& x, const Parameters& raw) { return sum_event(cross_entropy(x, raw["logit"])); }

// Loaiza-Ganem & Cunningham (2019), with their Taylor series around 1/2.
Tensor continuous_bernoulli(const Tensor& x, const Parameters& raw) {
  const Tensor p = raw["logit"].sigmoid(), off = 1 - 2 * p, near = off.abs() < 1e-2;
  const Tensor safe = at::where(near, at::full_like(off, 0.5), off), d = p - 0.5;
  const Tensor log_norm = at::where(near, std::log(2.0) + d.square() * (4. / 3) + d.pow(4) * (104. / 45),
                                    ((safe.atanh() * 2) / safe).log());
  return sum_event(cross_entropy(x, raw["logit"]) + log_norm);
}

Tensor normal(const Tensor& x, const Tensor& loc, const Tensor& scale) {
  return -(x - loc).square() / (2 * scale.square()) - scale.log() - half_log_2pi;
}

Tensor gaussian(const Tensor& x, const Parameters& raw) {
  return sum_event(normal(x, raw["loc"], raw["log_scale"].exp()));
}

Tensor log_normal(const Tensor& x, const Parameters& raw) {
  const Tensor log_x = (x + tiny).log();
  return sum_event(normal(log_x, raw["loc"], raw["log_scale"].exp()) - log_x);
}

Tensor von_mises(const Tensor& x, const Parameters& raw) {
  const Tensor angle = x * (2 * std::numbers::pi),
               concentration = (raw["cosine"].square() + raw["sine"].square()).sqrt();
  return sum_event(raw["cosine"] * angle.cos() + raw["sine"] * angle.sin() - at::special_i0(concentration).log());
}

Tensor laplace(const Tensor& x, const Parameters& raw) {
  const Tensor scale = raw["log_scale"].exp();
  return sum_event(-(2 * scale).log() - (x - raw["loc"]).abs() / scale);
}

Tensor student_t(const Tensor& x, const Parameters& raw) {
  const Tensor v = at::softplus(raw["raw_dof"]) + 2, scale = raw["log_scale"].exp(), y = (x - raw["loc"]) / scale;
  const Tensor norm =
      scale.log() + 0.5 * v.log() + 0.5 * std::log(std::numbers::pi) + (v / 2).lgamma() - ((v + 1) / 2).lgamma();
  return sum_event(-0.5 * (v + 1) * (y.square() / v).log1p() - norm);
}

Tensor beta(const Tensor& x, const Parameters& raw) {
  const Tensor c = raw["log_concentration"].exp(), p = raw["logit"].sigmoid(), a = p * c, b = (1 - p) * c;
  return sum_event((a - 1) * x.log() + (b - 1) * (1 - x).log() + (a + b).lgamma() - a.lgamma() - b.lgamma());
}

Tensor logit_normal(const Tensor& x, const Parameters& raw) {
  return sum_event(normal((x / (1 - x)).log(), raw["loc"], raw["log_scale"].exp()) - (x * (1 - x)).log());
}

Tensor cdf(const Tensor& t) { return 0.5 * (1 + (t * std::numbers::sqrt2 / 2).erf()); }

Tensor truncated_normal(const Tensor& x, const Parameters& raw) {
  const Tensor loc = raw["loc"], scale = raw["log_scale"].exp();
  const Tensor window = cdf((1 - loc) / scale) - cdf(-loc / scale);
  return sum_event(normal(x, loc, scale) - (window + tiny).log());
}

Tensor categorical(const Tensor& x, const Parameters& raw) {
  const Tensor log_p = raw["logits"].log_softmax(2), k = x.to(at::kLong).unsqueeze(0).unsqueeze(2);
  return sum_event(log_p.gather(2, k).squeeze(2));
}

// As in the published code of Salimans et al. (2017): the difference of two sigmoids, floored.
Tensor level_mass(const Tensor& k, const Tensor& loc, const Tensor& log_scale) {
  const Tensor x = k * (2 / (levels - 1)) - 1, inverse = log_scale.neg().exp();
  const Tensor upper = (x - loc + 1 / (levels - 1)) * inverse, lower = (x - loc - 1 / (levels - 1)) * inverse;
  const Tensor inner = (upper.sigmoid() - lower.sigmoid()).clamp_min(1e-12).log();
  return at::where(k == 0, upper - at::softplus(upper), at::where(k == levels - 1, -at::softplus(lower), inner));
}

Tensor discretized_logistic(const Tensor& x, const Parameters& raw) {
  return sum_event(level_mass(x.unsqueeze(0), raw["loc"], raw["log_scale"].clamp_min(-7)));
}

Tensor discretized_logistic_mixture(const Tensor& x, const Parameters& raw) {
  const Tensor each = level_mass(x.unsqueeze(0).unsqueeze(2), raw["loc"], raw["log_scale"].clamp_min(-7));
  return sum_event((each + raw["weight"].log_softmax(2)).logsumexp(2));
}

Tensor log_choose_of(double n, const Tensor& k) { return std::lgamma(n + 1) - (k + 1).lgamma() - (n - k + 1).lgamma(); }

Tensor binomial(const Tensor& x, const Parameters& raw) {
  const double n = levels - 1;
  const Tensor p = raw["logit"].sigmoid();
  return sum_event(log_choose_of(n, x) + x * (p + tiny).log() + (n - x) * (1 - p + tiny).log());
}

Tensor beta_binomial(const Tensor& x, const Parameters& raw) {
  const double n = levels - 1;
  const Tensor a = raw["log_alpha"].exp(), b = raw["log_beta"].exp();
  const Tensor above = (x + a).lgamma() + (n - x + b).lgamma() - (a + b + n).lgamma();
  return sum_event(log_choose_of(n, x) + above - a.lgamma() - b.lgamma() + (a + b).lgamma());
}

Tensor poisson_counts(const Tensor& x, const Parameters& raw) {
  return x * raw["log_rate"] - raw["log_rate"].exp() - (x + 1).lgamma();
}

Tensor poisson(const Tensor& x, const Parameters& raw) { return sum_event(poisson_counts(x, raw)); }

Tensor zero_inflated_poisson(const Tensor& x, const Parameters& raw) {
  const Tensor extra = raw["zero_logit"].sigmoid(), log_p = poisson_counts(x, raw);
  return sum_event(
      at::where(x == 0, (extra + (1 - extra) * log_p.exp() + tiny).log(), (1 - extra + tiny).log() + log_p));
}

// The form of scVI (Lopez et al. 2018).
Tensor counts(const Tensor& x, const Parameters& raw) {
  const Tensor m = raw["log_mean"].exp(), r = raw["log_dispersion"].exp(), log_sum = (r + m + tiny).log();
  return r * ((r + tiny).log() - log_sum) + x * ((m + tiny).log() - log_sum) + (x + r).lgamma() - r.lgamma() -
         (x + 1).lgamma();
}

Tensor negative_binomial(const Tensor& x, const Parameters& raw) { return sum_event(counts(x, raw)); }

Tensor zero_inflated_negative_binomial(const Tensor& x, const Parameters& raw) {
  const Tensor extra = raw["zero_logit"].sigmoid(), p = counts(x, raw).exp();
  return sum_event(
      at::where(x == 0, (extra + (1 - extra) * p + tiny).log(), (1 - extra + tiny).log() + counts(x, raw)));
}

Tensor multinomial(const Tensor& x, const Parameters& raw) {
  const Tensor log_p = raw["logits"].log_softmax(2);
  return (x.sum(1) + 1).lgamma() - (x + 1).lgamma().sum(1) + (x * log_p).sum(2);
}

Tensor dirichlet_multinomial(const Tensor& x, const Parameters& raw) {
  const Tensor all = raw["log_concentration"].exp(), each = raw["logits"].softmax(2) * all, n = x.sum(1);
  return all.lgamma().sum(-1) - (n + all.sum(-1)).lgamma() + (n + 1).lgamma() +
         ((x + each).lgamma() - each.lgamma() - (x + 1).lgamma()).sum(2);
}

// The cumulative logit model (McCullagh 1980), as a difference of two probabilities.
Tensor ordinal(const Tensor& x, const Parameters& raw) {
  const Tensor first = raw["first_cut"].flatten(1), loc = raw["loc"].flatten(2);
  const Tensor cut = elbo::cat({first, first + at::softplus(raw["steps"].flatten(1)).cumsum(0)}, 0);
  const Tensor level = x.flatten(1).to(at::kLong);
  const auto below = [&](const Tensor& place) {
    return (cut.gather(0, place.clamp(0, cut.size(0) - 1)) - loc).sigmoid();
  };
  const Tensor upper = at::where(level == cut.size(0), at::ones_like(loc), below(level)),
               lower = at::where(level == 0, at::zeros_like(loc), below(level - 1));
  return (upper - lower + tiny).log().sum(2);
}

}  // namespace

Parameters::Parameters(const Likelihood& likelihood, const Theta& theta)
    : theta_(theta), params_(likelihood.params()), own_(likelihood.named_parameters()) {}

Tensor Parameters::operator[](const std::string& name) const {
  for (const DecoderOutput& param : params_)
    if (param.name == name) return theta_[name];
  for (const auto& [path, t] : own_)
    if (path == name || path.ends_with("." + name)) return t;
  throw Error("the textbook's formula: the likelihood has no parameter '" + name + "'");
}

Textbook textbook(const std::string& name) {
  static const std::map<std::string, Textbook> forms = {
      {"bernoulli", bernoulli},
      {"continuous_bernoulli", continuous_bernoulli},
      {"gaussian", gaussian},
      {"laplace", laplace},
      {"student_t", student_t},
      {"beta", beta},
      {"logit_normal", logit_normal},
      {"truncated_normal", truncated_normal},
      {"categorical", categorical},
      {"discretized_logistic", discretized_logistic},
      {"discretized_logistic_mixture", discretized_logistic_mixture},
      {"binomial", binomial},
      {"beta_binomial", beta_binomial},
      {"poisson", poisson},
      {"negative_binomial", negative_binomial},
      {"zero_inflated_negative_binomial", zero_inflated_negative_binomial},
      {"multinomial", multinomial},
      {"dirichlet_multinomial", dirichlet_multinomial},
      {"log_normal", log_normal},
      {"ordinal", ordinal},
      {"von_mises", von_mises},
      {"zero_inflated_poisson", zero_inflated_poisson}};
  const auto found = forms.find(name);
  return found == forms.end() ? Textbook() : found->second;
}

}  // namespace elbo::host::bench
