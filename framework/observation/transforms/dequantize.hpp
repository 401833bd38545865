// Grey levels become values in [0, 1]: (k + u) / levels with uniform noise u, or the middle of each level's interval.
#ifdef ELBO_TRANSFORM_OPTIONS  // for experiment/settings.hpp
namespace elbo::host {

struct DequantizeOptions : TransformOptions {
  bool dequantize = true;

  static std::vector<Observe> observes() { return {{"unit_interval", 40, {Support::levels}}}; }
  template <class Config>
  static void describe(Options<Config>& o) {
    o.add("dequantize", &DequantizeOptions::dequantize, "of levels: add uniform noise, (k + u) / levels")
        .only_with("observe", {"unit_interval"});
  }
};

}  // namespace elbo::host
#else
#include "experiment/settings.hpp"
#pragma once
#include <fmt/format.h>

#include "observation/measure_key.hpp"
#include "observation/transform.hpp"

namespace elbo::host::observation {

struct Dequantize : Identity {
  double levels = 256;
  bool has_noise = true;
  int64_t seed = 1;
  static constexpr bool likelihood_sets_support = true;  // it says where the outermost intervals end

  static std::optional<Dequantize> made(const Observation& stored, const DataConfig& config) {
    if (stored.support != Support::levels || config.observe != "unit_interval") return {};
    return Dequantize{{}, static_cast<double>(stored.levels), config.dequantize, config.binarize_seed};
  }

  Observation observed(const Observation& before) const {
    Observation after = before;
    after.support = Support::unit_interval;
    after.levels = 0;
    return after;
  }
  std::optional<int64_t> interval_levels() const { return static_cast<int64_t>(levels); }
  bool spreads_points() const { return has_noise; }
  std::optional<ValueRange> range() const { return ValueRange{0, 1}; }

  std::string describe() const { return "dequantize"; }

  /// A density on R sees these data within [0, 1] too, so its numbers are comparable with those of a density on [0, 1].
  void add_to(MeasureKey& key) const {
    key.base = "L01";
    key.levels = static_cast<int64_t>(levels);
    key.quantisation = has_noise ? fmt::format("dequantised, test draw seed {}", seed) : "centres";
    if (has_noise) key.chain.push_back({"dequantize"});
    key.chain.push_back({"scale", log_jacobian_per_dim(*this)});
  }

  std::optional<Noise> noise() const {
    if (!has_noise) return {};
    return Noise{"dequantize", seed};
  }

  template <class V>
  V apply(const V& stored, const V& noise, Constants<V> constants) const {
    if (!has_noise) return expected(stored, constants);
    return (stored + noise) / constant<V>(levels);
  }
  template <class V>
  V expected(const V& stored, Constants<V>) const {
    return (stored + constant<V>(0.5)) / constant<V>(levels);
  }
  template <class V>
  V to_stored(const V& x, Constants<V>) const {
    return x * constant<V>(levels) - constant<V>(0.5);
  }
  /// Adding the noise changes no volume.
  template <class V>
  V log_jacobian(const V& stored, Constants<V>) const {
    return stored * constant<V>(0) - constant<V>(std::log(levels));
  }
};

}  // namespace elbo::host::observation
#endif
