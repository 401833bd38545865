// What a decoder without latents reaches on MNIST: the per-pixel maximum of the smoothed histogram's likelihood. The
// figures were computed apart from this program, in float64 by L-BFGS; the levels are tiled, the tails folded.
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <numbers>

#include "data/dataset.hpp"
#include "data/files/locate.hpp"
#include "observation/data_summary.hpp"
#include "unit/likelihoods/testing.hpp"

namespace elbo::host {
namespace {
using namespace testing;

constexpr int64_t pixels = 784, levels = 256;

/// How often each pixel has each level, [784, 256].
Tensor histogram_of(const data::Array& x) {
  const auto& bytes = std::get<std::vector<uint8_t>>(x.values);
  Tensor counts = at::zeros({pixels, levels}, at::kDouble);
  double* count = counts.data_ptr<double>();
  for (size_t i = 0; i < bytes.size(); ++i) count[i % pixels * levels + bytes[i]] += 1;
  return counts;
}

class Rails : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    DataConfig config;
    config.name = "mnist";
    data::Description d = data::description_of(config);
    if (const char* folder = std::getenv("ELBO_TEST_DATA")) d.folders.push_back(std::string(folder) + "/mnist");
    if (!data::present(d)) return;
    const data::Dataset mnist = data::load(d, config);
    train = histogram_of(mnist.train.x);
    test = histogram_of(mnist.test.x) / 10000;
    draws_entropy = observation::summary_of(mnist).draws_entropy;
  }
  void SetUp() override {
    if (!train.defined()) GTEST_SKIP() << "MNIST is not there: elbo data fetch mnist";
  }

  static double nats(const Tensor& log_p) { return -(test * log_p).sum().item<double>(); }
  static double bits(const Tensor& log_p) { return nats(log_p) / (pixels * std::numbers::ln2); }

  inline static Tensor train, test;
  inline static double draws_entropy = 0;  // of the training data
};

/// Fits the one or two raw parameters of every pixel at once, each pixel for itself.
class Fit {
 public:
  Fit(const std::string& plugin, Support support, const std::vector<Setting>& settings, const Tensor& histogram)
      : one_(make_likelihood(plugin, observation(support, {1}), settings)), weights_(histogram + 1.0 / levels) {
    const auto all = make_likelihood(plugin, observation(support, {pixels}), settings);
    raw_ = all->init_from(moments(histogram, support))->to(at::kDouble).reshape({-1, pixels}).t().contiguous();
  }

  /// log P(level) for every pixel at its optimum, [784, 256].
  Tensor log_p() {
    Tensor damping = at::full({pixels}, 1e-3, at::kDouble), loss = loss_at(raw_);
    for (int i = 0; i < 60; ++i) {
      const Tensor candidate = raw_ - step(damping), next = loss_at(candidate);
      const Tensor better = next < loss;
      const double gain = at::where(better, loss - next, at::zeros_like(loss)).sum().item<double>();
      raw_ = at::where(better.unsqueeze(1), candidate, raw_);
      loss = at::where(better, next, loss);
      damping = at::where(better, damping * 0.2, damping * 8).clamp(1e-12, 1e12);
      if (i > 10 && gain < 1e-4 * weights_[0].sum().item<double>() / 60000) break;
    }
    const at::NoGradGuard no_gradient;
    return table(raw_);
  }

 private:
  static Observation observation(Support support, const Shape& shape) {
    return {.shape = shape, .support = support, .levels = support == Support::levels ? levels : 0};
  }

