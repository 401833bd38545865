// Data meet a likelihood only through a chain of named transforms, which is decided here once.
#pragma once
#include <elbo/observation.hpp>

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "data/dataset.hpp"
#include "experiment/settings.hpp"
#include "transform_files.hpp"  // made by CMake: includes each file of transforms/

namespace elbo::host::observation {

/// One step from the stored values to what the likelihood sees.
using Transform = std::variant<ELBO_TRANSFORMS>;
/// By their stages.
using Chain = std::vector<Transform>;

/// How the likelihood scores one data point.
enum class Scoring {
  direct,    // log_prob of the values
  interval,  // interval_log_prob of the level's interval: an exact pmf on the levels ("tile-256, fold")
  observed   // the sum of log_prob_per_value over the values that are not missing, which are those that are not NaN
};

/// How the encoder of q(z|x,c) sees what is given of a data point.
enum class ShownCondition {
  not_at_all,
  as_values,  // behind the values, all in one row
  as_planes   // of the size of the image, behind its channels: for encoders of images alone
};

/// The chain, what comes out of it, and how that is scored.
struct ObservationModel {
  Observation observation;  // what the plugins are told; under Scoring::interval its support is the likelihood's own
  Chain chain{};
  std::optional<Intervals> on_levels{};  // of dequantised levels: evaluates their density as an exact pmf

  /// Which values of the test data are observed, "4211 of 4312, mask 3f2a9c"; empty where none of the data may be missing.
  std::string mask{};

  std::string given{};  // what p(x|c) is given, "sex (2 levels, 3f2a9c), age"; empty where nothing is
  std::vector<std::string> given_names{};  // of each value of c
  double unseen = 0;                       // share of training data of which nothing is given
  ShownCondition shown = ShownCondition::not_at_all;

  bool masked() const { return !mask.empty(); }
  Scoring scoring() const {
    return find<Intervals>() ? Scoring::interval : masked() ? Scoring::observed : Scoring::direct;
  }
  /// What the encoder sees of a data point: where values may be missing, after them one column each that is 1 where the value is
  /// observed and 0 where it is missing; then what is given.
  Observation encoder_observation() const;
  /// Of a table: each column is what the likelihood that scores it takes.
  bool by_column() const { return find<Columns>() != nullptr; }
  /// Whether x are means of the values that the numbers are about.
  bool shows_means() const;
  /// What pictures show as black and as white; nothing where only the data say it.
  std::optional<ValueRange> range() const;
  /// The model under which a density of dequantised levels is evaluated as an exact pmf; others are evaluated as they are.
  ObservationModel evaluated() const;

  /// The first transform of this type in the chain, or null.
  template <class T>
  const T* find() const {
    for (const Transform& step : chain)
      if (const T* found = std::get_if<T>(&step)) return found;
    return nullptr;
  }
};

/// Stored levels and the x of a chain without constants, one value at a time.
double expected_of(const Chain& chain, double stored);
double stored_of(const Chain& chain, double x);

/// Joins data of `stored` support with a likelihood of `wanted` support. Throws UserError naming the setting that would fit
/// (Bernoulli on grey levels: binarize or soft_binary, or continuous_bernoulli, or levels). What depends on the data,
/// complete() adds.
/// `has_interval`: the likelihood can give interval masses.
ObservationModel observation_model(const Observation& stored, Support wanted, bool has_interval,
                                   const DataConfig& config, const std::string& likelihood);

/// The likelihood that scores a column, and the values that it takes.
struct ColumnScorer {
  std::string likelihood;
  Support support = Support::real;
};

/// Gives each column the set of the likelihood that scores it, with as many levels as the data need, and fits the transforms
/// that depend on the training data. `scorers` has one for each column of a table.
/// Throws UserError when a value of a column is outside of its set.
void complete(ObservationModel& model, const data::Dataset& dataset, const std::vector<ColumnScorer>& scorers);

}  // namespace elbo::host::observation
