// elbo/tensor.hpp against identities and high-precision figures (50 digits), value and gradient.
#include <gtest/gtest.h>

#include <cmath>
#include <elbo/tensor.hpp>
#include <functional>

#include "testing.hpp"

namespace elbo::host::testing {
namespace {

struct ValueAndSlope {
  double value, slope;
};

ValueAndSlope at_point(const std::function<Tensor(const Tensor&)>& f, double t) {
  const Tensor u = doubles({t}).requires_grad_();
  const Tensor y = f(u);
  y.sum().backward();
  return {y.item<double>(), u.grad().item<double>()};
}

void expect_close(double found, double expected, const char* what, double at) {
  EXPECT_NEAR(found, expected, 1e-12 * std::abs(expected) + 1e-300) << what << " at " << at;
}

TEST(Math, log_sinhc) {
  const double figures[][3] = {{1e-09, 1.6666666666666669e-19, 3.3333333333333335e-10},
                               {0.0001, 1.6666666661111113e-9, 3.3333333311111113e-5},
                               {0.02, 6.6665777800352059e-5, 0.0066664888956611049},
                               {0.2, 0.0066578002852269915, 0.066489563439472717},
                               {0.499, 0.041161059862260341, 0.16363607731192442},
                               {0.501, 0.041488966669190362, 0.16427068852352717},
                               {-0.3, 0.014955255419671121, -0.099405096988408252},
                               {1.0, 0.16143936157119563, 0.3130352854993313},
                               {-7.0, 4.3609418388556766, -0.85714452020167823},
                               {20.0, 16.311120545886064, 0.95000000000000001},
                               {1000.0, 992.39909754045792, 0.999}};
  for (const auto& [t, value, slope] : figures) {
    const ValueAndSlope y = at_point(log_sinhc, t);
    expect_close(y.value, value, "log_sinhc", t);
    expect_close(y.slope, slope, "its slope", t);
  }
  EXPECT_EQ(at_point(log_sinhc, 0).value, 0);
  EXPECT_EQ(at_point(log_sinhc, 0).slope, 0);
}

TEST(Math, log1mexpc) {
  const double figures[][3] = {
      {1e-09, -4.9999999995833336e-10, -0.49999999991666667}, {0.0001, -4.999958333333337e-5, -0.49999166666666806},
      {0.02, -0.0099833333888885364, -0.49833334444433863},   {0.9, -0.416474927250896, -0.42599336070610324},
      {1.1, -0.50008215373261487, -0.41013025011771427},      {7.0, -1.9468224470381524, -0.14194442860392112},
      {40.0, -3.6888794541139363, -0.024999999999999996},     {1000.0, -6.9077552789821371, -0.001}};
  for (const auto& [t, value, slope] : figures) {
    const ValueAndSlope y = at_point(log1mexpc, t);
    expect_close(y.value, value, "log1mexpc", t);
    expect_close(y.slope, slope, "its slope", t);
  }
  EXPECT_EQ(at_point(log1mexpc, 0).slope, -0.5);
}

TEST(Math, log1mexp) {
  const double figures[][3] = {
      {1e-09, -20.723265837446411, 999999999.49999994},          {0.001, -6.9082552373154707, 999.50008333333192},
      {0.5, -0.93275212956718857, 1.5414940825367983},           {0.7, -0.68634100280838515, 0.98643386363446339},
      {3.0, -0.051069180942701587, 0.052395696491255952},        {40.0, -4.248354255291589e-18, 4.248354255291589e-18},
      {300.0, -5.1482002224120138e-131, 5.1482002224120138e-131}};
  for (const auto& [t, value, slope] : figures) {
    const ValueAndSlope y = at_point(log1mexp, t);
    expect_close(y.value, value, "log1mexp", t);
    expect_close(y.slope, slope, "its slope", t);
  }
}

TEST(Math, log_ndtr) {
  const double figures[][3] = {
      {-10000.0, -50000010.129278915, 10000.000099999998},      {-100.0, -5005.5242086942051, 100.00999800099926},
      {-30.0, -454.3212439563432, 30.033259667433677},          {-5.0, -15.064998393988726, 5.1865039671258421},
      {-1.0, -1.8410216450092635, 1.5251352761609812},          {-0.1, -0.77615459273027333, 0.86261747153093614},
      {0.0, -0.69314718055994531, 0.79788456080286536},         {0.5, -0.36894641528865639, 0.50916043383703349},
      {3.0, -0.0013508099647481938, 0.0044378390421256638},     {8.0, -6.2209605742717861e-16, 5.0522710835368954e-15},
      {30.0, -4.9067139271481871e-198, 1.4736461348785475e-196}};
  for (const auto& [t, value, slope] : figures) {
    const ValueAndSlope y = at_point(log_ndtr, t);
    expect_close(y.value, value, "log_ndtr", t);
    expect_close(y.slope, slope, "its slope", t);
  }
}

TEST(Math, log_ndtr_difference) {
  const double figures[][5] = {{-0.5, 0.5, -0.95991633369562232, -0.9194108453991883, 0.9194108453991883},
                               {0.0, 1e-05, -12.431863998191568, -100000.00000166666, 99999.999996666658},
                               {3.0, 3.01, -10.03908776115688, -101.5091790062622, 98.50420404746853},
                               {-40.0, -39.99, -805.31746926983561, -81.331283759633641, 121.32595135425448},
                               {-1000.0, -999.0, -499008.32569431385, -0., 999.001000998995},
                               {-1000.0, -999.999, -500007.28536916662, -581.97682853101299, 1581.9762465543484},
                               {10.0, 12.0, -53.231285150745609, -10.098093236316768, 2.8168308881521123e-9},
                               {-2.0, 30.0, -0.023012909328963488, -0.055247862678989959, 1.5079522474802772e-196},
                               {-0.1, 0.29, -1.8713241210950886, -2.578958377832197, 2.4851563818498058},
                               {-0.1, 0.31, -1.822956934112049, -2.4571899515462297, 2.3536525565744452},
                               {0.6, 0.99, -2.1788989970496659, -2.9445631320597425, 2.1595728852757032},
                               {0.6, 1.01, -2.1370242765341595, -2.8238063471646124, 2.0299998990598577},
                               {-0.001, 0.001, -7.13354679829352, -499.99983333335555, 499.99983333335555},
                               {500.0, 500.5, -125007.13355063159, -500.00199998400032, 1.1777807598786497e-106}};
  for (const auto& [a, b, value, slope_a, slope_b] : figures) {
    const Tensor lo = doubles({a}).requires_grad_(), hi = doubles({b}).requires_grad_();
    const Tensor y = log_ndtr_difference(lo, hi);
    y.sum().backward();
    EXPECT_NEAR(y.item<double>(), value, 1e-12 * std::max(1., std::abs(value))) << a << " " << b;
    EXPECT_NEAR(lo.grad().item<double>(), slope_a, 1e-12 * std::abs(slope_a)) << a << " " << b;
    EXPECT_NEAR(hi.grad().item<double>(), slope_b, 1e-12 * std::abs(slope_b)) << a << " " << b;
    const Tensor single = log_ndtr_difference(doubles({a}).to(at::kFloat), doubles({b}).to(at::kFloat));
    EXPECT_EQ(single.scalar_type(), at::kFloat);
  }
}

TEST(Math, differences_take_infinite_ends) {
  const double inf = infinity();
  const double ends[][2] = {{-inf, inf}, {-inf, -40}, {-inf, 3}, {-2, inf}, {50, inf}};
  for (const auto& [a, b] : ends) {
    const Tensor lo = doubles({a}).requires_grad_(), hi = doubles({b}).requires_grad_();
    const Tensor sum = log_ndtr_difference(lo, hi) + log_sigmoid_difference(lo, hi);
    const double expected = std::isinf(a) && std::isinf(b) ? 0.
                            : std::isinf(a)                ? (elbo::log_ndtr(hi) + elbo::log_sigmoid(hi)).item<double>()
                                            : (elbo::log_ndtr(-lo) + elbo::log_sigmoid(-lo)).item<double>();
    EXPECT_NEAR(sum.item<double>(), expected, 1e-12 * std::max(1., std::abs(expected))) << a << " " << b;
    sum.sum().backward();
    EXPECT_TRUE(lo.grad().isfinite().all().item<bool>() && hi.grad().isfinite().all().item<bool>()) << a << " " << b;
  }
}

TEST(Math, soft_bounds_keep_far_values_and_never_leave_their_bounds) {
  const Tensor t = doubles({-1e8, -1e3, -6, -5.5, 0.3, 5.5, 6, 1e3, 1e8}).requires_grad_();
  const Tensor both = soft_bound(t, -6, 6), lower = soft_lower_bound(t, -6);
  EXPECT_TRUE((both >= -6).logical_and(both <= 6).all().item<bool>());
  EXPECT_TRUE((lower >= -6).all().item<bool>());
  EXPECT_EQ(soft_bound(doubles({0.3}), -1e5, 1e5).item<double>(), 0.3);
  EXPECT_EQ(lower[8].item<double>(), 1e8);
  EXPECT_NEAR(lower[2].item<double>(), -6 + log_2, 1e-15);
  lower.sum().backward();
  EXPECT_DOUBLE_EQ(t.grad()[2].item<double>(), 0.5);
  EXPECT_NEAR(inverse_soft_lower_bound(lower.slice(0, 2, 8), -6)[2].item<double>(), 0.3, 1e-14);
}

TEST(Math, standardized_gives_no_gradient_through_infinite_edges) {
  const Tensor loc = doubles({0.5}).requires_grad_(), log_scale = doubles({-1}).requires_grad_();
  const Tensor y = standardized(doubles({-infinity()}), loc, log_scale);
  EXPECT_EQ(y.item<double>(), -infinity());
  y.sum().backward();
  EXPECT_EQ(loc.grad().item<double>(), 0);
  EXPECT_EQ(log_scale.grad().item<double>(), 0);
}

TEST(Math, minus_inf_outside_marks_the_datum_only) {
  const Tensor valid = at::tensor({1, 1, 1, 0}).view({2, 2}).to(at::kBool);
  const Tensor marked = minus_inf_outside(valid, at::zeros({3, 2}));
  EXPECT_TRUE((marked.select(1, 0) == 0).all().item<bool>());
  EXPECT_TRUE((marked.select(1, 1) == -infinity()).all().item<bool>());
}

}  // namespace
}  // namespace elbo::host::testing