  static Statistics moments(const Tensor& histogram, Support support) {
    Tensor value = at::arange(levels, at::kDouble);
    if (support != Support::levels) value = (value + 0.5) / levels;
    const Tensor p = (histogram + 1.0 / levels) / (histogram.sum(1, true) + 1);
    Statistics s;
    s.count = 60000;
    s.mean = (p * value).sum(1);
    s.variance = (p * (value - s.mean.unsqueeze(1)).square()).sum(1);
    s.min = at::zeros_like(s.mean);
    s.max = s.min + value.max();
    s.median = value.index_select(0, ((p.cumsum(1) < 0.5).sum(1)).clamp_max(levels - 1));
    s.mean_abs_deviation = (p * (value - s.median.unsqueeze(1)).abs()).sum(1);
    if (support == Support::levels) s.histogram = histogram.t().contiguous();
    return s;
  }

  /// [784, P] -> [784, 256]: one data point of one value for each pair of pixel and level.
  Tensor table(const Tensor& raw) const {
    const Tensor theta = raw.repeat_interleave(levels, 0).unsqueeze(0);
    const Tensor level = at::arange(levels, at::kDouble).repeat({pixels}).unsqueeze(1);
    const Theta split = theta_of(*one_, theta);
    if (one_->support() == Support::levels) return one_->log_prob(level, split).reshape({pixels, levels});
    const bool is_bounded = one_->support() == Support::unit_interval;  // there are no tails to fold
    const Tensor lo = (level / levels).masked_fill(level == 0, is_bounded ? 0 : -infinity());
    const Tensor hi = ((level + 1) / levels).masked_fill(level == levels - 1, is_bounded ? 1 : infinity());
    return one_->interval_log_prob(lo, hi, split)->reshape({pixels, levels});
  }
  Tensor loss_at(const Tensor& raw) const {
    const at::NoGradGuard no_gradient;
    return -(weights_ * table(raw)).sum(1);
  }
  Tensor gradient(const Tensor& at_raw) const {
    const Tensor raw = at_raw.detach().clone().requires_grad_(true);
    (-(weights_ * table(raw))).sum().backward();
    return raw.grad();
  }

  /// The Hessian's columns, by differences of the gradient.
  std::vector<Tensor> curvature() const {
    constexpr double h = 1e-4;
    std::vector<Tensor> columns;
    for (int64_t c = 0; c < raw_.size(1); ++c) {
      Tensor shift = at::zeros_like(raw_);
      shift.select(1, c).fill_(h);
      columns.push_back((gradient(raw_ + shift) - gradient(raw_ - shift)) / (2 * h));
    }
    return columns;
  }

  /// Newton's step with the Hessian made positive (Levenberg & Marquardt), [784, P].
  Tensor step(const Tensor& damping) const {
    const std::vector<Tensor> columns = curvature();
    const Tensor reach = raw_.abs() + 2;  // a slope of a thousand is twice as far at each step
    if (raw_.size(1) == 1)
      return (gradient(raw_) / (columns[0].abs() * (1 + damping.unsqueeze(1)) + 1e-12)).clamp(-reach, reach);
    const Tensor a = columns[0].select(1, 0), d = columns[1].select(1, 1);
    const Tensor b = (columns[0].select(1, 1) + columns[1].select(1, 0)) / 2;
    const Tensor half = (a + d) / 2, spread = ((a - d).square() / 4 + b.square()).sqrt();
    const Tensor lift = (spread - half).clamp_min(0) * 1.1 + damping * (half.abs() + spread) + 1e-12;
    const Tensor g = gradient(raw_), g0 = g.select(1, 0), g1 = g.select(1, 1), p = a + lift, q = d + lift;
    const Tensor determinant = p * q - b * b;
    const Tensor s = at::stack({(q * g0 - b * g1) / determinant, (p * g1 - b * g0) / determinant}, 1);
    return s.nan_to_num(0, 0, 0).clamp(-2, 2);
  }

  std::shared_ptr<Likelihood> one_;
  Tensor weights_, raw_;
};

