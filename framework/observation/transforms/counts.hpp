// Counts as they are stored. The encoder sees log(1 + x), since counts span orders of magnitude.
#ifdef ELBO_TRANSFORM_OPTIONS  // for experiment/settings.hpp
namespace elbo::host {

struct CountsOptions : TransformOptions {};

}  // namespace elbo::host
#else
#include "experiment/settings.hpp"
#pragma once
#include "observation/transform.hpp"

namespace elbo::host::observation {

struct Counts : Identity {
  static std::optional<Counts> made(const Observation&, const DataConfig& config) {
    if (config.observe != "counts") return {};
    return Counts{};
  }

  template <class V>
  V encoder_input(const V& x, Constants<V>) const {
    return log1p(x);
  }
};

}  // namespace elbo::host::observation
#endif
