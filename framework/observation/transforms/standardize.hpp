// Real values less their mean over the training data, by their standard deviation. The encoder always sees them so; the
// likelihood does with [dataset] standardize = true.
#ifdef ELBO_TRANSFORM_OPTIONS  // for experiment/settings.hpp
namespace elbo::host {

struct StandardizeOptions : TransformOptions {
  bool standardize = false;

  template <class Config>
  static void describe(Options<Config>& o) {
    o.add("standardize", &StandardizeOptions::standardize,
          "real values, and real columns: each less its mean over the training data, by its standard deviation")
        .only_with("observe", {"real", "columns"});
  }
};

}  // namespace elbo::host
#else
#include "experiment/settings.hpp"
#pragma once
#include <limits>

#include "observation/measure_key.hpp"
#include "observation/transform.hpp"

namespace elbo::host::observation {

struct Standardize : Identity {
  bool of_x = false;      // for the likelihood, too
  bool of_table = false;  // x has columns that are not real: these stay as they are for the likelihood
  std::vector<double> mean{}, deviation{};      // of each value; the encoder's
  std::vector<double> x_mean{}, x_deviation{};  // the likelihood's: 0 and 1 where x stays as it is
  std::vector<double> log_jacobians{};
  static constexpr bool needs_moments = true;
  static constexpr int stage = 1;  // of the values that the others make

  static std::optional<Standardize> made(const Observation& stored, const DataConfig& config) {
    const bool table = config.observe == "columns";
    if (!table && (config.observe != "real" || stored.support != Support::real)) return {};
    return Standardize{{}, config.standardize, table};
  }

  /// A value that never varies is only moved.
  void fit(const Moments& moments, const Observation& observation) {
    constexpr double least_variance = 1e-12;
    const size_t n = moments.mean.size();
    mean = moments.mean;
    deviation.assign(n, 1);
    x_mean.assign(n, 0);
    x_deviation.assign(n, 1);
    log_jacobians.assign(n, 0);
    for (size_t i = 0; i < n; ++i) {
      const bool varies = moments.variance[i] >= least_variance;
      if (varies) deviation[i] = std::sqrt(moments.variance[i]);
      const bool is_real = observation.columns.empty() || observation.columns[i].support == Support::real;
      if (!of_x || !is_real) continue;
      x_mean[i] = mean[i];
      x_deviation[i] = deviation[i];
      if (varies) log_jacobians[i] = -std::log(moments.variance[i]) / 2;
    }
  }

  std::vector<std::vector<double> > constants() const {
    if (mean.empty()) return {};
    return {mean, deviation, x_mean, x_deviation, log_jacobians};
  }

  void add_to(MeasureKey& key) const {
    if (of_x) key.chain.push_back({"standardize", log_jacobian_per_dim(*this)});
  }

  template <class V>
  V apply(const V& stored, const V& /*noise*/, Constants<V> c) const {
    return of_x ? (stored - c[2]) / c[3] : stored;
  }
  template <class V>
  V to_stored(const V& x, Constants<V> c) const {
    return of_x ? x * c[3] + c[2] : x;
  }
  template <class V>
  V encoder_input(const V& x, Constants<V> c) const {
    if (of_x && !of_table) return x;
    return (to_stored(x, c) - c[0]) / c[1];
  }
  /// NaN before fit().
  template <class V>
  V log_jacobian(const V& stored, Constants<V> c) const {
    if (c.empty()) return stored * constant<V>(0) + constant<V>(std::numeric_limits<double>::quiet_NaN());
    return stored * constant<V>(0) + c[4];
  }
};

}  // namespace elbo::host::observation
#endif
