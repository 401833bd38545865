// Likelihoods as the host makes them, and the few tools that their tests share.
#pragma once
#include <ATen/ATen.h>

#include <cmath>
#include <elbo/model.hpp>
#include <filesystem>

#include "model/load_plugin.hpp"
#include "support/tensors.hpp"

namespace elbo::host::testing {

inline std::shared_ptr<Likelihood> make_likelihood(const std::string& name, const Observation& observation,
                                                   const std::vector<Setting>& settings = {}) {
  const auto path = std::filesystem::path(ELBO_BUILD_DIR) / "lib/elbo/plugins/likelihood" / (name + ".so");
  Context context;
  context.observation = observation;
  return plugins::make_plugin<Likelihood>(
      {.kind = "likelihood", .name = name, .path = path, .sha256 = "", .settings = settings}, context);
}

using elbo::testing::doubles;
inline Tensor doubles(const std::vector<double>& values) { return at::tensor(values, at::kDouble); }

/// raw [S, B, numel(params)] for these parameters
inline Theta theta_of(const Likelihood& likelihood, const Tensor& raw) { return Theta(likelihood.params(), raw); }

/// The same raw value for every parameter of every value, [samples, batch, ...].
inline Tensor constant_raw(const Likelihood& likelihood, double value, int64_t samples = 1, int64_t batch = 1) {
  return at::full({samples, batch, numel(likelihood.params())}, value, at::kDouble);
}

/// Moderate raw values that differ in every place.
inline Tensor varied_raw(const Likelihood& likelihood, int64_t samples, int64_t batch, uint64_t seed = 7) {
  Rng rng = Rng(seed).like(at::empty({}, at::kDouble));
  return rng.normal({samples, batch, numel(likelihood.params())}) * 0.7;
}

/// The raw value that soft_lower_bound maps to y.
inline double raise(double y, double min) { return y + std::log1p(-std::exp(min - y)); }

inline double infinity() { return std::numeric_limits<double>::infinity(); }

}  // namespace elbo::host::testing
