// The numbers of each test datum of one run, and what is computed of them.
#pragma once
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "metrics/statistics.hpp"
#include "metrics/summary.hpp"
#include "report/statistics.hpp"
#include "report/variant_row.hpp"

namespace elbo::report {

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
    const auto images = run_.summary->values.find(metrics::log_px_images);
    return images == run_.summary->values.end() ? SIZE_MAX : static_cast<size_t>(std::max(0.0, images->second));
  }

 private:
  const RunOutcome& run_;
  std::map<std::string, OfEachDatum> read_;
};

}  // namespace elbo::report
