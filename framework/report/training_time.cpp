#include "report/training_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "metrics/metrics.hpp"

namespace elbo::report {
namespace {

constexpr double notable_wait = 0.05;  // share of the training in which a run waited for a processor

}  // namespace

std::string why_times_differ(const std::vector<VariantRow>& rows) {
  double beside = 0, waited = 0;
  bool is_known = true, any = false;
  std::set<std::string> machines;
  for (const VariantRow& row : rows)
    for (const RunOutcome& run : row.runs) {
      if (!run.value(metrics::train_seconds)) continue;
      any = true;
      const auto runs_beside = run.value(metrics::runs_beside), share = run.value(metrics::waited);
      is_known = is_known && runs_beside && share && !std::isnan(*runs_beside) && !std::isnan(*share);
      beside = std::max(beside, runs_beside.value_or(0));  // NaN leaves it as it is
      waited = std::max(waited, share.value_or(0));
      machines.insert(run.machine);
    }
  if (!any) return "";
  const std::string none = "training times cannot be compared: ";
  if (beside > 0)
    return none + fmt::format(
                      "up to {:.0f} other run{} trained at the same time on the same machine; elbo run --jobs 1 trains "
                      "one after the other",
                      beside, beside > 1 ? "s" : "");
  if (waited > notable_wait)
    return none + fmt::format(
                      "the machine was busy with other work (a run waited {:.0f} % of the time for a processor); train "
                      "again when nothing else runs",
                      100 * waited);
  if (machines.size() > 1) return none + "the runs were trained on different machines or devices";
  return is_known ? ""
                  : none +
                        "a log does not say what else ran on the machine (a run that was resumed, or a log of another "
                        "version)";
}

}  // namespace elbo::report
