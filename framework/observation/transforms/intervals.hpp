// Grey levels under a density: level k is the interval [k, k + 1) / levels, and the likelihood gives its mass. The outermost
// levels take the tails ("tile, fold").
#ifdef ELBO_TRANSFORM_OPTIONS  // for experiment/settings.hpp
namespace elbo::host {

struct IntervalsOptions : TransformOptions {};

}  // namespace elbo::host
#else
#include "experiment/settings.hpp"
#pragma once
#include <limits>

#include "observation/measure_key.hpp"
#include "observation/transform.hpp"

namespace elbo::host::observation {

/// x is the middle of the interval.
struct Intervals : Identity {
  int64_t levels = 256;
  Support density = Support::real;  // the set on which the likelihood is a density

  /// No setting asks for it: a density takes the place of a distribution of levels (observation_model()).
  static std::optional<Intervals> made(const Observation&, const DataConfig&) { return {}; }

  Observation observed(const Observation& before) const {
    Observation after = before;
    after.support = density;
    return after;
  }

  std::optional<ValueRange> range() const { return ValueRange{0, 1}; }

  void add_to(MeasureKey& key) const {
    key.set_tiles(levels);
    key.chain.push_back({"levels"});
  }

  template <class V>
  V apply(const V& stored, const V& /*noise*/, Constants<V>) const {
    return (stored + constant<V>(0.5)) / count<V>();
  }
  template <class V>
  V to_stored(const V& x, Constants<V>) const {
    return x * count<V>() - constant<V>(0.5);
  }

  /// The level into whose interval x falls.
  template <class V>
  V level_of(const V& x) const {
    return (x * count<V>()).floor().clamp(0, static_cast<double>(levels - 1));
  }
  template <class V>
  V lower_end(const V& stored) const {
    V end = stored / count<V>();
    if (density == Support::real) end.masked_fill_(stored == 0, -std::numeric_limits<double>::infinity());
    return end;
  }
  template <class V>
  V upper_end(const V& stored) const {
    V end = (stored + 1) / count<V>();
    if (density != Support::unit_interval)
      end.masked_fill_(stored == static_cast<double>(levels - 1), std::numeric_limits<double>::infinity());
    return end;
  }

 private:
  template <class V>
  auto count() const {
    return constant<V>(static_cast<double>(levels));
  }
};

}  // namespace elbo::host::observation
#endif