TEST_F(Rails, BernoulliOnDynamicDraws) {
  const auto bernoulli = make_likelihood("bernoulli", {.shape = {1}, .support = Support::binary, .levels = 0});
  const Tensor grey = at::arange(levels, at::kDouble) / 255;
  const Tensor p = ((train * grey).sum(1) + 1) / 60002, on = (test * grey).sum(1);
  const Theta theta = theta_of(*bernoulli, p.logit().reshape({1, pixels, 1}));
  const auto log_p = [&](double x) {
    return bernoulli->log_prob(at::full({pixels, 1}, x, at::kDouble), theta).squeeze(0);
  };
  EXPECT_NEAR(-(on * log_p(1) + (1 - on) * log_p(0)).sum().item<double>(), 205.80662, 1e-4);
}

// The cross-entropy is linear in x, so that without latents the bound of soft targets is the mean over draws itself.
TEST_F(Rails, BernoulliOnSoftTargets) {
  const auto bernoulli = make_likelihood("bernoulli", {.shape = {1}, .support = Support::unit_interval, .levels = 0});
  const Tensor grey = at::arange(levels, at::kDouble) / 255, p = ((train * grey).sum(1) + 1) / 60002;
  const Theta theta = theta_of(*bernoulli, p.logit().reshape({1, pixels, 1}));
  Tensor log_p = at::empty({pixels, levels}, at::kDouble);
  for (int64_t k = 0; k < levels; ++k)
    log_p.select(1, k).copy_(
        bernoulli->log_prob(at::full({pixels, 1}, grey[k].item<double>(), at::kDouble), theta).squeeze(0));
  EXPECT_NEAR(nats(log_p), 205.80662, 1e-4);
  EXPECT_NEAR(draws_entropy, 45.756802, 1e-6);
}

TEST_F(Rails, CategoricalIsTheHistogram) {
  const auto categorical = make_likelihood("categorical", {.shape = {1}, .support = Support::levels, .levels = levels});
  const Theta theta = theta_of(*categorical, ((train + 1.0 / levels) / 60001).log().unsqueeze(0));
  Tensor log_p = at::empty({pixels, levels}, at::kDouble);
  for (int64_t k = 0; k < levels; ++k)
    log_p.select(1, k).copy_(
        categorical->log_prob(at::full({pixels, 1}, static_cast<double>(k), at::kDouble), theta).squeeze(0));
  EXPECT_NEAR(nats(log_p), 918.0456, 1e-3);
  EXPECT_NEAR(bits(log_p), 1.689362, 2e-6);
}

TEST_F(Rails, DiscretizedLogistic) {
  EXPECT_NEAR(bits(Fit("discretized_logistic", Support::levels, {{"min_log_scale", -20.0}}, train).log_p()), 2.06195,
              1e-4);
}

TEST_F(Rails, GaussianOnTheLevels) {
  const std::vector<Setting> settings = {{"scale", std::string("per_pixel")}, {"min_log_scale", -20.0}};
  EXPECT_NEAR(bits(Fit("gaussian", Support::real, settings, train).log_p()), 2.04946, 1e-4);
}

TEST_F(Rails, LaplaceOnTheLevels) {
  const std::vector<Setting> settings = {{"scale", std::string("per_pixel")}, {"min_log_scale", -20.0}};
  EXPECT_NEAR(bits(Fit("laplace", Support::real, settings, train).log_p()), 2.0861, 1e-4);
}

TEST_F(Rails, ContinuousBernoulliOnTheLevels) {
  const std::vector<Setting> settings = {{"max_logit", 1e5}};
  EXPECT_NEAR(bits(Fit("continuous_bernoulli", Support::unit_interval, settings, train).log_p()), 4.09228, 1e-4);
}

TEST_F(Rails, Binomial) { EXPECT_NEAR(bits(Fit("binomial", Support::levels, {}, train).log_p()), 75.7806, 1e-3); }

TEST_F(Rails, BetaBinomial) {
  EXPECT_NEAR(bits(Fit("beta_binomial", Support::levels, {}, train).log_p()), 1.849760, 1e-4);
}

}  // namespace
}  // namespace elbo::host
