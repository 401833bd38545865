// What a likelihood-like number is a number about. Two numbers may be subtracted, ranked or plotted together only when
// their keys are equal.
#pragma once
#include <elbo/observation.hpp>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace elbo::host::observation {

struct ObservationModel;

/// How a number was estimated. Within one ranking it must be the same.
struct Estimator {
  std::string name = "elbo";  // "elbo"; "iwae": log of the mean of K importance weights; "ladder(1)": metrics/rung.hpp
  int64_t samples = 1;        // latent samples for each data point: K, of a ladder's first rungs
  int64_t images = 0;         // test data it is the mean of, from the first on
  bool operator==(const Estimator&) const = default;
};

struct MeasureKey {
  static constexpr const char* soft_targets = "soft targets, a lower bound of the mean over dynamic draws";

  /// A transform, from the stored values towards those that were scored.
  struct Step {
    std::string name;  // "binarize(dynamic)", "dequantize", "scale", "levels", ...
    double log_jacobian_per_dim =
        0.0;                    // log |dy/dx| that turns a density of y into one of x; NaN where it is not known
    bool changes_data = false;  // y are other data than x, so that there is no conversion back
  };

  std::string data;        // DataRecord::evaluation_fingerprint()
  std::string test_ids;    // hash of the rows of the test data
  int64_t dimensions = 0;  // D, values of one data point
  std::string
      base;  // C2, C<levels>, CN, CM (counts given their total or library size), L01, L+, LR; "LR^11 x C9" of columns
  int64_t levels = 0;  // of quantised data, else 0
  std::string quantisation =
      "none";  // "none", "tiles k/levels, tails folded", "dequantised, test draw seed 1", "centres"
  std::string binarisation =
      "none";                 // "none", "dynamic, test draw seed 1", "static, seed 1", "threshold > 0.5", soft_targets
  std::vector<Step> chain{};  // from the stored values to what was scored
  std::string conditioning = "none";  // "none", "total of the counts", "library size"
  std::string given = "nothing";      // of p(x|c): "sex (2 levels, 3f2a9c), age"
  std::string observed = "all";       // "all", or which values of the test data are: "4211 of 4312, mask 3f2a9c"
  std::string direction = "lower";
  Estimator estimator{};

  /// The numbers are probabilities of levels: a density gives the mass of [k, k + 1) / levels, the outermost with the tails.
  void set_tiles(int64_t levels);
  /// In some of its dimensions at least.
  bool is_density() const { return base.find('L') != std::string::npos; }
  /// Grey values under a binary likelihood (observe = "soft_binary").
  bool has_soft_targets() const { return binarisation.starts_with("soft"); }
  /// Equal in all but the estimator.
  bool same_measure(const MeasureKey& other) const;
};

/// The key of numbers under this model, which is complete, by a likelihood with this support, as means over `test_rows` test
/// data.
MeasureKey measure_key(const ObservationModel& model, Support likelihood, const std::string& fingerprint,
                       int64_t test_rows, Conditioning given = Conditioning::nothing);

/// "mass on {0,1}, dynamic binarisation (test draw seed 1)"
std::string in_words(const MeasureKey& key);
/// The same for numbers under this model.
std::string measure_in_words(const ObservationModel& model);

nlohmann::ordered_json to_json(const MeasureKey& key);
/// Throws Error when it is not what to_json writes.
MeasureKey measure_key_from_json(const nlohmann::ordered_json& json);

}  // namespace elbo::host::observation
