#include <cmath>

#include "conformance/likelihood/distribution.hpp"
#include "conformance/tools.hpp"

namespace elbo::host::conformance {
Distribution::Distribution(std::shared_ptr<Likelihood> likelihood, Tensor raw)
    : likelihood_(std::move(likelihood)), raw_(std::move(raw)) {}

std::string Distribution::where() const { return "at " + in_words(likelihood_->params(), raw_); }

Theta Distribution::theta(const Tensor& raw, int64_t m) const {
  return Theta(likelihood_->params(), raw.dim() == 1 ? raw.expand({1, m, raw.size(0)}) : raw.unsqueeze(0));
}

Tensor Distribution::log_prob(const Tensor& x) const { return log_prob_at(x, raw_).detach(); }

Tensor Distribution::log_prob_at(const Tensor& x, const Tensor& raw) const {
  return likelihood_->log_prob(x, theta(raw, x.size(0)))[0];
}

std::optional<Tensor> Distribution::log_mass(const Tensor& lo, const Tensor& hi) const {
  const auto mass = likelihood_->interval_log_prob(lo, hi, theta(raw_, lo.size(0)));
  if (!mass) return {};
  return mass->detach()[0];
}

bool Distribution::offers_log_mass() const {
  const auto all = [&](double value) { return at::full(Shape{1} + shape(), value, at::kDouble); };
  return log_mass(all(0.25), all(0.75)).has_value();
}

Tensor Distribution::draws(int64_t m, uint64_t seed) const {
  Rng rng = double_rng(seed);
  return likelihood_->sample(theta(raw_, m), rng).detach()[0];
}

Tensor Distribution::mean() const { return likelihood_->mean(theta(raw_, 1)).detach()[0][0]; }

std::optional<Tensor> Distribution::variance() const {
  const auto variance = likelihood_->variance(theta(raw_, 1));
  if (!variance) return {};
  return variance->detach()[0][0];
}

Tensor Distribution::score(const Tensor& x) const {
  Tensor raw = raw_.expand({x.size(0), raw_.size(0)}).clone().requires_grad_();
  likelihood_->log_prob(x, theta(raw, x.size(0))).sum().backward();
  return raw.grad();
}

Tensor interval_edges(const Distribution& p) {
  if (p.support() == Support::unit_interval) return at::linspace(0, 1, 65, at::kDouble);
  const Tensor x = p.draws(512, 5).flatten();
  Tensor edges = at::linspace(number(x.quantile(0.02)), number(x.quantile(0.98)), 65, at::kDouble);
  edges[0] = p.support() == Support::real ? -infinity : 0;
  edges[64] = infinity;
  return edges;
}

Tensor masses_between(const Distribution& p, const Tensor& edges) {
  return p.log_mass(edges.slice(0, 0, -1).view({-1, 1}), edges.slice(0, 1).view({-1, 1}))->exp();
}

bool is_countable(Support support) { return measure_of(support) == Measure::counting; }

namespace {

constexpr double kronrod_nodes[] = {0.991455371120812639206854697526329, 0.949107912342758524526189684047851,
                                    0.864864423359769072789712788640926, 0.741531185599394439863864773280788,
                                    0.586087235467691130294144691693013, 0.405845151377397166906606412076961,
                                    0.207784955007898467600689403773245, 0.};
constexpr double kronrod_weights[] = {0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
                                      0.104790010322250183839876322541518, 0.140653259715525918745189590510238,
                                      0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
                                      0.204432940075298892414161999234649, 0.209482141084727828012999174891714};
constexpr double gauss_weights[] = {0, 0.129484966168869693270611432679082, 0, 0.279705391489276667901467771423780,
                                    0, 0.381830050505118944950369775488975, 0, 0.417959183673469387755102040816327};
constexpr double panel_error = 1e-11;
constexpr int most_halvings = 45;
constexpr int64_t most_panels = 4000;

struct Rule {
  Tensor nodes, kronrod, gauss;  // [15]
};

const Rule& rule() {
  static const Rule made = [] {
    std::vector<double> x, k, g;
    for (int i = 0; i < 15; ++i) {
      const int j = i < 8 ? i : 14 - i;
      x.push_back(i < 8 ? -kronrod_nodes[j] : kronrod_nodes[j]);
      k.push_back(kronrod_weights[j]);
      g.push_back(gauss_weights[j]);
    }
    return Rule{doubles(x), doubles(k), doubles(g)};
  }();
  return made;
}

/// x as a function of u on the whole line, and how far u goes.
struct Coordinate {
  double least, most;
  Tensor (*value)(const Tensor&);
  Tensor (*slope)(const Tensor&);
  Tensor (*inverse)(const Tensor&);
};

Coordinate coordinate_of(Support support) {
  if (support == Support::unit_interval)  // 1 - x loses its digits from u = 32 on
    return {-600, 32, [](const Tensor& u) { return u.sigmoid(); },
            [](const Tensor& u) { return u.sigmoid() * u.neg().sigmoid(); }, [](const Tensor& x) { return x.logit(); }};
  if (support == Support::positive)
    return {-300, 42, [](const Tensor& u) { return u.exp(); }, [](const Tensor& u) { return u.exp(); },
            [](const Tensor& x) { return x.log(); }};
  return {-42, 42, [](const Tensor& u) { return u.sinh(); }, [](const Tensor& u) { return u.cosh(); },
          [](const Tensor& x) { return x.asinh(); }};
}

/// log dp/du at u of any shape
Tensor log_integrand(const Distribution& p, const Coordinate& c, const Tensor& u) {
  return p.log_prob(c.value(u).reshape({-1, 1})).view_as(u) + c.slope(u).log();
}

/// The mass beyond u, away from `inner`, as that of an exponential tail: densities that fall like a power of x, or of
/// the distance to an end, have such tails in u. 1, all there may be, where the tail does not fall.
double tail(const Distribution& p, const Coordinate& c, double u, double inner) {
  const Tensor f = log_integrand(p, c, doubles({inner, u}));
  const double rate = (number(f[0]) - number(f[1])) / std::abs(u - inner), size = std::exp(number(f[1]));
  if (std::isnan(rate) || (size == 0 && rate > 0)) return 0;
  return rate > 0 ? 2 * size / rate : 1;
}

Weighted over_panels(const Distribution& p, const Coordinate& c, Tensor lo, Tensor hi) {
  std::vector<Tensor> x, mass;
  for (int halvings = 0; lo.size(0) > 0; ++halvings) {
    const Tensor half = (hi - lo) / 2, middle = (hi + lo) / 2;
    const Tensor u = middle.unsqueeze(1) + half.unsqueeze(1) * rule().nodes;
    const Tensor f = log_integrand(p, c, u).exp() * half.unsqueeze(1);
    const Tensor error = (f * (rule().kronrod - rule().gauss)).sum(1).abs();
    const bool last = halvings == most_halvings || lo.size(0) > most_panels;
    // An infinite or undefined density stays as it is: halving does not help.
    const Tensor good = last ? at::ones_like(error, at::kBool) : (error < panel_error) | error.isfinite().logical_not();
    const Tensor rows = good.unsqueeze(1).expand_as(u), bad = good.logical_not();
    x.push_back(c.value(u.masked_select(rows)).view({-1, 1}));
    mass.push_back((f * rule().kronrod).masked_select(rows));
    const Tensor m = middle.masked_select(bad);
    lo = at::cat({lo.masked_select(bad), m});
    hi = at::cat({m, hi.masked_select(bad)});
  }
  return {at::cat(x), at::cat(mass), 0};
}

/// Where the distribution may have its peaks: its mean, samples, and steps away from these that double, so that no panel is much
/// wider than what lies at its end. A wrong mean or sampler only helps less.
Tensor hints(const Distribution& p, const Coordinate& c) {
  const Tensor u = c.inverse(p.draws(64, 77).flatten()).clamp(c.least, c.most);
  const Tensor least = u.min(), most = u.max(), steps = at::arange(-6, 30, at::kDouble).exp2();
  const Tensor away = steps * (most - least).clamp_min(1e-6);
  const Tensor centre = p.has_mean() ? c.inverse(p.mean().view({-1})) : u.median().view({1});
  return at::cat({centre, u, least - away, most + away});
}

Weighted between(const Distribution& p, const Coordinate& c, double least, double most,
                 const std::vector<Tensor>& more) {
  std::vector<Tensor> ends = {doubles({least, most}),
                              at::linspace(std::max(least, -40.), std::min(most, 40.), 97, at::kDouble)};
  ends.insert(ends.end(), more.begin(), more.end());
  Tensor all = at::cat(ends);
  all = all.masked_select(all.ge(least).logical_and(all.le(most)));
  all = std::get<0>(at::_unique2(all, /*sorted=*/true));
  return over_panels(p, c, all.slice(0, 0, -1), all.slice(0, 1));
}

constexpr int64_t counts_at_once = 4096, most_counts = 1 << 17;

Weighted cells(const Distribution& p, const Tensor& x) { return {x, p.log_prob(x).exp(), 0}; }

/// 0, 1, ... beyond where the samples are, until what is left is small.
Weighted counts(const Distribution& p) {
  std::vector<Tensor> x, mass;
  const double reach = 2 * number(p.draws(64, 77).max());
  double last = 1;
  for (int64_t k = 0; k < most_counts && !(static_cast<double>(k) > reach && last < 1e-16); k += counts_at_once) {
    x.push_back(at::arange(k, k + counts_at_once, at::kDouble).view({-1, 1}));
    mass.push_back(p.log_prob(x.back()).exp());
    last = number(mass.back()[-1]) * static_cast<double>(k + counts_at_once);
  }
  const bool is_whole = static_cast<double>(most_counts) > reach;
  return {at::cat(x), at::cat(mass), is_whole ? last : 1};
}

/// All ways in which `total` is shared by three places.
Tensor compositions(int64_t total) {
  std::vector<double> values;
  for (int64_t a = 0; a <= total; ++a)
    for (int64_t b = 0; a + b <= total; ++b)
      for (const int64_t part : {a, b, total - a - b}) values.push_back(static_cast<double>(part));
  return doubles(values).view({-1, 3});
}

/// All combinations of levels of the values of x.
Tensor every_level(int64_t levels, const Shape& shape) {
  const Tensor one = at::arange(levels, at::kDouble);
  const std::vector<Tensor> each(static_cast<size_t>(numel(shape)), one);
  return at::cartesian_prod(each).view(Shape{-1} + shape);
}

}  // namespace

Weighted quadrature(const Distribution& p, const Tensor& edges) {
  const Coordinate c = coordinate_of(p.support());
  std::vector<Tensor> more = {hints(p, c)};
  if (edges.defined()) more.push_back(c.inverse(edges));
  Weighted all = between(p, c, c.least, c.most, more);
  all.beyond = tail(p, c, c.least, c.least + 1) + tail(p, c, c.most, c.most - 1);
  return all;
}

double log_integral(const Distribution& p, double lo, double hi) {
  const Tensor ends = at::linspace(lo, hi, 5, at::kDouble), half = (ends.slice(0, 1) - ends.slice(0, 0, -1)) / 2;
  const Tensor x = (ends.slice(0, 0, -1) + half).unsqueeze(1) + half.unsqueeze(1) * rule().nodes;
  return number(
      (p.log_prob(x.reshape({-1, 1})).view_as(x) + (half.unsqueeze(1) * rule().kronrod).log()).flatten().logsumexp(0));
}

std::optional<double> log_tail(const Distribution& p, double from, double end, double step) {
  const int64_t most = std::isinf(end) || end == 0 ? 200 : 45;  // values next to 1 lose their digits
  const double side = end > from ? 1 : -1;
  // Panels that double away from `from`, or that halve towards a finite end.
  const Tensor k = at::arange(most + 1, at::kDouble);
  const Tensor edges = std::isinf(end) ? from + side * step * (k.exp2() - 1) : end - (end - from) * (-k).exp2();
  const Tensor half = (edges.slice(0, 1) - edges.slice(0, 0, -1)) / 2;
  const Tensor x = (edges.slice(0, 0, -1) + half).unsqueeze(1) + half.unsqueeze(1) * rule().nodes;
  const Tensor log_p = p.log_prob(x.reshape({-1, 1})).view_as(x) + (half.abs().unsqueeze(1) * rule().kronrod).log();
  const Tensor panels = log_p.logsumexp(1);
  const double total = number(panels.logsumexp(0));
  if (!std::isfinite(total) || !(number(panels.slice(0, -10).max()) < total - 20)) return {};
  return total;
}

double integral(const Distribution& p, double lo, double hi) {
  const Coordinate c = coordinate_of(p.support());
  const double least = std::max(number(c.inverse(doubles({lo}))), c.least);
  const double most = std::min(number(c.inverse(doubles({hi}))), c.most);
  return number(between(p, c, least, most, {hints(p, c)}).mass.sum());
}

Weighted whole(const Distribution& p, const Tensor& edges) {
  switch (p.support()) {
    case Support::binary:
      return cells(p, at::arange(2, at::kDouble).view({2, 1}));
    case Support::levels:
      return cells(p, every_level(p.levels(), p.shape()));
    case Support::counts:
      return counts(p);
    case Support::simplex_counts:
      return cells(p, compositions(static_cast<int64_t>(number(p.draws(1, 1).sum()))));
    default:
      return quadrature(p, edges);
  }
}

}  // namespace elbo::host::conformance
