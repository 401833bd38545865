// Counts as they are stored. The encoder sees log(1 + x), since counts span orders of magnitude.
#pragma once
#include "experiment/settings.hpp"
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
