#include "data/transforms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include <elbo/error.hpp>

#include "base/text.hpp"

namespace elbo::data {
namespace {

/// The named chains.
enum class Chain { none, binarize, soften, levels, dequantize };

/// What `observe` makes of data stored with a support. A pair that is not listed is refused.
struct Rule {
  Support stored;
  std::string_view observe;
  Support observed;
  Chain chain;
};

constexpr Rule rules[] = {
    {Support::levels, "levels", Support::levels, Chain::levels},
    {Support::levels, "binary", Support::binary, Chain::binarize},
    {Support::levels, "soft_binary", Support::unit_interval, Chain::soften},
    {Support::levels, "unit_interval", Support::unit_interval, Chain::dequantize},
    {Support::binary, "binary", Support::binary, Chain::none},
    {Support::binary, "levels", Support::binary, Chain::none},
    {Support::counts, "counts", Support::counts, Chain::none},
    {Support::simplex_counts, "counts", Support::simplex_counts, Chain::none},
    {Support::unit_interval, "unit_interval", Support::unit_interval, Chain::none},
    {Support::unit_interval, "soft_binary", Support::unit_interval, Chain::soften},
    {Support::positive, "real", Support::positive, Chain::none},
    {Support::real, "real", Support::real, Chain::none},
    {Support::real, "columns", Support::mixed, Chain::none},
    {Support::counts, "columns", Support::mixed, Chain::none},
};

/// Which likelihoods can score what is observed: those on the same set or, for densities, on a larger one.
struct Fit {
  Support observed, wanted;
};

constexpr Fit fits[] = {
    {Support::binary, Support::binary},
    {Support::levels, Support::levels},
    {Support::counts, Support::counts},
    {Support::counts, Support::simplex_counts},
    {Support::simplex_counts, Support::simplex_counts},
    {Support::unit_interval, Support::unit_interval},
    {Support::unit_interval, Support::real},
    {Support::positive, Support::positive},
    {Support::positive, Support::real},
    {Support::real, Support::real},
};

// What each column holds is known once the data have been read.
bool fit(Support observed, Support wanted) {
  if (observed == Support::mixed) return wanted != Support::simplex_counts;
  return std::any_of(std::begin(fits), std::end(fits),
                     [&](const Fit& f) { return f.observed == observed && f.wanted == wanted; });
}

/// Grey values as targets of a binary likelihood are the mean over its draws, so it scores them and nothing else does.
bool fit(const Rule& rule, Support wanted) {
  return rule.chain == Chain::soften ? wanted == Support::binary : fit(rule.observed, wanted);
}

std::string_view transform_of(Chain chain) {
  switch (chain) {
    case Chain::binarize:
      return " (binarize)";
    case Chain::soften:
      return " (cross-entropy, reported as the bound on binarised data that it is)";
    case Chain::dequantize:
      return " (dequantize)";
    default:
      return "";
  }
}

std::vector<Transform> steps(Chain chain, int64_t levels, const DataConfig& config) {
  // y = (k + u) / levels, so log |dy/dk| = -log(levels) for every dimension; adding u changes no volume.
  const Transform scale{.name = "scale", .log_jacobian_per_dim = -std::log(static_cast<double>(levels))};
  switch (chain) {
    case Chain::binarize:
      return {{.name = "binarize(" + config.binarize + ")", .changes_data = true}};
    case Chain::soften:
      return {{.name = soft_binary, .changes_data = true}};
    case Chain::levels:
      return {{.name = "levels"}};
    case Chain::dequantize:
      if (!config.dequantize) return {scale};
      return {{.name = "dequantize"}, scale};
    case Chain::none:
      // What the deviations are is known once the data have been read.
      if (config.standardize) return {{.name = standardize, .log_jacobian_per_dim = std::nan("")}};
      break;
  }
  return {};
}

std::string values_in_words(Support support, int64_t levels) {
  switch (support) {
    case Support::binary:
      return "values in {0, 1}";
    case Support::levels:
      return levels > 0 ? fmt::format("{} grey levels", levels) : "levels";
    case Support::counts:
      return "counts";
    case Support::unit_interval:
      return "values in [0, 1]";
    case Support::positive:
      return "values above 0";
    case Support::real:
      return "real values";
    case Support::simplex_counts:
      return "counts of a given total";
    case Support::mixed:
      return "columns of different kinds";
  }
  return "";
}

/// The sets of the likelihoods that score what the rule gives.
std::string likelihoods_for(const Rule& rule) {
  if (rule.observed == Support::mixed) return "one that gives each column a likelihood of its own";
  std::vector<std::string> sets;
  for (size_t i = 0; i < support_names.size(); ++i)
    if (const auto wanted = static_cast<Support>(i); fit(rule, wanted)) sets.push_back(values_in_words(wanted, 0));
  return "a likelihood of " + join(sets, " or ") +
         (rule.chain == Chain::levels ? ", or a density that gives the masses of intervals" : "");
}

std::string name_of(const DataConfig& config) { return config.name.empty() ? config.path : config.name; }

const Rule& rule_for(const Observation& stored, const DataConfig& config) {
  std::vector<std::string> possible;
  for (const Rule& rule : rules) {
    if (rule.stored != stored.support) continue;
    if (rule.observe == config.observe) return rule;
    possible.push_back(fmt::format("\"{}\"{}", rule.observe, transform_of(rule.chain)));
  }
  throw UserError(fmt::format("[dataset] observe = \"{}\": {} holds {}; set observe = {}", config.observe,
                              name_of(config), values_in_words(stored.support, stored.levels), join(possible, " or ")));
}

// Names every transform that would make the likelihood fit, then the likelihoods that fit as it is.
[[noreturn]] void refuse_rule(const Observation& stored, const Rule& chosen, Support wanted, const DataConfig& config,
                              const std::string& likelihood) {
  std::string advice;
  for (const Rule& rule : rules)
    if (rule.stored == stored.support && fit(rule, wanted) &&
        (rule.observed != Support::mixed || wanted == Support::mixed))
      advice += fmt::format("set observe = \"{}\"{}, or ", rule.observe, transform_of(rule.chain));
  if (chosen.chain == Chain::levels && measure_of(wanted) == Measure::lebesgue)
    advice +=
        "implement do_interval_log_prob in the plugin, which makes its density exact probabilities of the levels, or ";
  std::string seen =
      chosen.chain == Chain::none || chosen.chain == Chain::levels
          ? values_in_words(stored.support, stored.levels)
          : fmt::format("{} under observe = \"{}\"",
                        chosen.chain == Chain::soften ? "means of binary draws" : values_in_words(chosen.observed, 0),
                        chosen.observe);
  if (wanted == Support::binary && stored.support == Support::levels)
    seen += ", whose cross-entropy is no likelihood (R3)";
  throw UserError(fmt::format("likelihood:{}: needs {}; {} has {}; {}choose {}", likelihood, values_in_words(wanted, 0),
                              name_of(config), seen, advice, likelihoods_for(chosen)));
}

}  // namespace

bool has_soft_targets(const View& view) { return !view.chain.empty() && view.chain.front().name == soft_binary; }

View view_of(const Observation& stored, Support wanted, bool has_interval, const DataConfig& config,
             const std::string& likelihood) {
  const Rule& rule = rule_for(stored, config);
  if (config.standardize && rule.observed != Support::real && rule.observed != Support::mixed)
    throw UserError(
        fmt::format("[dataset] standardize = true: {} is observed as {}; expected observe = \"real\" or \"columns\" of "
                    "real values; "
                    "leave standardize out",
                    name_of(config), values_in_words(rule.observed, 0)));
  if (rule.observed == Support::mixed && stored.columns.empty())
    throw UserError(
        fmt::format("[dataset] observe = \"columns\": {} has data of shape {}; expected a table, one row of values a "
                    "datum; set observe to another value",
                    name_of(config), to_string(stored.shape)));
  View view{.observation = {.shape = stored.shape, .support = rule.observed, .levels = 0, .columns = stored.columns},
            .chain = steps(rule.chain, stored.levels, config)};
  const bool are_levels = rule.chain == Chain::levels || rule.chain == Chain::dequantize;
  if (stored.support == Support::levels && are_levels) view.levels = stored.levels;
  if (rule.chain == Chain::levels) view.observation.levels = stored.levels;

  view.by_column = rule.observed == Support::mixed;
  if (fit(rule, wanted)) {
    // Evaluated as a pmf on the levels, the likelihood's own set says where the outermost intervals end: 0 and 1, or
    // infinity. The same holds below.
    if (rule.chain == Chain::dequantize || view.by_column) view.observation.support = wanted;
    view.levels_are_recoverable = rule.chain == Chain::dequantize && has_interval;
    return view;
  }
  if (rule.chain == Chain::levels && measure_of(wanted) == Measure::lebesgue && has_interval) {
    view.observation.support = wanted;
    view.scoring = Scoring::interval;
    return view;
  }
  refuse_rule(stored, rule, wanted, config, likelihood);
}

}  // namespace elbo::data
