// Grey levels become 0 and 1: sampled with the grey value as the probability of 1, or by a threshold.
#ifdef ELBO_TRANSFORM_OPTIONS  // for experiment/settings.hpp
namespace elbo::host {

/// The keys of [dataset] that it reads.
struct BinarizeOptions : TransformOptions {
  std::string binarize = "dynamic";
  double threshold = 0.5;
  int64_t binarize_seed = 1;

  static std::vector<Observe> observes() { return {{"binary", 10, {Support::levels}}}; }
  template <class Config>
  static void describe(Options<Config>& o) {
    o.add("binarize", &BinarizeOptions::binarize,
          "grey values: a fresh draw at each showing, one fixed draw, or a threshold")
        .one_of({"dynamic", "static", "threshold"})
        .only_with("observe", {"binary"});
    o.add("threshold", &BinarizeOptions::threshold, "values above it (on 0..1) are 1")
        .range(0, 1)
        .only_with("binarize", {"threshold"});
    o.add("binarize_seed", &BinarizeOptions::binarize_seed, "seed of the static draw and of the test draw")
        .range(0, 1e15)
        .only_with("binarize", {"dynamic", "static"});
  }
};

}  // namespace elbo::host
#else
#include "experiment/settings.hpp"
#pragma once
#include <fmt/format.h>

#include "observation/data_summary.hpp"
#include "observation/measure_key.hpp"
#include "observation/transform.hpp"

namespace elbo::host::observation {

struct Binarize : Identity {
  enum class Method { dynamic, fixed, threshold };  // binarize = "dynamic", "static", "threshold"
  Method method = Method::dynamic;
  double top = 255;        // the level that is always 1
  double threshold = 0.5;  // on [0, 1]
  int64_t seed = 1;

  static std::optional<Binarize> made(const Observation& stored, const DataConfig& config) {
    if (stored.support != Support::levels || config.observe != "binary") return {};
    const Method method = config.binarize == "static"      ? Method::fixed
                          : config.binarize == "threshold" ? Method::threshold
                                                           : Method::dynamic;
    return Binarize{{}, method, static_cast<double>(stored.levels - 1), config.threshold, config.binarize_seed};
  }

  Observation observed(const Observation& before) const {
    Observation after = before;
    after.support = Support::binary;
    after.levels = 0;
    return after;
  }

  std::string describe() const { return "binarize"; }

  std::string caution(const DataSummary& data) const {
    if (data.levels == 0) return {};
    return fmt::format("sees draws of 0 and 1, not the {} levels; its numbers are about the draws only", data.levels);
  }

  void add_to(MeasureKey& key) const {
    switch (method) {
      case Method::dynamic:
        key.binarisation = fmt::format("dynamic, test draw seed {}", seed);
        key.chain.push_back({"binarize(dynamic)", 0, true});
        break;
      case Method::fixed:
        key.binarisation = fmt::format("static, seed {}", seed);
        key.chain.push_back({"binarize(static)", 0, true});
        break;
      case Method::threshold:
        key.binarisation = fmt::format("threshold > {}", threshold);
        key.chain.push_back({"binarize(threshold)", 0, true});
    }
  }

  std::optional<Noise> noise() const {
    if (method == Method::threshold) return {};
    return Noise{"binarize", seed, method == Method::dynamic};
  }

  template <class V>
  V apply(const V& stored, const V& noise, Constants<V>) const {
    const V unit = stored / constant<V>(top);
    if (method == Method::threshold) return indicator(unit > constant<V>(threshold), unit);
    return indicator(noise < unit, unit);
  }
  /// The decoder's first bias and the scale of the pictures follow the grey values, under a threshold too.
  template <class V>
  V expected(const V& stored, Constants<V>) const {
    return stored / constant<V>(top);
  }
  template <class V>
  V to_stored(const V& x, Constants<V>) const {
    return x * constant<V>(top);
  }
};

}  // namespace elbo::host::observation
#endif
