// Scales of known residuals: at their exact maximum in closed form, near it by search.
#include "evaluate/nuisances.hpp"

#include <gtest/gtest.h>

#include "unit/likelihoods/testing.hpp"

namespace elbo::host::transfer {
namespace {
using namespace elbo::host::testing;

const Observation two_reals{.shape = {2}, .support = Support::real, .levels = 0};
const std::vector<Setting> open = {{"scale", std::string("per_pixel")}, {"min_log_scale", -20.0}};

/// Residuals 1, -3, 0, 2, ...: mean square 3.5, mean size 1.5
const std::vector<double> residuals = {1, -3, 0, 2};

Residuals known() {
  Residuals r;
  r.add(doubles({1, -3}).reshape({1, 2}));
  r.add(doubles({0, 2}).reshape({1, 2}));
  return r;
}

/// As a trained decoder would show them: locations 10 and 20 in each data point.
Seen see(const Tensor& ids) {
  const int64_t n = ids.size(0);
  const Tensor mean = doubles({10, 20}).to(at::kFloat).expand({1, n, 2}).contiguous();
  Batch batch;
  batch.ids = ids;
  batch.x = mean.squeeze(0) + doubles(residuals).to(at::kFloat).reshape({2, 2}).index_select(0, ids % 2);
  return {batch, mean};
}

Fit fit_of(const std::string& name, std::vector<Setting> settings, int64_t rows = 1000) {
  Model model;
  model.likelihood = make_likelihood(name, two_reals, settings);
  Location location(model.likelihood, 100);
  return fit(model, observation::Scoring::direct, location, rows, see);
}

double scale(double raw) { return std::exp(-20 + std::log1p(std::exp(raw + 20))); }

TEST(Residuals, AreSummedOverAllBatches) {
  EXPECT_EQ(known().count(), 4);
  EXPECT_DOUBLE_EQ(known().root_mean_square(), std::sqrt(3.5));
  EXPECT_DOUBLE_EQ(known().mean_size(), 1.5);
}

TEST(ClosedForm, IsWhereTheLikelihoodOfTheResidualsIsLargest) {
  for (const auto& [name, exact] : {std::pair{"gaussian", std::sqrt(3.5)}, std::pair{"laplace", 1.5}}) {
    const auto likelihood = make_likelihood(name, {.shape = {4}, .support = Support::real, .levels = 0}, open);
    ASSERT_TRUE(has_closed_form(*likelihood));
    const std::vector<double> raw = closed_form(*likelihood, known());
    ASSERT_EQ(raw.size(), 1u);
    EXPECT_NEAR(scale(raw[0]), exact, 1e-12) << name;
    const auto log_prob = [&](double shift) {
      const Tensor theta =
          at::cat({at::zeros({4}, at::kDouble), at::full({4}, raw[0] + shift, at::kDouble)}).reshape({1, 1, 8});
      return likelihood->log_prob(doubles(residuals).unsqueeze(0), theta_of(*likelihood, theta)).item<double>();
    };
    EXPECT_GT(log_prob(0), log_prob(1e-3)) << name;
    EXPECT_GT(log_prob(0), log_prob(-1e-3)) << name;
    EXPECT_NEAR((log_prob(1e-5) - log_prob(-1e-5)) / 2e-5, 0, 1e-6) << name;
  }
}

TEST(Fit, UsesTheClosedFormOverAllTrainingData) {
  const Fit gaussian = fit_of("gaussian", open), laplace = fit_of("laplace", open);
  EXPECT_EQ(gaussian.how, "closed form");
  ASSERT_EQ(gaussian.values.size(), 1u);
  EXPECT_EQ(gaussian.values[0].first, "log_scale");
  EXPECT_NEAR(scale(gaussian.values[0].second), std::sqrt(3.5), 1e-5);
  EXPECT_NEAR(scale(laplace.values[0].second), 1.5, 1e-5);
}

TEST(Fit, SearchesWhereThereIsNone) {
  // with so many degrees of freedom the distribution is the normal one, whose answer is known
  auto settings = open;
  settings.push_back({"dof", std::string("fixed")});
  settings.push_back({"fixed_dof", 1e6});
  const Fit student = fit_of("student_t", settings);
  EXPECT_EQ(student.how, "search");
  EXPECT_NEAR(scale(student.values[0].second), std::sqrt(3.5), 0.02);
}

/// A normal distribution of a user's own, whose init_from gives `factor` times the deviation.
class OwnNormal final : public Likelihood {
 public:
  OwnNormal(std::string name, double factor) : factor_(factor) {
    Context context;
    context.observation = two_reals;
    attach("likelihood:" + name, context);
  }

 private:
  Support do_support() const override { return Support::real; }
  std::vector<DecoderOutput> do_params() const override { return {{"loc", {2}}, {"log_scale", {2}}}; }
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor s = theta["log_scale"], r = (x - theta["loc"]) * s.neg().exp();
    return sum_event(r.square() / -2 - s - 0.91893853320467274);
  }
  Tensor do_mean(const Theta& theta) const override { return theta["loc"]; }
  Tensor do_sample(const Theta& theta, Rng&) const override { return theta["loc"]; }
  std::optional<Tensor> do_init_from(const Statistics& s) override {
    return at::cat({s.mean.flatten(), s.variance.flatten().log() / 2 + std::log(factor_)});
  }

  double factor_;
};

TEST(Fit, AsksTheLikelihoodAndNotItsName) {
  for (const auto& [name, factor, how] :
       {std::tuple("gaussian", 2.0, "search"), std::tuple("mine", 1.0, "closed form")}) {
    Model model;
    model.likelihood = std::make_shared<OwnNormal>(name, factor);
    Location location(model.likelihood, 100);
    const Fit found = fit(model, observation::Scoring::direct, location, 1000, see);
    EXPECT_EQ(found.how, how) << name;
    ASSERT_EQ(found.values.size(), 1u);
    EXPECT_NEAR(std::exp(found.values[0].second), std::sqrt(3.5), 0.02) << name;
  }
}

TEST(Fit, TheMassesOfLevelsAreSearched) {
  // all mass of x = 0 .. 9 near their own level: a narrow scale is best, and the mass is then all of it
  Model model;
  model.likelihood = make_likelihood("gaussian", two_reals, open);
  Location location(model.likelihood, 100);
  const auto level = [](const Tensor& ids) {
    Batch batch;
    batch.ids = ids;
    const Tensor x = (ids % 10).to(at::kFloat).unsqueeze(1).expand({ids.size(0), 2}).contiguous();
    batch.lo = x - 0.5, batch.hi = x + 0.5;
    return Seen{batch, x.unsqueeze(0)};
  };
  const Fit narrow = fit(model, observation::Scoring::interval, location, 100, level);
  EXPECT_EQ(narrow.how, "search");
  EXPECT_LT(scale(narrow.values[0].second), 0.1);
}

TEST(Fit, AFixedScaleIsLeftAlone) { EXPECT_TRUE(fit_of("gaussian", {{"scale", std::string("fixed")}}).values.empty()); }

TEST(Argmax, FindsAPeakAndStepsOverNaN) {
  EXPECT_NEAR(argmax(-12, 12, [](double t) { return -(t - 3.21) * (t - 3.21); }), 3.21, 0.01);
  EXPECT_NEAR(argmax(-12, 12, [](double t) { return t < -8 ? std::nan("") : -std::abs(t + 5); }), -5, 0.01);
}

}  // namespace
}  // namespace elbo::host::transfer
