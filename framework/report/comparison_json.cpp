#include <cmath>
#include <nlohmann/json.hpp>

#include "metrics/metrics.hpp"
#include "report/comparison.hpp"
#include "report/remarks.hpp"

namespace elbo::host::report {
using Json = nlohmann::ordered_json;
namespace {

/// JSON has no NaN and no infinity.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

/// One value for each element.
template <class Range, class F>
Json array_of(const Range& range, F&& json_of) {
  Json json = Json::array();
  for (const auto& one : range) json.push_back(json_of(one));
  return json;
}

Json interval_json(const Interval& interval) {
  return {{"low", number(interval.low)}, {"high", number(interval.high)}};
}

Json difference_json(const Difference& d) {
  return {{"mean", number(d.mean)},
          {"standard_error", number(d.standard_error)},
          {"degrees_of_freedom", number(d.degrees_of_freedom)},
          {"low", number(d.interval.low)},
          {"high", number(d.interval.high)},
          {"p", number(d.p)}};
}

/// Variances of the mean difference, with what they are known by.
Json error_json(const Pair& pair) {
  const MeanError& error = pair.error;
  Json json = {{"images", number(error.images)}, {"images_freedom", number(error.images_freedom)}};
  if (!pair.of_methods()) return json;
  json["seeds"] = number(error.seeds);
  json["seeds_freedom"] = number(error.seeds_freedom);
  return json;
}

const char* basis_name(SeedBasis basis) {
  switch (basis) {
    case SeedBasis::moderated:
      return "moderated";
    case SeedBasis::paired_seeds:
      return "paired seeds";
    case SeedBasis::unpaired_seeds:
      return "unpaired seeds";
    case SeedBasis::checkpoints:
      break;
  }
  return "test data";
}

Json influence_json(const Influence& one) {
  return {{"row", one.row},
          {"share_of_squares", number(one.share)},
          {"nats", number(one.nats)},
          {"undoes_the_decision", one.undoes_it},
          {"without", difference_json(one.without)}};
}

Json pair_json(const Pair& pair) {
  Json json = {
      {"better", pair.better},
      {"worse", pair.worse},
      {"look", pair.looks > 0 ? Json(pair.look) : Json()},
      {"undecided", pair.undecided.empty() ? Json() : Json(pair.undecided)},
      {"unit", "nat"},
      {"difference", difference_json(pair.difference)},
      {"simultaneous", interval_json(pair.simultaneous)},
      {"error", error_json(pair)},
      {"basis", basis_name(pair.basis)},
      {"about", pair.of_methods() ? "methods" : "checkpoints"},
      {"of", pair.of_bounds ? "lower bounds" : "log p(x)"},
      {"adjusted_p", number(pair.adjusted_p)},
      {"equivalent", pair.equivalent},
      {"negligible", pair.negligible},
      {"identical", !pair.identical.empty()},
      {"margin", number(pair.margin)},
      {"equivalence_p", number(pair.equivalence_p)},
      {metrics::bits_per_dim.name, pair.dimensions > 0 ? number(pair.bits_per_dim(pair.difference.mean)) : Json()},
      {"bias", pair.of_bounds ? Json() : number(pair.bias)},
      {"images", pair.images},
      {"groups", pair.groups > 0 ? Json(pair.groups) : Json()},
      {"seeds", pair.seeds},
      {"planned_seeds", pair.planned_seeds},
      {"influence", pair.influence ? influence_json(*pair.influence) : Json()},
      {"sentence", sentence(pair)}};
  return json;
}

Json row_json(const VariantRow& row) {
  Json values = Json::object();
  for (const auto& [name, estimate] : row.values)
    values[name] = {{"mean", number(estimate.mean)}, {"sd", number(estimate.sd)}};
  const Json absent =
      array_of(row.absent, [](const AbsentSeed& seed) { return Json{{"seed", seed.seed}, {"why", seed.why}}; });
  const std::string why = why_only_a_bound(row);
  return {{"variant", row.variant},
          {"likelihood", row.likelihood},
          {"seeds", row.seeds},
          {"planned_seeds", row.planned_seeds()},
          {"absent_seeds", absent},
          {"only_a_bound", why.empty() ? Json() : Json(why)},
          {"converted", row.conversion.empty() ? Json() : Json(row.conversion)},
          {"converted_to_bound", row.converted_to_bound},
          {"ranked", row.ranked},
          {"values", values}};
}

Json columns_json(const std::vector<Shown>& columns) {
  return array_of(columns, [](const Shown& column) {
    return Json{{"value", column.value},
                {"name", column.name},
                {"unit", column.unit},
                {"decimals", column.decimals},
                {"better", column.better}};
  });
}

Json selections_json(const Ranking& ranking) {
  Json json = Json::array();
  for (const Selection& s : ranking.selections)
    json.push_back({{"sweep", s.sweep},
                    {"is_search", s.is_search},
                    {"points", s.points},
                    {"chosen", s.chosen},
                    {"chosen_by", s.by_validation ? "validation data" : "test data"},
                    {"score", number(s.score)},
                    {"reported", number(s.reported)},
                    {"mean_of_maximum", number(s.mean_of_maximum)},
                    {"optimism_of_checkpoints", s.of_checkpoints ? number(*s.of_checkpoints) : Json()},
                    {"optimism_of_setting", s.of_setting ? number(*s.of_setting) : Json()},
                    {"corrected", s.corrected ? number(*s.corrected) : Json()},
                    {"fresh_seeds", s.fresh_seeds},
                    {"fresh", s.fresh ? difference_json(*s.fresh) : Json()},
                    {"sentence", sentence(s, ranking.value, ranking.of_bounds)}});
  return json;
}

/// The seed noise that was estimated of all variants together; null where there are fewer than 6.
Json noise_json(const Ranking& ranking) {
  if (!ranking.noise) return {};
  const SeedNoise& noise = ranking.noise->noise;
  Json variants = Json::array();
  for (size_t v = 0; v < noise.variances.size(); ++v)
    variants.push_back({{"variant", ranking.rows[ranking.noise->rows[v]].variant},
                        {"mean_square", number(noise.mean_squares[v])},
                        {"variance", number(noise.variances[v])},
                        {"differs", bool(noise.differs[v])}});
  return {{"seeds", ranking.noise->seeds},
          {"freedom", number(noise.freedom)},
          {"prior_freedom", number(noise.prior.freedom)},
          {"estimated_prior_freedom", number(noise.prior.estimated_freedom)},
          {"prior_variance", number(noise.prior.variance)},
          {"block_ratio", number(noise.block_ratio)},
          {"variants", variants}};
}

/// Hsu's comparison with the best.
Json best_json(const Ranking& ranking) {
  Json json = Json::array();
  for (size_t r = 0; r < ranking.rows.size(); ++r) {
    const BestClaim& claim = ranking.best[r];
    if (claim.is_compared)
      json.push_back({{"variant", ranking.rows[r].variant},
                      {"p", number(claim.p)},
                      {"may_be_best", claim.may_be_best()},
                      {"from_best_other", interval_json(claim.from_best_other)}});
  }
  return json;
}

Json ranking_json(const Ranking& ranking) {
  const auto& key = ranking.rows[0].key;
  const Answer said = answer(ranking);
  return {{"answer", {{"lead", said.lead}, {"rest", said.rest}, {"claim", said.claim}}},
          {"leader", ranking.rows[leader_of(ranking)].variant},
          {"standings", array_of(standings_of(ranking), [](Standing standing) { return Json(name_of(standing)); })},
          {"procedure", procedure(ranking)},
          {"level", ranking.looks ? ranking.looks->rule.alpha : claim_level},
          {"looks", looks_json(ranking)},
          {"best", best_json(ranking)},
          {"seed_noise", noise_json(ranking)},
          {"measure", ranking.measure},
          {"measure_key", key ? to_json(*key) : Json()},
          {"ranked_by", ranking.value},
          {"of", ranking.of_bounds ? "lower bounds" : "log p(x)"},
          {"caption", caption_of(ranking)},
          {"columns", columns_json(columns_of(ranking))},
          {"marks", marks_of(ranking)},
          {"seed_counts", seed_counts_of(ranking.rows)},
          {"notes", ranking.notes},
          {"selections", selections_json(ranking)},
          {"trials", array_of(ranking.trials, row_json)},
          {"rows", array_of(ranking.rows, row_json)},
          {"pairs", array_of(ranking.pairs, pair_json)}};
}

}  // namespace

std::string comparison_json(const Comparison& c) {
  const Json apart = array_of(c.apart, [](const Apart& one) {
    return Json{{"tables", {one.a, one.b}}, {"rule", one.rule.code}, {"words", one.rule.words}};
  });
  const Json not_ranked = array_of(c.not_ranked, [](const NotRanked& run) {
    return Json{{"variant", run.variant},
                {"seed", run.seed},
                {"log", run.log.string()},
                {"rule", run.why.code},
                {"words", run.why.words}};
  });
  const Json json = {{"rankings", array_of(c.rankings, ranking_json)},
                     {"apart", apart},
                     {"not_bounds", array_of(c.autoencoders, row_json)},
                     {"not_bounds_columns", columns_json(columns_of_autoencoders(c.autoencoders))},
                     {"not_ranked", not_ranked},
                     {"plugins", c.plugins},
                     {"unfinished", c.unfinished},
                     {"notes", c.notes}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace elbo::host::report
