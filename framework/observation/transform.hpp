// What a transform of the data is. Each is one file of transforms/: the keys of [dataset] that it reads (experiment/settings.hpp includes this
// part), and a type of the file's name. Nothing else lists it.
#pragma once
#include <elbo/observation.hpp>

#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace elbo::host::observation {

struct DataSummary;
struct MeasureKey;

/// The noise of a transform: one number in (0, 1), uniformly distributed, for each value.
struct Noise {
  const char* stream = "";  // the fork of the training generator from which fresh noise comes
  int64_t seed = 1;         // of the noise that stays the same for each data point
  bool fresh_in_training =
      true;  // of validation and test data it always stays, so that all runs are tested on the same x
};

/// Mean and variance of each value over the training data, as they are stored.
struct Moments {
  std::vector<double> mean, variance;
};

/// The values that a picture shows as black and as white.
struct ValueRange {
  double low = 0, high = 1;
};

/// The constants() of a transform, as the values need them: tensors [X...], or the numbers at one position.
template <class V>
using Constants = std::span<const V>;

/// A transform that changes nothing. A transform derives from it and redeclares what it does differently; nothing is virtual,
/// because the list of transforms is known to the compiler.
///
/// The formulas are templates over the type V of the values, so that one text serves all who compute with it: V is a tensor
/// [B, X...] on any device in a batch, a float in a loop over bytes, and a double where no tensor is needed. They use the
/// operators that tensors and numbers share, and the functions below. That keeps this folder free of libtorch.
struct Identity {
  // static std::optional<T> made(const Observation& stored, const DataConfig& config):
  // the transform, if [dataset] asks for it of data stored in this way. Each transform has it.
  /// Transforms of a lower stage come before it in a chain.
  static constexpr int stage = 0;
  /// The stored values are what it made of the files already, so that its formulas change nothing.
  static constexpr bool is_made_when_read = false;

  /// What the plugins are told of the values that come out.
  Observation observed(const Observation& before) const { return before; }
  /// Whether the observed support is that of the likelihood which scores the values.
  static constexpr bool likelihood_sets_support = false;
  /// The support that a likelihood must have, where it is not one that fits the observed values.
  std::optional<Support> likelihood_support() const { return {}; }
  /// Whether x is the mean of the values that the numbers are about, so that log p must be a mean over them too.
  static constexpr bool shows_means = false;
  /// Level k stands for the interval [k, k + 1) / levels, of which a density can give the mass.
  std::optional<int64_t> interval_levels() const { return {}; }
  /// Whether its noise keeps values from being equal, so that a density cannot grow without bound at points.
  bool spreads_points() const { return false; }
  /// What pictures show as black and as white, where the support does not say it.
  std::optional<ValueRange> range() const { return {}; }

  /// What it does, in a message that recommends it; empty where likelihoods see the values as they are stored.
  std::string describe() const { return {}; }
  /// What its values are, where the support does not say it.
  std::string values_in_words() const { return {}; }
  /// What a reader of the numbers should know about this transform on these data; empty where there is nothing.
  std::string caution(const DataSummary&) const { return {}; }
  /// Its part of the measure key.
  void add_to(MeasureKey&) const {}

  static constexpr bool needs_moments = false;
  /// Called once, before any value is transformed, where needs_moments.
  void fit(const Moments&, const Observation&) {}
  /// Lists of one number for each position of a data point.
  std::vector<std::vector<double>> constants() const { return {}; }

  std::optional<Noise> noise() const { return {}; }
  /// stored -> x. `noise` is what noise() asks for, else it must not be used.
  template <class V>
  V apply(const V& stored, const V& /*noise*/, Constants<V>) const {
    return stored;
  }
  /// log |dx / dstored| of each value.
  template <class V>
  V log_jacobian(const V& stored, Constants<V>) const {
    return stored * constant<V>(0);
  }
  /// The stored value for which expected() is x: where a sample or a mean of the likelihood lies among the stored values.
  template <class V>
  V to_stored(const V& x, Constants<V>) const {
    return x;
  }
  /// What the encoder sees of x.
  template <class V>
  V encoder_input(const V& x, Constants<V>) const {
    return x;
  }
  // template <class V> V expected(const V& stored, Constants<V>) const:
  // the mean of x over the noise. A transform with noise has it; of the others it is apply().

  /// A number that meets values of type V in their precision.
  template <class V>
  static auto constant(double value) {
    if constexpr (std::is_floating_point_v<V>) return static_cast<V>(value);
    else return value;
  }
  /// 1 where the condition holds, else 0, of the type of `like`.
  template <class V, class Condition>
  static V indicator(const Condition& holds, const V& like) {
    if constexpr (std::is_floating_point_v<V>) return holds ? V(1) : V(0);
    else return holds.type_as(like);
  }
  template <class V>
  static V log1p(const V& x) {
    if constexpr (std::is_floating_point_v<V>) return std::log1p(x);
    else return x.log1p();
  }
};

/// The mean of x over the transform's noise.
template <class T, class V>
V expected(const T& transform, const V& stored, Constants<V> constants) {
  if constexpr (requires { transform.expected(stored, constants); }) return transform.expected(stored, constants);
  else return transform.apply(stored, stored, constants);
}

/// log |dx / dstored| of a transform under which it does not depend on the value: the mean over positions.
template <class T>
double log_jacobian_per_dim(const T& transform) {
  const auto constants = transform.constants();
  if (constants.empty()) return transform.log_jacobian(0.0, Constants<double>());
  const size_t positions = constants.front().size();
  double mean = 0;
  for (size_t i = 0; i < positions; ++i) {
    std::vector<double> here;
    for (const auto& list : constants) here.push_back(list[i]);
    mean += transform.log_jacobian(0.0, Constants<double>(here)) / static_cast<double>(positions);
  }
  return mean;
}

}  // namespace elbo::host::observation
