// Which numbers may stand in one ranking: after a conversion, or not, and by which rule; and which mean nothing, since training came to nothing.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "observation/measure_key.hpp"
#include "report/results/variant_row.hpp"

namespace elbo::host::report {

/// What turns a number on one measure into one on another.
struct Conversion {
  double added = 0;             // nats to add to each data point's number
  bool exact = true;            // else the result is a lower bound of what it stands for
  bool adds_log_total = false;  // besides, log P(total) of each data point
  bool ranked = true;           // else it is shown beside the others, but neither ranked nor paired with them
  std::string words;
};

/// Nothing when the measures are equal, or no rule connects them.
std::optional<Conversion> conversion(const observation::MeasureKey& from, const observation::MeasureKey& to);

/// The first rule that keeps two measures apart; nothing when they are equal.
std::optional<Refusal> refusal(const observation::MeasureKey& a, const observation::MeasureKey& b);

/// The runs, those with a way to another run's measure converted to it and marked; of two measures that convert into
/// each other exactly, to the one that comes first.
std::vector<RunOutcome> converted(std::vector<RunOutcome> runs);

inline constexpr const char* diverged_rule = "R20";

/// Why a run's training has diverged: its elbo is finite for no test data point, or lies orders of magnitude below what its likelihood
/// reaches without latents (where the log does not say that: below the best of the other runs on the same measure). Its numbers
/// would ruin the mean of its variant, or hide in it.
std::optional<Refusal> diverged(const RunOutcome& run, const std::vector<RunOutcome>& all);

}  // namespace elbo::host::report
