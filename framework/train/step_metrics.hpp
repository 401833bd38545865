// What a step measured, for the log. On a device other than the processor the numbers stay where they were computed and are
// read many steps at once: to read them is to wait for all that is queued there.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "train/step.hpp"

namespace elbo::host {

class StepMetrics {
 public:
  /// Of a step on so many data. On a device the numbers are put side by side there, in float64.
  StepMetrics(const ObjectiveValue& objective, int64_t count);

  /// A copy that keeps its numbers when the tensors they lie in get others.
  StepMetrics kept() const;
  int64_t count() const { return count_; }

  /// Fetches the numbers of these steps in one go.
  static void fetch(std::vector<StepMetrics>& steps);

  /// Means over the batch, by the names of the log: "objective", each term, each weight. To be called after fetch().
  std::map<std::string, double> means() const;
  /// Sums over the batch of KL per latent dimension, or empty.
  std::vector<double> kl_per_dim_sums() const;
  /// The first term that is not finite, in the order of computation: "reconstruction is nan"; empty when all are.
  std::string not_finite() const;

 private:
  struct Name {
    std::string name;
    bool is_sum = false;             // over the batch
    std::optional<double> weight{};  // of a term of the objective
  };
  void take(const ObjectiveValue& objective);
  void queue(const ObjectiveValue& objective);

  int64_t count_;
  std::vector<Name> names_;      // of the first numbers; those of KL per latent dimension follow
  Tensor packed_;                // on a device
  std::vector<double> numbers_;  // on the processor
};

}  // namespace elbo::host
