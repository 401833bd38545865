// The von Mises-Fisher distribution against values computed with 40 digits elsewhere, and its draws against exact gradients:
// those of a rejection sampler's accepted proposals are biased, and fail here.
#include <elbo/posterior.hpp>

#include <gtest/gtest.h>

#include <cmath>

#include "support/tensors.hpp"

namespace elbo {
namespace {

using testing::doubles, testing::double_rng, testing::item;

Tensor towards(int64_t dims) {
  return double_rng(5).fork("towards", static_cast<uint64_t>(dims)).normal({1, 1, dims})[0];
}
Tensor log_of(double concentration) { return doubles({std::log(concentration)}, {1}); }

/// log of the normalising constant, mean of the cosine, log of the sphere's surface, KL to the uniform distribution, d mean
/// / d concentration
struct Case {
  int64_t dims;
  double concentration, log_constant, cosine, log_area, kl, slope;
};

const Case cases[] = {
    {2, 1, -2.0737914249165, 0.44638996589653, 1.8378770664093, 0.21047560738936, 0.35434603245036},
    {3, 1, -2.6924636085405, 0.31303528549933, 2.5310242469693, 0.15159592392814, 0.27593833903369},
    {3, 10, -9.5352919713541, 0.90000000412231, 2.5310242469693, 1.9957323168382, 0.0099999917553855},
    {5, 2, -3.6498030408448, 0.36110665020671, 3.2702890247105, 0.34269928427915, 0.14738868676307},
    {6, 50, -44.77675740108, 0.95076516375735, 3.4341896575482, 6.1956904443359, 0.00096908700972356},
    {11, 0.1, -3.0318021146756, 0.0090902734400479, 3.0313475851129, 0.00045449778137289, 0.09089002292399},
    {21, 100, -71.875142906033, 0.90453519328166, -1.2278142374251, 17.350562184708, 0.00090904545858001},
    {51, 1000, -872.95290957786, 0.97530025528387, -26.505408374, 75.841937332009, 2.4399279017562e-5},
};

TEST(VonMisesFisher, is_the_reference) {
  for (const Case& c : cases) {
    const auto q = posteriors::von_mises_fisher(towards(c.dims), log_of(c.concentration));
    const auto p = *q->von_mises_fisher();
    EXPECT_NEAR(item(p.log_peak) - c.concentration, c.log_constant, 1e-11) << c.dims;
    EXPECT_NEAR(1 - item(p.mean_gap), c.cosine, 1e-12) << c.dims;
    EXPECT_NEAR(log_sphere_area(c.dims), c.log_area, 1e-12) << c.dims;
    const Tensor kl = *kl_to_uniform_on_sphere(*q);
    EXPECT_EQ(kl.sizes().vec(), (Shape{1, c.dims}));
    EXPECT_NEAR(item(kl.sum()), c.kl, 1e-11) << c.dims;
  }
}

TEST(VonMisesFisher, has_a_divergence_with_the_exact_gradient) {
  for (const Case& c : cases) {
    const Tensor log_concentration = log_of(c.concentration).requires_grad_();
    const auto q = posteriors::von_mises_fisher(towards(c.dims), log_concentration);
    kl_to_uniform_on_sphere(*q)->sum().backward();  // k A'(k), by k
    EXPECT_NEAR(item(log_concentration.grad()), c.concentration * c.concentration * c.slope, 1e-10 * c.concentration)
        << c.dims;
  }
}

// From nearly uniform to nearly a point.
TEST(VonMisesFisher, stays_exact_at_the_ends) {
  for (const int64_t dims : {2, 3, 10, 200}) {
    const auto wide = *posteriors::von_mises_fisher(towards(dims), log_of(1e-8))->von_mises_fisher();
    EXPECT_NEAR(item(wide.log_peak), -log_sphere_area(dims), 1e-7) << dims;
    const double k = 1e20, tangents = static_cast<double>(dims) - 1;  // a normal distribution of its tangent plane
    const auto narrow = *posteriors::von_mises_fisher(towards(dims), log_of(k))->von_mises_fisher();
    EXPECT_NEAR(item(narrow.log_peak), tangents / 2 * std::log(k / (2 * M_PI)), 1e-9) << dims;
    EXPECT_NEAR(item(narrow.mean_gap) * k, tangents / 2, 1e-9 * tangents) << dims;
  }
}

TEST(VonMisesFisher, draws_lie_on_the_sphere_and_follow_the_law) {
  constexpr int64_t n = 100000;
  for (const Case& c : cases) {
    const auto q = posteriors::von_mises_fisher(towards(c.dims), log_of(c.concentration));
    Rng rng = double_rng(1);
    const Sample draw = q->draw(n, rng);
    EXPECT_LT(item((draw.z.square().sum(2) - 1).abs().max()), 1e-12);
    EXPECT_LT(item((*q->log_prob(draw.z) - draw.log_prob).abs().max()), 1e-9 * std::max(1., c.concentration));
    const Tensor cosine = (draw.z * q->mean()).sum(2), square = (cosine - c.cosine).square();
    EXPECT_LT(std::abs(item(cosine.mean()) - c.cosine), 4.5 * std::sqrt(c.slope / n)) << c.dims;
    EXPECT_LT(std::abs(item(square.mean()) - c.slope), 4.5 * item(square.std()) / std::sqrt(n)) << c.dims;
    const Tensor off =
        draw.z - (1 - item(q->von_mises_fisher()->mean_gap)) * q->mean();  // no side of the direction is preferred
    EXPECT_LT(item((off.mean(0).abs() / (off.std(0) / std::sqrt(n))).max()), 4.5) << c.dims;
    EXPECT_NEAR(item(draw.log_prob.mean()), c.kl - c.log_area, 4.5 * item(draw.log_prob.std()) / std::sqrt(n))
        << c.dims;
  }
}

TEST(VonMisesFisher, has_draws_in_float32_that_the_prior_can_score) {
  for (const double scale : {-9., -3., 0., 3.}) {
    const auto q = posteriors::von_mises_fisher(full({3, 20}, 0.7), full({3}, -2 * scale));
    Rng rng(2);
    const Sample draw = q->draw(1000, rng);
    EXPECT_EQ(draw.z.scalar_type(), at::kFloat);
    EXPECT_FALSE(off_sphere(draw.z).any().item<bool>());
    EXPECT_TRUE(q->log_prob(draw.z)->isfinite().all().item<bool>());
  }
}

TEST(VonMisesFisher, takes_the_first_axis_where_no_direction_is_given) {
  const Tensor nowhere = zeros({1, 3}).to(at::kDouble).requires_grad_();
  const auto q = posteriors::von_mises_fisher(nowhere, log_of(2));
  EXPECT_TRUE(q->mean().equal(doubles({1, 0, 0}, {1, 3})));
  Rng rng = double_rng(1);
  q->draw(5, rng).z.sum().backward();
  EXPECT_TRUE(nowhere.grad().isfinite().all().item<bool>());
}

/// The mean over the circle of f(z) q(z), by the trapezoidal rule, which is exact here.
double on_circle(const Posterior& q, const std::function<Tensor(const Tensor&)>& f) {
  constexpr int64_t n = 4096;
  const Tensor t = arange(n, doubles({0}, {1})) * (2 * M_PI / n), z = stack({t.cos(), t.sin()}, 1).unsqueeze(1);
  return item((f(z) * q.log_prob(z)->exp()).sum()) * 2 * M_PI / n;
}

/// E[f(z)] and the gradient of its mean over draws by the direction and by the concentration, against exact
/// numbers.
struct Oracle {
  std::string name;
  Tensor towards;
  double log_concentration;
  std::function<Tensor(const Tensor& z)> f;                                     // [S, 1, L] -> [S, 1]
  std::function<double(const Tensor& towards, double log_concentration)> mean;  // exact
};

/// With E[z] = A m and E[z z'] = A/k I + (1 - d A/k) m m', where A comes from the quadrature that is_the_reference
/// holds.
Oracle closed_form(int64_t dims, double concentration, bool squared) {
  const Tensor a = double_rng(6).normal({1, 1, dims})[0][0];
  const auto mean = [=](const Tensor& to, double log_k) {
    const auto p = *posteriors::von_mises_fisher(to, doubles({log_k}, {1}))->von_mises_fisher();
    const double cosine = 1 - item(p.mean_gap), k = std::exp(log_k), along = item((p.direction[0] * a).sum());
    return squared ? cosine / k * item(a.square().sum()) + (1 - static_cast<double>(dims) * cosine / k) * along * along
                   : cosine * along;
  };
  const auto f = [=](const Tensor& z) { return squared ? (z * a).sum(2).square() : (z * a).sum(2); };
  return {std::to_string(dims) + (squared ? ", squared" : ""), towards(dims), std::log(concentration), f, mean};
}

std::vector<Oracle> oracles() {
  const auto sine = [](const Tensor& z) { return (3 * z.select(2, 0)).sin() + z.select(2, 1); };
  std::vector<Oracle> all = {
      {"sine on the circle", towards(2), std::log(1.5), sine, [=](const Tensor& to, double log_k) {
         return on_circle(*posteriors::von_mises_fisher(to, doubles({log_k}, {1})), sine);
       }}};
  for (const auto& [dims, k] : {std::pair{2, 3.}, {3, 1.}, {5, 2.}, {5, 40.}, {21, 15.}})
    for (const bool squared : {false, true}) all.push_back(closed_form(dims, k, squared));
  return all;
}

TEST(VonMisesFisher, has_draws_with_the_exact_gradient) {
  constexpr int64_t groups = 60, each = 2000;
  constexpr double h = 1e-5;
  for (const Oracle& o : oracles()) {
    std::vector<Tensor> gradients;
    for (int64_t i = 0; i < groups; ++i) {
      const Tensor to = o.towards.clone().requires_grad_(),
                   log_k = doubles({o.log_concentration}, {1}).requires_grad_();
      Rng rng = double_rng(7).fork("group", static_cast<uint64_t>(i));
      o.f(posteriors::von_mises_fisher(to, log_k)->draw(each, rng).z).mean().backward();
      gradients.push_back(cat({to.grad()[0], log_k.grad()}, 0));
    }
    const Tensor all = stack(gradients, 0), mean = all.mean(0), error = all.std(0) / std::sqrt(groups);
    const int64_t dims = o.towards.size(1);
    for (int64_t j = 0; j <= dims; ++j) {
      Tensor step = zeros({1, dims}, o.towards);
      if (j < dims) step[0][j] = h;
      const double more = j < dims ? 0 : h;
      const double exact = (o.mean(o.towards + step, o.log_concentration + more) -
                            o.mean(o.towards - step, o.log_concentration - more)) /
                           (2 * h);
      EXPECT_LT(std::abs(item(mean[j]) - exact), 4.5 * item(error[j]) + 1e-8)
          << o.name << (j < dims ? ", direction " : ", concentration ") << j;
    }
  }
}

}  // namespace
}  // namespace elbo
