// Masses of intervals under densities that say only how dense they are, against closed forms.
#include <elbo/distributions.hpp>
#include <elbo/model.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "support/tensors.hpp"

namespace elbo {
namespace {

using testing::doubles;

constexpr double unbounded = std::numeric_limits<double>::infinity();

/// theta is loc and log_scale, one value of x each.
struct OfOneValue : Likelihood {
  OfOneValue() { attach("likelihood:test", {.observation = {{1}, Support::real, 0}}); }
  Support do_support() const override { return Support::real; }
  std::vector<DecoderOutput> do_params() const override { return {{"loc", {1}}, {"log_scale", {1}}}; }
  Tensor do_mean(const Theta& theta) const override { return theta["loc"]; }
  std::optional<Tensor> do_variance(const Theta& theta) const override { return (2 * theta["log_scale"]).exp(); }
  Tensor do_sample(const Theta& theta, Rng&) const override { return theta["loc"]; }
};

struct NormalByQuadrature : OfOneValue {
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    return log_normal_density(theta["loc"], x, theta["log_scale"]);
  }
};

struct LaplaceByQuadrature : OfOneValue {
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor s = theta["log_scale"];
    return -(x - theta["loc"]).abs() * (-s).exp() - s - log_2;
  }
};

/// Half of the mass lies 50 scales away from where do_mean says, and is a thousandth as wide.
struct Hidden : OfOneValue {
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor &loc = theta["loc"], &s = theta["log_scale"];
    return log_add_exp(log_normal_density(loc, x, s), log_normal_density(loc + 50 * s.exp(), x, s - 7)) - log_2;
  }
};

/// p(x) = a (1 - x)^(a - 1) on [0, 1], a = e^loc: without a finite density at 1.
struct Singular : OfOneValue {
  Support do_support() const override { return Support::unit_interval; }
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    return theta["loc"] + (theta["loc"].exp() - 1) * (-x).log1p();
  }
  Tensor do_mean(const Theta& theta) const override { return 1 / (1 + theta["loc"].exp()); }
};

struct WithoutAnyForm : OfOneValue {
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override { return zeros({1, x.size(0)}, theta.flat()); }
};

Theta theta(const Likelihood& likelihood, double loc, double log_scale) {
  return {likelihood.params(), doubles({loc, log_scale}, {1, 1, 2})};
}

double mass(const Likelihood& likelihood, double lo, double hi, double loc, double log_scale) {
  return testing::item(
      *likelihood.interval_log_prob(doubles({lo}, {1, 1}), doubles({hi}, {1, 1}), theta(likelihood, loc, log_scale)));
}

/// Narrow and wide, about the mean and far from it, finite and not: {lo, hi, loc, log_scale}.
const std::array<double, 4> intervals[] = {{0.25, 0.25 + 1. / 256, 0.3, -2},
                                           {0, 1. / 256, 0.002, -9},
                                           {-unbounded, 0.1, 0.3, -1},
                                           {0.9, unbounded, 0.3, -4},
                                           {-unbounded, unbounded, 5, 3},
                                           {-1, 1, 0.1, -5},
                                           {2, 3, -40, 0},
                                           {-unbounded, 20, 0, 0},
                                           {1e4, 1e4 + 1, 1e4, 2}};

TEST(IntervalQuadrature, is_the_mass_of_a_normal) {
  const NormalByQuadrature likelihood;
  for (const auto& [lo, hi, loc, s] : intervals) {
    const double exact =
        testing::item(log_normal_mass(doubles({lo}, {1}), doubles({hi}, {1}), doubles({loc}, {1}), doubles({s}, {1})));
    EXPECT_NEAR(mass(likelihood, lo, hi, loc, s), exact, 1e-8 + 1e-11 * std::abs(exact))
        << lo << " " << hi << " " << loc;
  }
}

