#include <fmt/format.h>

#include "base/csv.hpp"
#include "base/text.hpp"
#include "report/comparison.hpp"

namespace elbo::report {
namespace {

/// The names that a worker writes into /summary, and their units.
constexpr std::pair<const char*, const char*> columns[] = {{"elbo", "nat"},
                                                           {"reconstruction", "nat"},
                                                           {"kl", "nat"},
                                                           {"log_px", "nat"},
                                                           {"log_px_samples", "1"},
                                                           {"log_px_se", "nat"},
                                                           {"log_px_bias", "nat"},
                                                           {"log_px_rise", "nat"},
                                                           {"log_px_images", "1"},
                                                           {"gap", "nat"},
                                                           {"without_latents", "nat"},
                                                           {"valid_elbo", "nat"},
                                                           {"valid_data", "1"},
                                                           {"non_finite", "1"},
                                                           {"exact_log_px", "nat"},
                                                           {"log_px_minus_exact_se", "nat"},
                                                           {"bits_per_dim", "bit"},
                                                           {"ess_median", "1"},
                                                           {"ess_low", "1"},
                                                           {"pareto_k_high", "1"},
                                                           {"active_units", "1"},
                                                           {"epochs", "1"},
                                                           {"seconds", "s"},
                                                           {"parameters", "1"},
                                                           {"images_per_second", "1/s"}};

std::vector<std::string> fields_of(const VariantRow& row) {
  std::vector<std::string> fields = {csv_field(row.variant), csv_field(row.measure), csv_field(row.likelihood),
                                     row.is_bound ? "yes" : "no", std::to_string(row.seeds)};
  for (const auto& [name, unit] : columns) {
    const auto estimate = row.find(name);
    fields.push_back(estimate ? csv_field(estimate->mean) : "");
    fields.push_back(estimate ? csv_field(estimate->sd) : "");
  }
  fields.push_back(csv_field(conversion_mark(row)));
  return fields;
}

}  // namespace

std::string comparison_csv(const Comparison& comparison) {
  std::vector<std::string> header = {"variant", "measure", "likelihood", "bound", "seeds"};
  for (const auto& [name, unit] : columns) {
    header.push_back(fmt::format("{} [{}]", name, unit));
    header.push_back(fmt::format("{} sd [{}]", name, unit));
  }
  header.push_back("converted");
  std::string csv = join(header, ",") + "\n";
  for (const Ranking& ranking : comparison.rankings)
    for (const VariantRow& row : ranking.rows) csv += join(fields_of(row), ",") + "\n";
  for (const VariantRow& row : comparison.autoencoders) csv += join(fields_of(row), ",") + "\n";
  return csv;
}

}  // namespace elbo::report
