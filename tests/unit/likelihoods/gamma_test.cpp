// elbo/distributions.hpp: ratios of gamma functions against high-precision figures (60 digits) and identities.
#include <gtest/gtest.h>
#include <elbo/distributions.hpp>

#include <cmath>
#include <functional>

#include "testing.hpp"

namespace elbo::host::testing {
namespace {

void expect_value_and_slope(const std::function<Tensor(const Tensor&)>& f, double t, double value, double slope) {
  const Tensor u = doubles({t}).requires_grad_(), y = f(u);
  y.sum().backward();
  EXPECT_NEAR(y.item<double>(), value, 1e-12 * std::max(1., std::abs(value))) << t;
  EXPECT_NEAR(u.grad().item<double>(), slope, 1e-12 * std::max(1., std::abs(slope))) << t;
}

TEST(Gamma, log1pmx) {
  const double figures[][3] = {
      {-0.99, -3.6151701859880905, 98.999999999999911},      {-0.5, -0.19314718055994531, 1.0},
      {-0.499, -0.19214917789727225, 0.99600798403193612},   {-0.1, -0.0053605156578263018, 0.11111111111111112},
      {-1e-06, -5.0000033333358329e-13, 1.000001000001e-6},  {1e-09, -4.9999999966666673e-19, -9.9999999900000006e-10},
      {0.3, -0.037635735532508945, -0.23076923076923076},    {0.4999, -0.094501560780823281, -0.33328888592572839},
      {0.5001, -0.094568227447292409, -0.33337777481501233}, {3.0, -1.6137056388801094, -0.75},
      {1000000.0, -999986.18448844204, -0.999999000001}};
  for (const auto& [t, value, slope] : figures) {
    expect_value_and_slope(log1pmx, t, value, slope);
    EXPECT_NEAR(log1pmx(doubles({t})).item<double>(), value, 1e-14 * std::abs(value)) << t;
  }
}

TEST(Gamma, stirling_remainder) {
  const double figures[][3] = {
      {0.001, 2.5422704679670945, -493.66781665282815},       {0.1, 0.51274008133191493, -3.1211698474170309},
      {1.0, 0.081061466795327258, -0.077215664901532861},     {3.7, 0.022468770580143146, -0.0060441451535322388},
      {7.99, 0.010424282145215025, -0.0013033149534864365},   {8.01, 0.010398280830249045, -0.0012968246394164542},
      {20.0, 0.0041663196919969225, -0.00020828131184194256}, {1000000.0, 8.3333333333330556e-8, -8.3333333333325e-14}};
  for (const auto& [t, value, slope] : figures) expect_value_and_slope(stirling_remainder, t, value, slope);
}

TEST(Gamma, log_rising_excess) {
  // a, m, log of Gamma(a + m) / (Gamma(a) a^m)
  const double figures[][3] = {{1e-08, 10.0, 178.58795420394244},     {0.3, 255.0, 1463.7500718729505},
                               {5.0, 0.5, -0.024958818946279513},     {7.5, 3.0, 0.36155192101823641},
                               {500.0, 0.5, -0.00024999995833338333}, {10000000000.0, 200.0, 1.9899999867665001e-6},
                               {1e+17, 39.0, 7.409999999999999e-15},  {2.0, 0.0, 0.0}};
  for (const auto& [a, m, value] : figures)
    EXPECT_NEAR(log_rising_excess(doubles({a}), doubles({m})).item<double>(), value, 1e-12 * std::max(1., value));
}

TEST(Gamma, log_beta_mass) {
  // lo, hi, alpha, beta, the log of the mass and its derivatives in alpha and beta
  const double inf = infinity();
  const double figures[][7] = {
      {-2.0570832205531477, -2.0568731094233224, 1339.3439547837738, 10000.0, -7.1156298653664222,
       -0.040854214670387991, 0.0053952038952842347},
      {-0.23887696922509313, -0.05936304466425632, 2104.428008630596, 2104.428008630596, -3.6084961467859595,
       -0.036098369253693311, 0.035042777286244445},
      {0.7121159919872186, 0.712299810159128, 166.21093245359162, 68.21384033951803, -8.3707477345530603,
       -0.054397884299741029, 0.12834092416313155},
      {-0.7075708070106033, inf, 27.99317523369399, 24.9689925965084, -0.0015434384216255701, 0.00080043668985761102,
       -0.0005986339941031514},
      {-1.6719582154745702, 1.8026411965118494, 2.0663198753360987, 4.523701945343281, -0.22212020011165059,
       0.26002210622225003, -0.074013840382181809},
      {0.3936910577594346, 0.4851613123607251, 295.8762866288792, 158.74063717055063, -2.6697503250300696,
       -0.06245488055891866, 0.10972537960821892},
      {-2.290600299383678, -2.194920573012721, 0.01099770777440749, 0.01, -7.6252518096617482, 40.976179577910702,
       52.292510624638285},
      {-41.30406618502259, -40.80730066603074, 0.028961711846887603, 0.01, -6.7899830776661433, -32.17729649593473,
       74.37977281951572},
      {10.595761730341794, 10.709438459551356, 0.11785197564652553, 0.30837299420082437, -7.8754233641199082,
       6.5026487797305438, -9.6307381928258545},
      {-0.1048151844852687, -0.10470052935765868, 8346.0682180612, 10000.0, -18.958947615328447, 0.040759926819013975,
       -0.035286282139682966},
      {-inf, 0.14050955845027363, 124.2773008878819, 124.2773008878819, -0.14427939448006268, -0.015332625517858262,
       0.016447303721430311},
      {-44.075454214562335, -44.0391535671966, 0.041703252507568185, 0.018386201204235963, -9.513454089479086,
       -36.692068754976151, 37.811639176080339},
      {-inf, -0.23821917263874398, 6967.600659577519, 10000.0, -1.2314456542129997e-15, -8.8424652988549011e-17,
       6.5527517995945779e-17},
      {-57.928358467492366, -56.45718966373851, 0.029893005584526972, 0.01, -6.2167949748667082, -48.786143473474335,
       74.980393466737071},
      // half-lines and narrow intervals have their own ways
      {-inf, -1.25, 2.5, 2.5, -2.321113898106638, -1.1318124673709135, 0.63288377515298152},
      {0.25, inf, 0.1875, 3.0, -4.6546294009786675, 6.2153808331908553, -1.0579869528075098},
      {6.0, inf, 160.0, 3.75, -6.5623471126441658, 0.021313863606408828, -2.3746011867522049},
      {0.125, 0.12890625, 5.0, 5.0, -6.0510638051361558, 0.1139506700023018, -0.013002051966343188},
      {-0.03125, 0.0625, 3.0, 3.0, -3.1255413504728759, 0.097868122414882729, 0.082260278776342392},
      {-inf, -3.0, 0.0078125, 0.03125, -0.24620544579598741, -28.552566223396889, 6.4118399847134222}};
  for (const auto& row : figures) {
    Tensor t[4];
    for (int i = 0; i < 4; ++i) t[i] = doubles({row[i]}).requires_grad_();
    const Tensor y = log_beta_mass(t[0], t[1], t[2], t[3]);
    y.sum().backward();
    EXPECT_NEAR(y.item<double>(), row[4], 1e-12 * std::max(1., std::abs(row[4]))) << row[2] << " " << row[3];
    EXPECT_NEAR(t[2].grad().item<double>() * row[2], row[5] * row[2], 1e-11 * std::max(1., std::abs(row[5] * row[2])));
    EXPECT_NEAR(t[3].grad().item<double>() * row[3], row[6] * row[3], 1e-11 * std::max(1., std::abs(row[6] * row[3])));
  }
}

TEST(Gamma, beta_masses_of_a_partition_sum_to_one) {
  for (const auto& [alpha, beta] :
       {std::pair{1e-3, 1e-3}, {1e-3, 50.}, {0.5, 0.5}, {2., 5.}, {300., 1e4}, {5e5, 5e5}, {1e10, 3e10}}) {
    const Tensor edges = (at::arange(257, at::kDouble) / 256).logit();
    const Tensor mass = log_beta_mass(edges.slice(0, 0, 256), edges.slice(0, 1), doubles({alpha}), doubles({beta}));
    EXPECT_NEAR(mass.exp().sum().item<double>(), 1, 1e-12 + 1e-21 * (alpha + beta)) << alpha << " " << beta;
    EXPECT_TRUE(mass.isfinite().all().item<bool>()) << alpha << " " << beta;
  }
}

TEST(Gamma, negative_binomial_becomes_poisson) {
  const Tensor k = at::arange(200, at::kDouble), log_mean = doubles({3.3});
  const Tensor wide = log_negative_binomial(k, log_mean, doubles({40})), poisson = log_poisson(k, log_mean);
  EXPECT_LT((wide - poisson).abs().max().item<double>(), 1e-11);
}

TEST(Gamma, counts_have_mass_one) {
  const Tensor k = at::arange(20000, at::kDouble);
  for (const double log_mean : {-3., 0., 2., 5.}) {
    EXPECT_NEAR(log_poisson(k, doubles({log_mean})).exp().sum().item<double>(), 1, 1e-12);
    for (const double log_dispersion : {0.5, 3., 12.})
      EXPECT_NEAR(log_negative_binomial(k, doubles({log_mean}), doubles({log_dispersion})).exp().sum().item<double>(),
                  1, 1e-12);
  }
}

}  // namespace
}  // namespace elbo::host::testing
