// Columns of /per_example that depend on the test data alone: runs are paired data point by data point, which rests on their being equal.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.hpp"
#include "metrics/metrics.hpp"
#include "report/results/verification.hpp"

namespace elbo::host::report {
namespace {

constexpr double agreement_of_machines = 1e-6;  // relative, of numbers that two builds of the program computed

bool are_of_same_data(const OfEachDatum& a, const OfEachDatum& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) {
    return x == y || std::isnan(x) || std::isnan(y) ||
           std::abs(x - y) <= agreement_of_machines * std::max({1.0, std::abs(x), std::abs(y)});
  });
}

/// Runs with the same numbers in a column, where they have numbers.
struct Agreeing {
  OfEachDatum numbers;
  std::vector<size_t> runs;
};

/// Those whose numbers are not those of most runs; all of them where no numbers are most runs'.
std::vector<size_t> those_of_few(std::vector<Agreeing> all) {
  std::stable_sort(all.begin(), all.end(),
                   [](const Agreeing& a, const Agreeing& b) { return a.runs.size() > b.runs.size(); });
  const bool is_clear = all.size() > 1 && all[0].runs.size() > all[1].runs.size();
  std::vector<size_t> few;
  for (size_t i = is_clear ? 1 : 0; i < all.size() && all.size() > 1; ++i)
    few.insert(few.end(), all[i].runs.begin(), all[i].runs.end());
  return few;
}

/// Equal for runs whose columns have to be equal. An exact log p(x) is of one measure, and the distribution of totals is fitted to the
/// training data.
std::string data_of(const std::string& column, const RunOutcome& run) {
  observation::MeasureKey key = *run.key;
  if (column == metrics::log_p_total.name)
    return key.data + " " + key.test_ids + " " +
           member_or(json_or_discarded(run.summary->plan_json), "data_fingerprint", "");
  if (column != metrics::exact_log_px.name) return key.data + " " + key.test_ids;
  key.estimator = {};
  return to_json(key).dump();
}

constexpr const char* differing_column =
    "/per_example/{} depends on the test data alone, but is not that of the other runs on the same test data; expected "
    "the same, as numbers are paired data point by data point; the log was changed after its run, or another program "
    "wrote it; "
    "repeat the run, or put back the log as it was written";

}  // namespace

std::map<size_t, Refusal> of_other_data(const std::vector<RunOutcome>& runs) {
  std::map<size_t, Refusal> refused;
  for (const char* name : {metrics::row.name, group_column, metrics::exact_log_px.name, metrics::log_p_total.name}) {
    std::map<std::string, std::vector<Agreeing>> by_data;
    for (size_t r = 0; r < runs.size(); ++r) {
      const RunOutcome& run = runs[r];
      const auto column = run.per_example.find(name);
      if (!run.summary || !run.key || run.refused || column == run.per_example.end()) continue;
      OfEachDatum numbers = column->second();
      auto& all = by_data[data_of(name, run)];
      const auto same = std::find_if(all.begin(), all.end(),
                                     [&](const Agreeing& one) { return are_of_same_data(one.numbers, numbers); });
      if (same == all.end()) all.push_back({std::move(numbers), {r}});
      else same->runs.push_back(r);
    }
    for (const auto& [data, all] : by_data)
      for (const size_t r : those_of_few(all))
        refused.try_emplace(r, Refusal{"R15", fmt::format(differing_column, name)});
  }
  return refused;
}

}  // namespace elbo::host::report
