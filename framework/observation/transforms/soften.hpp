// Grey values as they are under a binary likelihood: its log p is linear in x, so it gives the mean of log p over binary samples
// of which x is the mean, a lower bound of the log of the mean.
#ifdef ELBO_TRANSFORM_OPTIONS  // for experiment/settings.hpp
namespace elbo::host {

struct SoftenOptions : TransformOptions {
  static std::vector<Observe> observes() { return {{"soft_binary", 20, {Support::levels, Support::unit_interval}}}; }
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

struct Soften : Identity {
  double top = 255;  // the stored value that becomes 1
  static constexpr bool shows_means = true;

  static std::optional<Soften> made(const Observation& stored, const DataConfig& config) {
    if (config.observe != "soft_binary") return {};
    return Soften{{}, stored.support == Support::levels ? static_cast<double>(stored.levels - 1) : 1.0};
  }

  Observation observed(const Observation& before) const {
    Observation after = before;
    after.support = Support::unit_interval;
    after.levels = 0;
    return after;
  }
  std::optional<Support> likelihood_support() const { return Support::binary; }

  std::string describe() const { return "cross-entropy, reported as the bound on binarised data that it is"; }
  std::string values_in_words() const { return "means of binary draws"; }

  std::string caution(const DataSummary& data) const {
    if (data.levels == 0) return {};
    return fmt::format(
        "its cross-entropy on grey values is a lower bound of the mean of log p(x) over binary draws; no "
        "decoder brings it above -{:.2f} nat a data point, their entropy",
        data.draws_entropy);
  }

  void add_to(MeasureKey& key) const {
    key.base = "C2";
    key.binarisation = MeasureKey::soft_targets;
    key.chain.push_back({"soft_binary", 0, true});
  }

  template <class V>
  V apply(const V& stored, const V& /*noise*/, Constants<V>) const {
    return stored / constant<V>(top);
  }
  template <class V>
  V to_stored(const V& x, Constants<V>) const {
    return x * constant<V>(top);
  }
};

}  // namespace elbo::host::observation
#endif
