// Who did best, said only of numbers that may be compared.
#pragma once
#include <string>
#include <vector>

#include "report/comparability.hpp"
#include "report/pairing.hpp"
#include "report/selection.hpp"
#include "report/variant_row.hpp"

namespace elbo::report {

/// Variants whose numbers are about the same, best first.
struct Ranking {
  std::string measure;
  std::string value;               // ranked by: "log_px", or "elbo"
  bool of_bounds = true;           // which are lower bounds that may lie far below log p(x), and not log p(x) itself
  std::vector<std::string> notes;  // what a reader must know: why not log p(x), which numbers are weak
  std::vector<VariantRow> rows;
  std::vector<Pair> pairs;            // all of them, corrected together
  std::vector<BestClaim> best;        // of each row
  std::optional<SharedNoise> noise;   // as in Decisions
  std::vector<Selection> selections;  // of its sweeps
};

/// A run with a result that stands in no ranking, since its numbers cannot be what they are called, or mean nothing (R15 to R21).
struct NotRanked {
  std::string variant;
  int64_t seed = 1;
  std::filesystem::path log;
  Refusal why;

  /// "a, seed 1: R20: its training diverged: ..."
  std::string sentence() const;
};

/// Two rankings that stay apart, by their places in the list.
struct Apart {
  size_t a = 0, b = 0;
  Refusal rule;
};

struct Comparison {
  std::vector<Ranking> rankings;
  std::vector<Apart> apart;
  std::vector<VariantRow> autoencoders;  // of no bound at all (R9)
  std::vector<NotRanked> not_ranked;
  bool below_exact = false;             // every bound was checked against the exact log p(x)
  std::vector<std::string> unfinished;  // "b, seed 2: failed: ..."
  std::vector<std::string> plugins;     // as plugin_remarks()
  std::vector<std::string> notes;       // of the logs: how variants of one name differ, which are copies
};

/// Converts what may be converted, sorts into rankings, compares every pair. Every run is in one of the lists.
Comparison compare(const std::vector<RunOutcome>& runs, const Margins& margins = {});

/// Tables and sentences for people; `width` as in format_table. Each ranking begins with its answer and ends with the pairs, best
/// against all.
std::string comparison_text(const Comparison& comparison, size_t width = 0);
/// For a page or a paper: one table a ranking, then the same sentences.
std::string comparison_markdown(const Comparison& comparison);
std::string comparison_latex(const Comparison& comparison);
/// Everything, all pairs included, in full precision.
std::string comparison_json(const Comparison& comparison);
/// The answer of each ranking on a line that begins with "#", then one row a variant: every summary value with its standard deviation
/// between seeds, in full precision.
std::string comparison_csv(const Comparison& comparison);

/// The sentences of the pairs, best against each other one, and how they were decided.
std::vector<std::string> verdicts(const Ranking& ranking);

}  // namespace elbo::report
