// Who did best, said only of numbers that may be compared: as data, as sentences, and as the table of text, documents and the page.
#pragma once
#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

#include "experiment/seed_rule.hpp"
#include "report/comparability.hpp"
#include "report/results/variant_row.hpp"
#include "report/statistics/pairing.hpp"
#include "report/statistics/selection.hpp"

namespace elbo::host::report {

/// What one look at the seeds had decided.
struct TakenLook {
  int64_t seeds = 0;
  std::vector<std::string> decided, equivalent, given_up, not_best,
      go_on;  // by this look, in words; the variants that go on
};

/// Of a ranking whose variants were given seeds until it was decided.
struct SeedLooks {
  experiment::SeedRule rule;
  std::vector<TakenLook> taken{};
  size_t pairs = 0, open = 0;      // of which nothing is decided, and that are not given up
  size_t runs = 0, most_runs = 0;  // finished, and with the seeds of the last look for each variant
  bool is_over() const { return !taken.empty() && taken.back().go_on.empty(); }
};

/// Variants whose numbers are about the same, best first.
struct Ranking {
  std::string measure;
  std::string value{};               // ranked by: "log_px", or "elbo"
  bool of_bounds = true;             // which are lower bounds that may lie far below log p(x), and not log p(x) itself
  std::vector<std::string> notes{};  // what a reader must know: why not log p(x), which numbers are weak
  std::vector<VariantRow> rows{};
  std::vector<VariantRow> trials{};     // of searches, those that validation data did not choose, best first by these
  std::vector<Pair> pairs{};            // all of them, corrected together
  std::vector<BestClaim> best{};        // of each row
  std::optional<SharedNoise> noise{};   // as in Decisions
  std::vector<Selection> selections{};  // of its sweeps
  std::optional<SeedLooks> looks{};     // then pairs and best are what these have decided

  /// rows, and then trials.
  std::vector<VariantRow> all_rows() const;
  /// Nothing where the two were not compared.
  const Pair* pair_of(const std::string& a, const std::string& b) const;
};

/// A run with a result that stands in no ranking, since its numbers cannot be what they are called, or mean nothing (R15 to R21).
struct NotRanked {
  std::string variant;
  int64_t seed = 1;
  std::filesystem::path log;
  Refusal why;
  bool is_of_search = false;  // a trial, which may well diverge

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
  std::map<std::string, int64_t>
      seeds_wanted;                // by variant: how many the next look needs, where seeds are added until decided
  std::vector<std::string> notes;  // of the logs: how variants of one name differ, which are copies

  /// Whether a run is not ranked that ought to be: not a trial of a search that has diverged, as some do where learning rates are drawn.
  bool has_faults() const;
};

/// Converts what may be converted, sorts into rankings, compares every pair. Every run is in one of the lists. Where the runs say that
/// seeds are added until decided, pairs and best are decided at each look by the runs that it had (take_looks()).
Comparison compare(const std::vector<RunOutcome>& runs, const Margins& margins = {});

/// compare() of runs as they are, without notes on the rankings: what one look sees.
Comparison compare_at(const std::vector<RunOutcome>& runs, const Margins& margins, const AtLook& at);
/// Takes the trials of searches that validation data do not choose out of the rows: only those that were chosen are ranked.
void set_trials_apart(Ranking& ranking);
/// Decides the pairs and the best of a comparison of these runs by the looks of the rule, all that have their runs.
void take_looks(Comparison& comparison, const std::vector<RunOutcome>& runs, const experiment::SeedRule& rule,
                const Margins& margins);
/// How the looks went, how many runs they saved, and what is next.
std::vector<std::string> look_notes(const SeedLooks& looks);
/// "look 2 of 5, 4 seeds: 3 pairs decided, 1 equivalent, 2 given up; a; b go on"
std::string look_sentence(const SeedLooks& looks, size_t look);
/// What each look has decided, as plan.json keeps it; null where there are none.
nlohmann::ordered_json looks_json(const Ranking& ranking);

/// Tables and sentences for people; `width` as in format_table. Each ranking begins with its answer and ends with the pairs, best
/// against all.
std::string comparison_text(const Comparison& comparison, size_t width = 0);
/// For a page or a paper: one table a ranking, then the same sentences.
std::string comparison_markdown(const Comparison& comparison);
std::string comparison_latex(const Comparison& comparison);
/// Everything, all pairs included, in full precision.
std::string comparison_json(const Comparison& comparison);
/// The answer of each ranking, and each run that has no row, on lines that begin with "#", then one row a variant: every summary value with its standard deviation
/// between seeds, in full precision.
std::string comparison_csv(const Comparison& comparison);

/// The sentences of the pairs, best against each other one, and how they were decided.
std::vector<std::string> verdicts(const Ranking& ranking);

/// The answer of a ranking, which terminal, page, CSV and JSON show as it is.
struct Answer {
  std::string lead;  // "a leads (3.73 bits/dim)."; never empty
  std::string rest;  // "b and c are clearly behind. ..."
  std::string
      claim;  // "best: a (proved against 10 of 11 others at level 0.05, 3 seeds; still possible: b)"; empty without an answer

  std::string in_words() const { return rest.empty() ? lead : lead + " " + rest; }
};
Answer answer(const Ranking& ranking);
/// Of a ranking that holds nothing but the trials of one search; nothing for others.
std::optional<Answer> answer_of_search(const Ranking& ranking);
/// Which settings were chosen, and from how many trials, where several searches are compared.
std::string chosen_of_searches(const Ranking& ranking);

/// Where a variant stands against the leader.
enum class Standing {
  leader,
  possible,    // it may be the best as well
  equivalent,  // within the margin
  identical,   // the same number for each test data point
  negligible,  // proved not to be the best, and within the margin
  behind,      // proved not to be the best
  unranked,    // not compared with it
};
/// The row that may be the best and has the highest mean; the first where nothing is said of any.
size_t leader_of(const Ranking& ranking);
std::vector<Standing> standings_of(const Ranking& ranking);
/// "leader", "undecided", "behind": in JSON and on the page.
const char* name_of(Standing standing);

/// "moderated(4)+holm": by which procedure the pairs are decided; empty where there are none.
std::string procedure(const Ranking& ranking);

/// The size of the seed noise, and what in seeds and test data a reader must know of.
std::vector<std::string> decision_notes(const Ranking& ranking);

/// Of a ranking whose rows are sorted and paired.
std::vector<std::string> notes_on(const Ranking& ranking);

/// A column of numbers: a value of the summary, and how it is headed.
struct Shown {
  std::string value, name, unit;
  int decimals = 2;
  std::string better{};  // "higher", "lower"; empty for neither
};

/// "test data, best lower bound on log p(x) first; mean ± standard deviation over 3 seeds"
std::string caption_of(const Ranking& ranking);
/// Those that any of the rows has.
std::vector<Shown> columns_of(const Ranking& ranking);
/// Of models without a bound.
std::vector<Shown> columns_of_autoencoders(const std::vector<VariantRow>& rows);
/// Of each row: which is best, in which sense, and which it is not distinguished from; empty where nothing was compared with the first.
std::vector<std::string> marks_of(const Ranking& ranking);
/// "3", "2 of 3" of each row; empty where all rows have as many seeds as were planned, and equally many.
std::vector<std::string> seed_counts_of(const std::vector<VariantRow>& rows);
/// "-1.00 ± 0.10"; "-" where there is no number.
std::string cell_of(const VariantRow& row, const Shown& column);

}  // namespace elbo::host::report
