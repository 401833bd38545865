// Grey levels as they are stored: the likelihood is a distribution of whole numbers.
#ifdef ELBO_TRANSFORM_OPTIONS  // for experiment/settings.hpp
namespace elbo::host {

struct LevelsOptions : TransformOptions {};

}  // namespace elbo::host
#else
#include "experiment/settings.hpp"
#pragma once
#include "observation/measure_key.hpp"
#include "observation/transform.hpp"

namespace elbo::host::observation {

struct Levels : Identity {
  int64_t levels = 256;

  static std::optional<Levels> made(const Observation& stored, const DataConfig& config) {
    if (stored.support != Support::levels || config.observe != "levels") return {};
    return Levels{{}, stored.levels};
  }

  std::optional<int64_t> interval_levels() const { return levels; }

  void add_to(MeasureKey& key) const {
    key.set_tiles(levels);
    key.chain.push_back({"levels"});
  }

  template <class V>
  V encoder_input(const V& x, Constants<V>) const {
    return (x + constant<V>(0.5)) / constant<V>(static_cast<double>(levels));
  }
};

}  // namespace elbo::host::observation
#endif
