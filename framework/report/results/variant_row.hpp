// The finished runs of one variant, taken together over their seeds, and their numbers of each test data point, ready to be compared with those of
// another variant.
#pragma once
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "experiment/seed_rule.hpp"
#include "log/run_log.hpp"
#include "metrics/metrics.hpp"
#include "metrics/statistics.hpp"
#include "metrics/summary.hpp"
#include "observation/measure_key.hpp"

namespace elbo::host::report {

/// Numbers of each test data point, read when they are asked for: those of many runs do not fit in memory.
using Numbers = std::function<std::vector<double>()>;

inline Numbers numbers_of(std::vector<double> values) {
  return [values = std::move(values)] { return values; };
}

/// Why something may not be ranked: "R2", and the rule in words.
struct Refusal {
  std::string code, words;
};

/// The sweep that a variant is a point of, or the search that it is a trial of.
struct SweepOf {
  std::string name{};            // "latent_dim of gaussian"; empty for none
  size_t points = 0;             // that it has by its plan; 0 where the plan does not say it
  int64_t trial = 0;             // of a search, from 1
  int64_t epochs = 0;            // that this run was to be trained for
  std::vector<int64_t> rungs{};  // of a search by halving: epochs of each, the last being all
  int64_t reduction_factor = 0;  // of a search by halving
  bool is_search() const { return trial > 0; }
};

/// A run of the plan, and what became of it.
struct RunOutcome {
  std::string variant;
  int64_t seed = 1;
  std::optional<log::RunSummary> summary;        // of a finished run
  std::string failure;                           // of a failed run: the sentence; a run with neither is not finished
  std::map<std::string, Numbers> per_example{};  // by name
  std::optional<observation::MeasureKey> key{};  // of a run that says it
  std::string conversion{};  // how its numbers came to this key, in words; empty: as they were stored
  bool converted_to_bound = false;
  bool ranked = true;           // as in Conversion
  std::filesystem::path log{};  // where it was read from
  std::string evidence_from{};  // the file beside the log that its log p(x) is of; empty: the log itself
  std::string left_out{};       // of a seed that was planned but is not among what is compared: what became of it
  std::string machine{};        // what it was trained on: processor and device
  std::string program{};        // the version of elbo that wrote its log
  SweepOf sweep{};
  std::optional<experiment::SeedRule> seed_rule{};  // by which its variant was given this seed
  bool has_failed = false;                          // of one that is left out
  std::optional<Refusal> refused{};  // why its numbers cannot be believed: contradiction() in verification.hpp

  /// Of the summary; empty when it is not there.
  std::string text(const std::string& name) const;
  /// Of the summary; nothing when it is not there.
  std::optional<double> value(const std::string& name) const;
};

/// Mean over seeds, and the standard deviation between them (NaN for one seed).
struct Estimate {
  double mean = 0, sd = 0;
};

/// A seed of a variant that its numbers do not contain: planned or trained, but failed, missing or not ranked.
struct AbsentSeed {
  int64_t seed = 0;
  std::string why;
};

struct VariantRow {
  std::string variant;
  std::string measure;  // what the numbers are numbers about, in words
  std::optional<observation::MeasureKey> key;
  std::string likelihood;
  std::string conversion;
  bool converted_to_bound = false;
  bool ranked = true;    // else it stands below the others and is paired with none of them
  bool is_bound = true;  // not of a deterministic autoencoder
  size_t seeds = 0;
  std::map<std::string, Estimate> values;  // those that every seed has
  std::vector<RunOutcome> runs;            // one a seed
  std::vector<AbsentSeed> absent{};
  size_t points_named =
      0;  // points of its sweep among all runs that are compared, with or without a result; 0: those of its ranking

  size_t planned_seeds() const { return seeds + absent.size(); }

  /// Nothing when some seed lacks it.
  std::optional<Estimate> find(const std::string& value) const;
  /// Whether the numbers of both are about the same.
  bool same_measure(const VariantRow& other) const;
};

/// Of /per_example: data of one group depend on each other.
inline constexpr const char* group_column = metrics::group.name;

/// The test data of a run; 0 where it has no numbers of each.
size_t test_data_of(const RunOutcome& run);

/// "bound", "bound, not ranked" or "exact"; empty for numbers as they were stored.
std::string conversion_mark(const VariantRow& row);

/// In order of first appearance; runs without a summary are left out.
std::vector<VariantRow> rows_of(const std::vector<RunOutcome>& runs);

using SeedRows = std::vector<std::vector<double>>;  // [seed][image]

struct VariantValues {
  std::vector<int64_t> seeds;   // ascending
  SeedRows rows;                // of each seed
  std::vector<int64_t> groups;  // of each image: data of one group depend on each other; empty where the log names none

  bool empty() const { return rows.empty(); }
  /// Of a seed, or seeds, all of which it has.
  const std::vector<double>& of(int64_t seed) const;
  SeedRows of(const std::vector<int64_t>& wanted) const;
  /// Of each image, whether every seed has a finite number.
  std::vector<bool> finite() const;
};

/// Empty unless every run has the column `name` of /per_example.
VariantValues values_of(const VariantRow& row, const std::string& name);

/// Seeds that both have, ascending.
std::vector<int64_t> common_seeds(const std::vector<int64_t>& a, const std::vector<int64_t>& b);

/// The images on which every seed of both has a number, and how many only one of them has.
struct CommonImages {
  std::vector<size_t> images;
  size_t of_one = 0;
};
CommonImages common_images(const VariantValues& a, const VariantValues& b);

SeedRows at_images(const SeedRows& rows, const std::vector<size_t>& images);

/// a - b, cell by cell.
SeedRows differences(const SeedRows& a, const SeedRows& b);

/// a - b of each test data point of which all seeds of both have a finite value; each averaged over its seeds first.
std::vector<double> differences_of(const VariantRow& a, const VariantRow& b, const std::string& value);

using OfEachDatum = std::vector<double>;

/// The columns of /per_example, each read at most once.
class PerDatum {
 public:
  explicit PerDatum(const RunOutcome& run) : run_(run) {}

  /// Nothing when the log has no such column.
  const OfEachDatum* find(const std::string& name) {
    const auto known = read_.find(name);
    if (known != read_.end()) return &known->second;
    const auto column = run_.per_example.find(name);
    return column == run_.per_example.end() ? nullptr : &read_.emplace(name, column->second()).first->second;
  }
  /// Test data on which log p(x) was estimated: the first of them.
  size_t estimated() const {
    const auto images = run_.value(metrics::log_px_images);
    return images ? static_cast<size_t>(std::max(0.0, *images)) : SIZE_MAX;
  }

 private:
  const RunOutcome& run_;
  std::map<std::string, OfEachDatum> read_;
};

}  // namespace elbo::host::report