TEST(IntervalQuadrature, is_the_mass_of_a_density_with_a_kink_at_its_mean) {
  const LaplaceByQuadrature likelihood;
  for (const auto& [lo, hi, loc, s] : intervals) {
    const double exact =
        testing::item(log_laplace_mass(doubles({lo}, {1}), doubles({hi}, {1}), doubles({loc}, {1}), doubles({s}, {1})));
    EXPECT_NEAR(mass(likelihood, lo, hi, loc, s), exact, 1e-8 + 1e-11 * std::abs(exact))
        << lo << " " << hi << " " << loc;
  }
}

TEST(IntervalQuadrature, has_the_gradient_of_the_mass) {
  const NormalByQuadrature likelihood;
  const Tensor raw = doubles({0.3, -1}, {1, 1, 2}).set_requires_grad(true);
  const Tensor lo = doubles({0.5}, {1, 1}), hi = doubles({0.75}, {1, 1});
  likelihood.interval_log_prob(lo, hi, Theta(likelihood.params(), raw))->sum().backward();
  const Tensor other = raw.detach().clone().set_requires_grad(true);
  log_normal_mass(lo, hi, other.select(2, 0), other.select(2, 1)).sum().backward();
  EXPECT_LT((raw.grad() - other.grad()).abs().max().item<double>(), 1e-8);
}

TEST(IntervalQuadrature, adds_up_over_values_and_keeps_samples_and_data_apart) {
  NormalByQuadrature likelihood;
  const Tensor raw = doubles({0, 0, 1, -1, 2, 0.5, -3, 1, 0, -2, 0.5, 0}, {3, 2, 2});
  const Tensor lo = doubles({-1, 0}, {2, 1}), hi = doubles({1, unbounded}, {2, 1});
  const Tensor all = *likelihood.interval_log_prob(lo, hi, Theta(likelihood.params(), raw));
  const Tensor exact = log_normal_mass(lo, hi, raw.narrow(2, 0, 1), raw.narrow(2, 1, 1)).sum(2);
  EXPECT_EQ(all.sizes().vec(), (Shape{3, 2}));
  EXPECT_LT((all - exact).abs().max().item<double>(), 1e-8);
  EXPECT_EQ(mass(likelihood, 1, 1, 0, 0), -unbounded);
}

TEST(IntervalQuadrature, refuses_what_it_cannot_integrate) {
  const auto refusal = [](const Likelihood& likelihood, double lo, double hi, double loc) -> std::string {
    try {
      mass(likelihood, lo, hi, loc, 0);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  for (const std::string& said : {refusal(Hidden(), -10, 90, 0), refusal(Singular(), 0.5, 1, -6)}) {
    EXPECT_NE(said.find("likelihood:test: interval_log_prob"), std::string::npos) << said;
    EXPECT_NE(said.find("do_interval_log_prob"), std::string::npos) << said;
  }
  EXPECT_NEAR(mass(Singular(), 0.5, 1, 0.5, 0), std::exp(0.5) * std::log(0.5), 1e-8);
}

TEST(IntervalQuadrature, needs_the_density_of_each_value) {
  const WithoutAnyForm likelihood;
  const Tensor x = doubles({0}, {1, 1});
  EXPECT_FALSE(likelihood.interval_log_prob(x, x + 1, theta(likelihood, 0, 0)));
  EXPECT_FALSE(likelihood.log_prob_per_value(x, theta(likelihood, 0, 0)));
}

TEST(LogProbPerValue, is_what_log_prob_sums) {
  const NormalByQuadrature likelihood;
  const Tensor x = doubles({0.5}, {1, 1});
  const Theta at = theta(likelihood, 0, 0);
  EXPECT_EQ(likelihood.log_prob(x, at).item<double>(), likelihood.log_prob_per_value(x, at)->sum().item<double>());
  EXPECT_THROW(OfOneValue().log_prob(x, at), Error);  // neither of the two
}

}  // namespace
}  // namespace elbo
