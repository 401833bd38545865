#include "observation/observation_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <elbo/error.hpp>

#include "base/text.hpp"

namespace elbo::host::observation {
namespace {

/// What `observe` can make of data stored with a support. A pair that is not listed is refused.
struct Rule {
  Support stored;
  std::string observe;
};

/// Of data that are observed as they are stored; then of those that transforms make something else of.
std::vector<Rule> rules() {
  std::vector<Rule> all = {{Support::levels, "levels"},         {Support::binary, "binary"},
                           {Support::binary, "levels"},         {Support::counts, "counts"},
                           {Support::simplex_counts, "counts"}, {Support::unit_interval, "unit_interval"},
                           {Support::positive, "real"},         {Support::real, "real"}};
  for (const Observe& one : observed_by_transforms())
    for (const Support stored : one.stored) all.push_back({stored, one.value});
  return all;
}

// Which likelihoods can score what is observed: those on the same set or, for densities, on a larger one.
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

/// The transform T of the settings, if they ask for it.
template <class T>
void add_if_asked(Chain& chain, const Observation& stored, const DataConfig& config) {
  if (auto made = T::made(stored, config)) chain.push_back(*std::move(made));
}

template <class... T>
Chain chain_of(const Observation& stored, const DataConfig& config, std::variant<T...>* /*every type*/) {
  Chain chain;
  (add_if_asked<T>(chain, stored, config), ...);
  const auto stage = [](const Transform& step) { return std::visit([](const auto& t) { return t.stage; }, step); };
  std::stable_sort(chain.begin(), chain.end(),
                   [&](const Transform& a, const Transform& b) { return stage(a) < stage(b); });
  return chain;
}

Observation observed_through(const Chain& chain, Observation observation) {
  if (observation.support != Support::levels) observation.levels = 0;
  for (const Transform& step : chain)
    observation = std::visit([&](const auto& transform) { return transform.observed(observation); }, step);
  return observation;
}

/// As the settings observe the data, whatever the likelihood.
ObservationModel observed_as(const Observation& stored, DataConfig config, const std::string& observe) {
  config.observe = observe;
  Chain chain = chain_of(stored, config, static_cast<Transform*>(nullptr));
  const Observation observation = observed_through(chain, stored);
  return {.observation = observation, .chain = std::move(chain)};
}

/// The steps that were made when the files were read: part of every chain over these data.
Chain made_when_read(const Chain& chain) {
  Chain steps;
  for (const Transform& step : chain)
    if (std::visit([](const auto& transform) { return transform.is_made_when_read; }, step)) steps.push_back(step);
  return steps;
}

/// f(transform) of the first step that gives anything.
template <class F>
auto first_of(const Chain& chain, F&& f) {
  decltype(std::visit(f, chain.front())) found{};
  for (size_t i = 0; i < chain.size() && found == decltype(found){}; ++i) found = std::visit(f, chain[i]);
  return found;
}

std::optional<int64_t> interval_levels(const ObservationModel& model) {
  return first_of(model.chain, [](const auto& transform) { return transform.interval_levels(); });
}

bool fit(const ObservationModel& model, Support wanted) {
  const auto only = first_of(model.chain, [](const auto& transform) { return transform.likelihood_support(); });
  return only ? wanted == *only : fit(model.observation.support, wanted);
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

/// In brackets behind a setting: what the transforms do that it asks for.
std::string in_brackets(const Chain& chain) {
  const std::string text = first_of(chain, [](const auto& transform) { return transform.describe(); });
  return text.empty() ? "" : " (" + text + ")";
}

/// The sets of the likelihoods that score these observations.
std::string likelihoods_for(const ObservationModel& model) {
  if (model.observation.support == Support::mixed) return "one that gives each column a likelihood of its own";
  std::vector<std::string> sets;
  for (size_t i = 0; i < support_names.size(); ++i)
    if (const auto wanted = static_cast<Support>(i); fit(model, wanted)) sets.push_back(values_in_words(wanted, 0));
  return "a likelihood of " + join(sets, " or ") +
         (model.find<Levels>() ? ", or a density that gives the masses of intervals" : "");
}

std::string name_of(const DataConfig& config) { return config.name.empty() ? config.path : config.name; }

void check_rule(const Observation& stored, const DataConfig& config) {
  std::vector<std::string> possible;
  for (const Rule& rule : rules()) {
    if (rule.stored != stored.support) continue;
    if (rule.observe == config.observe) return;
    possible.push_back(
        fmt::format("\"{}\"{}", rule.observe, in_brackets(observed_as(stored, config, rule.observe).chain)));
  }
  throw UserError(fmt::format("[dataset] observe = \"{}\": {} holds {}; set observe = {}", config.observe,
                              name_of(config), values_in_words(stored.support, stored.levels), join(possible, " or ")));
}

/// The observed values, and the setting that makes them different from the stored ones.
std::string seen_values(const Observation& stored, const ObservationModel& model, const DataConfig& config) {
  std::string values = first_of(model.chain, [](const auto& transform) { return transform.values_in_words(); });
  if (values.empty() && model.observation.support == stored.support)
    return values_in_words(stored.support, stored.levels);
  if (values.empty()) values = values_in_words(model.observation.support, 0);
  return fmt::format("{} under observe = \"{}\"", values, config.observe);
}

// Names every setting that would make the likelihood fit, then the likelihoods that fit as it is.
[[noreturn]] void refuse(const Observation& stored, const ObservationModel& chosen, Support wanted,
                         const DataConfig& config, const std::string& likelihood) {
  std::string advice;
  for (const Rule& rule : rules()) {
    if (rule.stored != stored.support) continue;
    const ObservationModel other = observed_as(stored, config, rule.observe);
    if (fit(other, wanted) && (other.observation.support != Support::mixed || wanted == Support::mixed))
      advice += fmt::format("set observe = \"{}\"{}, or ", rule.observe, in_brackets(other.chain));
  }
  if (chosen.find<Levels>() && measure_of(wanted) == Measure::lebesgue)
    advice +=
        "implement do_interval_log_prob in the plugin, which makes its density exact probabilities of the levels, or ";
  std::string seen = seen_values(stored, chosen, config);
  if (wanted == Support::binary && stored.support == Support::levels)
    seen += ", whose cross-entropy is no likelihood (R3)";
  throw UserError(fmt::format("likelihood:{}: needs {}; {} has {}; {}choose {}", likelihood, values_in_words(wanted, 0),
                              name_of(config), seen, advice, likelihoods_for(chosen)));
}

void check_settings(const Observation& stored, const ObservationModel& model, const DataConfig& config) {
  if (config.standardize && !model.find<Standardize>())
    throw UserError(
        fmt::format("[dataset] standardize = true: {} is observed as {}; expected observe = \"real\" or \"columns\" of "
                    "real values; "
                    "leave standardize out",
                    name_of(config), values_in_words(model.observation.support, 0)));
  if (model.by_column() && stored.columns.empty())
    throw UserError(
        fmt::format("[dataset] observe = \"columns\": {} has data of shape {}; expected a table, one row of values a "
                    "data point; set observe to another value",
                    name_of(config), to_string(stored.shape)));
}

}  // namespace

Observation ObservationModel::encoder_observation() const {
  Observation seen = observation;
  if (masked()) {
    seen.shape.at(0) *= 2;
    for (const Column& column : observation.columns)
      seen.columns.push_back({"'" + column.name + "' is observed", Support::binary, 0});
  }
  if (shown == ShownCondition::not_at_all) return seen;
  if (shown == ShownCondition::as_values) seen.shape = {numel(seen.shape)};
  seen.shape.at(0) += static_cast<int64_t>(given_names.size());
  if (!seen.columns.empty())
    for (const std::string& name : given_names) seen.columns.push_back({name, Support::real, 0});
  return seen;
}

bool ObservationModel::shows_means() const {
  return first_of(chain, [](const auto& transform) { return transform.shows_means; });
}

std::optional<ValueRange> ObservationModel::range() const {
  for (const Transform& step : chain)
    if (const auto range = std::visit([](const auto& transform) { return transform.range(); }, step)) return range;
  switch (observation.support) {
    case Support::levels:
      return ValueRange{0, static_cast<double>(observation.levels - 1)};
    case Support::binary:
    case Support::unit_interval:
      return ValueRange{0, 1};
    default:
      return {};
  }
}

ObservationModel ObservationModel::evaluated() const {
  if (!on_levels) return *this;
  ObservationModel other = *this;
  other.chain = made_when_read(chain);
  other.chain.push_back(*on_levels);
  other.on_levels.reset();
  return other;
}

double expected_of(const Chain& chain, double stored) {
  double x = stored;
  for (const Transform& step : chain)
    x = std::visit([&](const auto& transform) { return expected(transform, x, Constants<double>()); }, step);
  return x;
}

double stored_of(const Chain& chain, double x) {
  double stored = x;
  for (auto step = chain.rbegin(); step != chain.rend(); ++step)
    stored = std::visit([&](const auto& transform) { return transform.to_stored(stored, Constants<double>()); }, *step);
  return stored;
}

ObservationModel observation_model(const Observation& stored, Support wanted, bool has_interval,
                                   const DataConfig& config, const std::string& likelihood) {
  check_rule(stored, config);
  ObservationModel model = observed_as(stored, config, config.observe);
  check_settings(stored, model, config);
  const auto levels = has_interval && measure_of(wanted) == Measure::lebesgue ? interval_levels(model) : std::nullopt;
  if (fit(model, wanted)) {
    const bool sets = first_of(model.chain, [](const auto& transform) { return transform.likelihood_sets_support; });
    if (sets) model.observation.support = wanted;
    if (levels) model.on_levels = Intervals{{}, *levels, wanted};
    return model;
  }
  if (!levels) refuse(stored, model, wanted, config, likelihood);
  model.chain = made_when_read(model.chain);
  model.chain.push_back(Intervals{{}, *levels, wanted});
  model.observation = observed_through(model.chain, stored);
  return model;
}

}  // namespace elbo::host::observation
