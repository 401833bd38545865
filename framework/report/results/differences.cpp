#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.hpp"
#include "base/text.hpp"
#include "plan/run.hpp"
#include "report/results/differences.hpp"
#include "report/results/setting_columns.hpp"

namespace elbo::host::report {
using Json = nlohmann::ordered_json;
namespace {

constexpr size_t most_settings_named = 4;
constexpr double rounding_of_bounds = 1e-13;  // relative

bool are_equal(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return x == y || std::abs(x - y) <= rounding_of_bounds * std::abs(x); });
}

const RunOutcome* run_of(const VariantRow& row, int64_t seed) {
  const auto found =
      std::find_if(row.runs.begin(), row.runs.end(), [&](const RunOutcome& run) { return run.seed == seed; });
  return found == row.runs.end() ? nullptr : &*found;
}

bool are_identical(const VariantRow& a, const VariantRow& b) {
  if (a.runs.empty() || a.runs.size() != b.runs.size()) return false;
  return std::all_of(a.runs.begin(), a.runs.end(), [&](const RunOutcome& run) {
    const RunOutcome* other = run_of(b, run.seed);
    return other && run.summary && other->summary && same_numbers(run, *other);
  });
}

/// "objective.kl", "train.clip_norm"; none where no plan is known.
std::vector<std::string> settings_apart(const VariantRow& a, const VariantRow& b) {
  const auto plan = [](const VariantRow& row) { return json_or_discarded(row.runs[0].summary->plan_json); };
  const auto of_a = plan(a), of_b = plan(b);
  if (!of_a.is_object() || !of_b.is_object()) return {};
  return settings_diff({{a.variant, of_a}, {b.variant, of_b}})["settings"].get<std::vector<std::string>>();
}

bool are_evaluation_only(const std::vector<std::string>& settings) {
  return !settings.empty() && std::all_of(settings.begin(), settings.end(),
                                          [](const std::string& name) { return name.starts_with("evaluate."); });
}

constexpr const char* one_model = "the same trained model, evaluated differently";

/// " (objective.kl, train.clip_norm)"; "" of none.
std::string in_brackets(std::vector<std::string> names) {
  if (names.empty()) return "";
  const size_t more = names.size() > most_settings_named ? names.size() - most_settings_named : 0;
  names.resize(names.size() - more);
  return fmt::format(" ({}{})", join(names), more ? fmt::format(" and {} more", more) : "");
}

}  // namespace

bool have_copies(const SeedRows& rows) {
  for (size_t i = 0; i < rows.size(); ++i)
    for (size_t j = i + 1; j < rows.size(); ++j)
      if (are_equal(rows[i], rows[j])) return true;
  return false;
}

bool same_numbers(const RunOutcome& a, const RunOutcome& b) {
  const auto same = [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); };
  const auto &of_a = a.summary->values, &of_b = b.summary->values;
  return of_a.size() == of_b.size() &&
         std::equal(of_a.begin(), of_a.end(), of_b.begin(), [&](const auto& x, const auto& y) {
           return x.first == y.first && (is_of_machine(x.first) || same(x.second, y.second));
         });
}

std::string what_identity_means(const VariantRow& a, const VariantRow& b) {
  const auto settings = settings_apart(a, b);
  if (are_evaluation_only(settings)) return fmt::format("since this is {}{}", one_model, in_brackets(settings));
  if (!are_identical(a, b)) return "though other numbers of theirs differ: most likely " + std::string(one_model);
  return "so a setting in which they differ has no effect, or one is a copy";
}

std::vector<std::string> identical_variants(const std::vector<VariantRow>& rows) {
  std::vector<std::string> sentences;
  for (size_t j = 1; j < rows.size(); ++j) {
    const auto first = std::find_if(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(j),
                                    [&](const VariantRow& row) { return are_identical(row, rows[j]); });
    if (first == rows.begin() + static_cast<std::ptrdiff_t>(j)) continue;
    const auto settings = settings_apart(*first, rows[j]);
    const std::string same =
        fmt::format("{} and {} gave the same numbers in every digit: ", first->variant, rows[j].variant);
    sentences.push_back(
        are_evaluation_only(settings)
            ? same + fmt::format("they are {}{}", one_model, in_brackets(settings))
            : same + fmt::format("what differs between them{} had no effect, so this is one result, not two",
                                 in_brackets(settings)));
  }
  return sentences;
}

}  // namespace elbo::host::report
