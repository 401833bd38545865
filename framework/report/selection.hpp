// The best of the points of a sweep: by which data it was chosen, and by how much its number is expected to be too high for that.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "report/variant_row.hpp"

namespace elbo::report {

struct Selection {
  std::string sweep;           // "latent_dim of gaussian"
  size_t points = 0;           // n, those in the ranking
  std::string chosen;          // variant
  bool by_validation = false;  // else by the test data that the number is of
  double score = 0;            // of the chosen one: mean over seeds of the validation elbo, or of the value that ranks
  double reported = 0;         // of the chosen one, on test data
  double mean_of_maximum = 0;  // m_n, of n standard normal numbers
  /// Nats by which `reported` is expected to be too high: for these checkpoints on other data of the same kind (0 when they were chosen
  /// by validation data), and for the setting with other seeds. Nothing where that cannot be estimated.
  std::optional<double> of_checkpoints, of_setting;
};

/// One for each sweep of which at least two points are ranked. `value`: "log_px" or "elbo".
std::vector<Selection> selections(const std::vector<VariantRow>& rows, const std::string& value);

/// What a reader must know of it: n, by which data, and how optimistic the number is; `is_bound` as Ranking::of_bounds.
std::string sentence(const Selection& selection, const std::string& value, bool is_bound = false);

/// E of the largest of n independent standard normal numbers.
double mean_of_maximum(size_t n);

}  // namespace elbo::report
