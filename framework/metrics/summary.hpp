// The table of the numbers that every run ends with: what they are, in which order they stand, and how each follows from the numbers
// of single data. The worker writes /summary by it; whoever reads a log computes the same numbers again and compares.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "metrics/metrics.hpp"

namespace elbo::host {

/// Begins the name of a column of the validation data: "valid/elbo".
inline constexpr const char* of_validation_data = "valid/";

/// The numbers of each data point that a run ends with, and how they were estimated.
struct DatumColumns {
  std::function<const std::vector<double>*(const std::string& name)> column;  // null where there is none
  size_t estimated = SIZE_MAX;                 // log p(x) is of so many of the first test data
  int64_t dimensions = 0;                      // D of bits per dimension; 0 where they have no meaning
  std::optional<int64_t> samples{}, images{};  // of the importance-weighted estimate

  /// Of the first test data, those that log p(x) is of; nothing where there is no such column.
  std::optional<std::vector<double>> estimates(const Metric& metric) const;
};

struct SummaryMetric {
  Metric metric;
  /// From the numbers of each data point; nothing where they do not say it. Null for what only the worker knows.
  std::optional<double> (*compute)(const Metric& self, const DatumColumns& data) = nullptr;
};

/// In the order in which they stand in /summary.
const std::vector<SummaryMetric>& summary_metrics();
/// The columns of /per_example, and of /train, /test and /steps.
const std::vector<Metric>& per_datum_metrics();
const std::vector<Metric>& epoch_metrics();
/// Null for a name that is in none of the three.
const Metric* find_metric(const std::string& name);
/// Whether a value of /summary tells of the machine and its load, and may differ between runs with the same result.
bool is_of_machine(const std::string& name);

}  // namespace elbo::host
