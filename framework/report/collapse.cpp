#include "report/collapse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "log/collapse.hpp"
#include "metrics/metrics.hpp"

namespace elbo::report {
namespace {

bool has_gained(const RunOutcome& run) {
  const auto elbo = run.value(metrics::elbo), without = run.value(metrics::without_latents);
  return !elbo || !without || *elbo > *without;
}

size_t collapsed_seeds(const VariantRow& row) {
  return static_cast<size_t>(std::count_if(row.runs.begin(), row.runs.end(), has_collapsed));
}

}  // namespace

bool has_collapsed(const RunOutcome& run) {
  if (run.text("bound") == "none") return false;
  const auto kl = run.value(metrics::kl), active = run.value(metrics::active_units);
  return (kl && log::is_collapsed(*kl)) || (active && *active == 0);
}

std::string latents_mark(const VariantRow& row) {
  if (const size_t seeds = collapsed_seeds(row); seeds > 0)
    return seeds == row.runs.size() ? "collapsed" : fmt::format("collapsed in {} of {} seeds", seeds, row.runs.size());
  if (row.is_bound && std::none_of(row.runs.begin(), row.runs.end(), has_gained)) return "no gain from latents";
  const auto active = row.find(metrics::active_units), latents = row.find(metrics::latents);
  if (!row.is_bound || !active || !latents || !(active->mean < latents->mean)) return "";
  return fmt::format("{:.0f} of {:.0f} latents active", active->mean, latents->mean);
}

std::vector<std::string> collapse_notes(const std::vector<VariantRow>& rows) {
  std::vector<std::string> notes;
  for (const VariantRow& row : rows) {
    std::vector<std::string> each;
    for (const RunOutcome& run : row.runs) {
      if (!has_collapsed(run)) continue;
      const auto kl = run.value(metrics::kl), active = run.value(metrics::active_units);
      std::string words = row.runs.size() > 1 ? fmt::format("seed {}: ", run.seed) : "";
      if (kl) words += fmt::format("kl {:.2f} nat", *kl);
      if (active) words += fmt::format("{}{:.0f} active units", kl ? ", " : "", *active);
      each.push_back(words);
    }
    if (!each.empty())
      notes.push_back(
          fmt::format("{} has collapsed ({}): its latents say nothing of the data, so it stands for its likelihood "
                      "alone and not for what the "
                      "model can do; {}",
                      row.variant, join(each, "; "), log::against_collapse));
  }
  return notes;
}

}  // namespace elbo::report
