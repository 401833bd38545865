// The finished runs of one variant, taken together over their seeds.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "log/run_log.hpp"

namespace elbo::report {

/// A run of the plan, and what became of it.
struct RunOutcome {
  std::string variant;
  int64_t seed = 1;
  std::optional<log::RunSummary> summary;  // of a finished run
  std::string failure;  // of a failed run: the sentence; a run with neither is not finished
};

/// Mean over seeds, and the standard deviation between them (NaN for one seed).
struct Estimate {
  double mean = 0, sd = 0;
};

struct VariantRow {
  std::string variant;
  std::string measure;  // what the numbers are numbers about; only equal ones are comparable
  std::string likelihood;
  bool is_bound = true;  // not of a deterministic autoencoder
  size_t seeds = 0;
  std::map<std::string, Estimate> values;  // those that every seed has

  /// Nothing when some seed lacks it.
  std::optional<Estimate> find(const std::string& value) const;
};

/// In order of first appearance; runs without a summary are left out.
std::vector<VariantRow> rows_of(const std::vector<RunOutcome>& runs);

}  // namespace elbo::report
