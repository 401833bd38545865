// One of each likelihood, with data that it allows, for the tests that every likelihood must pass.
#pragma once
#include <ostream>

#include "testing.hpp"

namespace elbo::testing {

struct Specimen {
  std::string label, plugin;
  std::vector<Setting> settings;
  int64_t levels = 0;
  std::vector<double> corners;  // values of x that are hardest
  std::vector<double> outside;  // values that the support excludes
  bool channels = false;        // the leading size of X... has a meaning of its own
};

inline std::ostream& operator<<(std::ostream& out, const Specimen& s) { return out << s.label; }

inline std::shared_ptr<Likelihood> make(const Specimen& s, const Shape& shape) {
  return make_likelihood(s.plugin, {.shape = shape, .levels = s.levels}, s.settings);
}

inline std::vector<Specimen> specimens() {
  const std::vector<double> reals = {-1, 0, 0.5, 2, 1e4}, units = {0, 0.5, 1}, ends = {0, 1, 128, 255};
  const std::vector<double> beyond_unit = {-1e-6, 1.5}, beyond_levels = {-1, 3.5, 256};
  const auto scaled = [](const std::string& scale) { return std::vector<Setting>{{"scale", scale}}; };
  return {
      {"bernoulli", "bernoulli", {}, 0, {0, 1}, {0.5, -1, 2}},
      {"gaussian_fixed", "gaussian", scaled("fixed"), 0, reals, {}},
      {"gaussian_shared", "gaussian", scaled("shared"), 0, reals, {}},
      {"gaussian_per_pixel", "gaussian", scaled("per_pixel"), 0, reals, {}},
      {"laplace_shared", "laplace", scaled("shared"), 0, reals, {}},
      {"laplace_per_pixel", "laplace", scaled("per_pixel"), 0, reals, {}},
      {"continuous_bernoulli", "continuous_bernoulli", {}, 0, units, beyond_unit},
      {"discretized_logistic", "discretized_logistic", {}, 256, ends, beyond_levels},
  };
}

}  // namespace elbo::testing
