// One of each likelihood, with data that it allows, for the tests that every likelihood must pass.
#pragma once
#include <ostream>

#include "testing.hpp"

namespace elbo::host::testing {

struct Specimen {
  std::string label, plugin;
  std::vector<Setting> settings;
  int64_t levels = 0;
  std::vector<double> corners;  // values of x that are hardest
  std::vector<double> outside;  // values that the support excludes
  bool mean_is_exact = true;    // else only nearly the mean of the draws
};

inline std::ostream& operator<<(std::ostream& out, const Specimen& s) { return out << s.label; }

inline std::shared_ptr<Likelihood> make(const Specimen& s, const Shape& shape) {
  return make_likelihood(s.plugin, {.shape = shape, .levels = s.levels}, s.settings);
}

inline std::vector<Specimen> specimens() {
  const std::vector<double> reals = {-1, 0, 0.5, 2, 1e4}, units = {0, 0.5, 1}, ends = {0, 1, 128, 255};
  const std::vector<double> beyond_unit = {-1e-6, 1.5}, beyond_levels = {-1, 3.5, 256}, beyond_counts = {-1, 0.5};
  const std::vector<double> inner = {1. / 512, 0.5, 511. / 512}, open_ends = {0, 1, -0.5, 1.5},
                            counts = {0, 1, 7, 1000}, sizes = {1e-3, 1, 1e4}, not_above_0 = {-1, 0};
  const auto scaled = [](const std::string& scale) { return std::vector<Setting>{{"scale", scale}}; };
  const auto dispersed = [](const std::string& how) { return std::vector<Setting>{{"dispersion", how}}; };
  const std::vector<Setting> all_per_pixel = {{"scale", "per_pixel"}, {"dof", "per_pixel"}, {"min_dof", 4.5}};
  return {
      {"bernoulli", "bernoulli", {}, 0, {0, 1}, {0.5, -1, 2}},
      {"gaussian_fixed", "gaussian", scaled("fixed"), 0, reals, {}},
      {"gaussian_shared", "gaussian", scaled("shared"), 0, reals, {}},
      {"gaussian_per_pixel", "gaussian", scaled("per_pixel"), 0, reals, {}},
      {"laplace_shared", "laplace", scaled("shared"), 0, reals, {}},
      {"laplace_per_pixel", "laplace", scaled("per_pixel"), 0, reals, {}},
      {"continuous_bernoulli", "continuous_bernoulli", {}, 0, units, beyond_unit},
      {"discretized_logistic", "discretized_logistic", {}, 256, ends, beyond_levels},
      {"categorical", "categorical", {}, 8, {0, 1, 7}, {-1, 3.5, 8}},
      {"ordinal", "ordinal", {}, 8, {0, 1, 7}, {-1, 3.5, 8}},
      {"mixture_rgb", "discretized_logistic_mixture", {{"components", int64_t{3}}}, 256, ends, beyond_levels, false},
      {"binomial", "binomial", {}, 256, ends, beyond_levels},
      {"beta_binomial", "beta_binomial", {}, 256, ends, beyond_levels},
      {"student_t_shared", "student_t", {{"min_dof", 4.5}}, 0, reals, {}},
      {"student_t_per_pixel", "student_t", all_per_pixel, 0, reals, {}},
      {"beta", "beta", {}, 0, inner, open_ends},
      {"logit_normal_shared", "logit_normal", scaled("shared"), 0, inner, open_ends},
      {"logit_normal_per_pixel", "logit_normal", scaled("per_pixel"), 0, inner, open_ends},
      {"von_mises", "von_mises", {}, 0, units, beyond_unit},
      {"log_normal_shared", "log_normal", scaled("shared"), 0, sizes, not_above_0},
      {"log_normal_per_pixel", "log_normal", scaled("per_pixel"), 0, sizes, not_above_0},
      {"truncated_normal_shared", "truncated_normal", scaled("shared"), 0, units, beyond_unit},
      {"truncated_normal_per_pixel", "truncated_normal", scaled("per_pixel"), 0, units, beyond_unit},
      {"poisson", "poisson", {}, 0, counts, beyond_counts},
      {"negative_binomial_per_position", "negative_binomial", dispersed("per_position"), 0, counts, beyond_counts},
      {"negative_binomial_per_pixel", "negative_binomial", dispersed("per_pixel"), 0, counts, beyond_counts},
      {"zero_inflated_per_position", "zero_inflated_negative_binomial", dispersed("per_position"), 0, counts,
       beyond_counts},
      {"zero_inflated_per_pixel", "zero_inflated_negative_binomial", dispersed("per_pixel"), 0, counts, beyond_counts},
      {"zero_inflated_poisson", "zero_inflated_poisson", {}, 0, counts, beyond_counts},
      {"multinomial", "multinomial", {}, 0, counts, beyond_counts},
      {"dirichlet_multinomial", "dirichlet_multinomial", {}, 0, counts, beyond_counts},
      {"dirichlet_multinomial_per_example",
       "dirichlet_multinomial",
       {{"concentration", std::string("per_example")}},
       0,
       counts,
       beyond_counts},
  };
}

}  // namespace elbo::host::testing
