#include "report/variant_row.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace elbo::report {
namespace {

std::string text_of(const log::RunSummary& summary, const std::string& name) {
  const auto found = summary.texts.find(name);
  return found == summary.texts.end() ? "" : found->second;
}

Estimate estimate(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double v : values) sum += v;
  for (const double v : values) squares += (v - sum / n) * (v - sum / n);
  return {sum / n,
          values.size() > 1 ? std::sqrt(squares / (n - 1)) : std::numeric_limits<double>::quiet_NaN()};
}

struct Collected {
  VariantRow row;
  std::map<std::string, std::vector<double>> values;
};

}  // namespace

std::optional<Estimate> VariantRow::find(const std::string& value) const {
  const auto found = values.find(value);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

std::vector<VariantRow> rows_of(const std::vector<RunOutcome>& runs) {
  std::vector<Collected> variants;
  for (const RunOutcome& run : runs) {
    if (!run.summary) continue;
    const std::string measure = text_of(*run.summary, "measure");
    auto same = std::find_if(variants.begin(), variants.end(), [&](const Collected& c) {
      return c.row.variant == run.variant && c.row.measure == measure;
    });
    if (same == variants.end()) {
      VariantRow row{.variant = run.variant,
                     .measure = measure,
                     .likelihood = text_of(*run.summary, "likelihood"),
                     .values = {}};
      row.is_bound = text_of(*run.summary, "bound") != "none";
      same = variants.insert(variants.end(), {std::move(row), {}});
    }
    ++same->row.seeds;
    for (const auto& [name, value] : run.summary->values) same->values[name].push_back(value);
  }
  std::vector<VariantRow> rows;
  for (Collected& variant : variants) {
    for (const auto& [name, values] : variant.values)
      if (values.size() == variant.row.seeds) variant.row.values[name] = estimate(values);
    rows.push_back(std::move(variant.row));
  }
  return rows;
}

}  // namespace elbo::report
