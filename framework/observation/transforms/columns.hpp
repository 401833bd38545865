// A table whose columns are of different kinds: each is what the likelihood that scores it takes.
#ifdef ELBO_TRANSFORM_OPTIONS  // for experiment/settings.hpp
namespace elbo::host {

struct ColumnsOptions : TransformOptions {
  static std::vector<Observe> observes() { return {{"columns", 70, {Support::real, Support::counts}}}; }
};

}  // namespace elbo::host
#else
#include "experiment/settings.hpp"
#pragma once
#include "observation/transform.hpp"

namespace elbo::host::observation {

struct Columns : Identity {
  static constexpr bool likelihood_sets_support = true;

  static std::optional<Columns> made(const Observation&, const DataConfig& config) {
    if (config.observe != "columns") return {};
    return Columns{};
  }

  Observation observed(const Observation& before) const {
    Observation after = before;
    after.support = Support::mixed;
    return after;
  }
};

}  // namespace elbo::host::observation
#endif
