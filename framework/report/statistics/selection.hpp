// The best of the points of a sweep, or of the trials of a search: by which data it was chosen, and by how much its number is expected to be too high for that.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "report/results/variant_row.hpp"
#include "report/statistics/statistics.hpp"

namespace elbo::host::report {

struct Selection {
  std::string sweep;           // "latent_dim of gaussian"
  bool is_search = false;      // of trials, which validation data choose or nothing does
  size_t points = 0;           // n, of the whole sweep or search
  size_t here = 0;             // those in the ranking
  std::string chosen;          // variant
  bool by_validation = false;  // else by the test data that the number is of
  double score = 0;            // of the chosen one: mean over seeds of the validation elbo, or of the value that ranks
  double reported = 0;         // of the chosen one, on test data, over the seeds that chose it
  double mean_of_maximum = 0;  // m_n, of n standard normal numbers
  /// Nats by which `reported` is expected to be too high: for these checkpoints on other data of the same kind (0 when they were chosen
  /// by validation data), and for the setting with other seeds. Nothing where that cannot be estimated.
  std::optional<double> of_checkpoints, of_setting;
  std::optional<double> corrected;  // of the setting with other seeds: `reported` drawn towards the mean of the points
  /// Of the chosen one, on test data, over seeds that the other points do not have: they took no part in the choice.
  std::optional<Difference> fresh;
  size_t fresh_seeds = 0;
};

/// One for each sweep of which at least two points are ranked, and for each search that validation data can choose of. `value`: "log_px" or
/// "elbo". The seeds that all points share choose.
std::vector<Selection> selections(const std::vector<VariantRow>& rows, const std::string& value);

/// What a reader must know of it: n, by which data, and how optimistic the number is; `is_bound` as Ranking::of_bounds.
std::string sentence(const Selection& selection, const std::string& value, bool is_bound = false);

/// Where variants had different numbers of points to choose among.
std::vector<std::string> sweep_notes(const std::vector<VariantRow>& rows);

/// Of each row: why these test data may have chosen it, where only some points of its sweep were named, or one, and it has no
/// validation data; else empty.
std::vector<std::string> chosen_points(const std::vector<VariantRow>& rows);

/// Sets how many points of the sweep of each row are among the runs, those without a result or a rank too.
void count_points(const std::vector<RunOutcome>& runs, std::vector<VariantRow>& rows);

/// E of the largest of n independent standard normal numbers.
double mean_of_maximum(size_t n);

/// By how much the largest of n scores is expected to lie above what it would be on average, when `noise` of their variance `all` is
/// chance.
double optimism(double noise, double all, size_t n);

}  // namespace elbo::host::report
