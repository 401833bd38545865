// What a reader must know of runs beside their numbers: latents that carry nothing, estimates that are only bounds, training times that differ
// for other reasons, and plugins that do not come with elbo.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "report/results/variant_row.hpp"

namespace elbo::host::report {

/// Whether a finished run's latents carry nothing of the data, where its bound has latents.
bool has_collapsed(const RunOutcome& run);

/// What stands beside the name: "collapsed", "collapsed in 1 of 3 seeds", "no gain from latents", "31 of 50 latents active";
/// empty where all carry something.
std::string latents_mark(const VariantRow& row);
/// "a has collapsed: ...", "a does no better than its likelihood without latents."; empty where the latents carry something.
std::string latents_sentence(const VariantRow& row);

/// One sentence for each variant that has collapsed, with what may help.
std::vector<std::string> collapse_notes(const std::vector<VariantRow>& rows);

/// Below so many importance samples there is no Pareto k-hat (Vehtari et al. 2024).
inline constexpr double fewest_trusted_samples = 25;

/// Of the summary of one run: why its log p(x) is only a lower bound; empty where it can be taken for log p(x).
std::string why_only_a_bound(const std::map<std::string, double>& summary);
/// The first reason among its runs.
std::string why_only_a_bound(const VariantRow& row);

/// Whether evaluate.evidence = "ladder" estimated its log p(x).
bool is_of_ladder(const VariantRow& row);
/// "log p(x) trustworthy on 99.6 % of test data; sandwich 0.003 nat; ...": the worst of the runs of these rows that a ladder estimated;
/// empty where there are none. Where a certificate fails it says so instead.
std::string certificate(const std::vector<VariantRow>& rows);

/// "log p(x)" where all of these rows that have an estimate can be trusted, else "bound on log p(x)".
std::string name_of_log_px(const std::vector<VariantRow>& rows);

/// Why not, in one sentence: other runs or programs took part of the machine, or the machines differ. Empty where they may be.
std::string why_times_differ(const std::vector<VariantRow>& rows);

/// A sentence for each library that a run was made with and that was not shipped with the program: whether `elbo plugins check`
/// passed, by what the log says or this computer has found since, and whether its normalisation was checked.
std::vector<std::string> plugin_remarks(const std::vector<RunOutcome>& runs);

}  // namespace elbo::host::report
