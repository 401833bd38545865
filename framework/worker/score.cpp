#include "worker/verbs.hpp"

#include <ATen/core/grad_mode.h>

#include <cmath>
#include <iostream>
#include <limits>
#include <numbers>

#include "base/files.hpp"
#include "base/value_json.hpp"
#include "evaluate/evaluate.hpp"
#include "evaluate/measure.hpp"
#include "evaluate/nuisances.hpp"
#include "kernels/device.hpp"
#include "kernels/matrix_products.hpp"
#include "kernels/precision.hpp"
#include "metrics/metrics.hpp"
#include "metrics/pareto.hpp"
#include "model/load_plugin.hpp"
#include "observation/measure_key.hpp"
#include "plan/run.hpp"
#include "worker/assemble.hpp"

namespace elbo::host::worker {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

constexpr double off_the_end = 0.1;  // levels
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Levels are scored as levels, whatever density the run was trained on.
DataConfig scored_data(const Run& run, const data::Dataset& dataset) {
  DataConfig config = run.data;
  if (dataset.support == Support::levels && config.observe != "binary") config.observe = "levels";
  return config;
}

/// Both models observe the same stored levels, each at equal distances. A distribution on a bounded set is kept a tenth of a
/// level off its ends, where its parameters are infinite; one on the real line may well have its location outside.
transfer::Units units_between(const observation::ObservationModel& from, const observation::ObservationModel& to,
                              const data::Dataset& dataset) {
  transfer::Units units{.low = -infinity, .high = infinity};
  if (dataset.support != Support::levels || to.observation.support == Support::binary) return units;
  const auto in_units_of_to = [&](double x) { return expected_of(to.chain, stored_of(from.chain, x)); };
  units.shift = in_units_of_to(0);
  units.factor = in_units_of_to(1) - units.shift;
  if (to.observation.support == Support::real) return units;
  const double margin = off_the_end * (expected_of(to.chain, 1) - expected_of(to.chain, 0));
  const observation::ValueRange range = to.range().value();
  units.low = range.low + margin;
  units.high = range.high - margin;
  return units;
}

/// The run's model with another likelihood behind its decoder's mean.
struct Transferred {
  Model model;
  BatchSource source;
  transfer::Fit fit;
};

/// What the decoder makes of training data.
std::function<transfer::Seen(const Tensor&)> eyes(const Trained& t, const transfer::TransferDecoder& decoder,
                                                  const BatchSource& source) {
  return [&t, &decoder, &source, rng = Rng(static_cast<uint64_t>(t.run.seed)).fork("score")](const Tensor& ids) {
    const Batch seen = t.assembly.source->batch(Part::train, ids, rng);
    Rng noise = rng.for_data(ids);
    const Tensor z = t.assembly.model.encoder->encode(seen.input)->draw(1, noise).z;
    return transfer::Seen{source.batch(Part::train, ids, rng), decoder.mean(with_condition(z, seen.condition))};
  };
}

Transferred transferred(const Trained& t, const PluginChoice& likelihood) {
  if (t.assembly.source->observation_model().by_column())
    throw UserError("likelihood:" + likelihood.name +
                    ": cannot score a decoder of columns, each in the units of its own likelihood; expected a run "
                    "without observe = \"columns\"; train a variant with it instead");
  const data::Dataset& dataset = *t.assembly.dataset;
  const DataConfig config = scored_data(t.run, dataset);
  Context context = t.assembly.model.likelihood->context();
  context.observation = stored_observation(dataset);
  const auto probe = plugins::make_plugin<Likelihood>(likelihood, context);
  observation::ObservationModel observed = observation::observation_model(
      context.observation, probe->support(), has_interval_log_prob(*probe), config, likelihood.name);
  observation::complete(observed, dataset, scorers_of(*probe));
  context.observation = observed.observation;
  if (probe->conditioning() != Conditioning::nothing)
    throw UserError(
        probe->label() +
        ": is given the total of each data point, which a mean does not say; expected a likelihood of single "
        "values; train a decoder for it instead");

  Transferred to{{}, t.assembly.source->with_observation_model(observed), {}};
  to.model = t.assembly.model;
  to.model.likelihood = plugins::make_plugin<Likelihood>(likelihood, context);
  to.model.likelihood->init_from(to.source.statistics());
  const double reach = std::max(60.0, 4 * to.source.statistics().max.abs().max().item<double>());
  const auto location =
      std::make_shared<transfer::Location>(to.model.likelihood, probe->support() == Support::real ? reach : 60.0);
  const auto decoder = std::make_shared<transfer::TransferDecoder>(
      t.assembly.model, units_between(t.assembly.source->observation_model(), observed, dataset), location);
  context.decoder_output = to.model.likelihood->params();
  context.latent_dim = t.assembly.model.decoder->context().latent_dim;
  decoder->attach("decoder:" + t.run.decoder.name, context);
  to.model.decoder = decoder;
  to.fit =
      transfer::fit(to.model, observed.scoring(), *location, to.source.size(Part::train), eyes(t, *decoder, to.source));
  return to;
}

/// As trained: the same decoder and likelihood, evaluated as the run itself was.
Transferred as_trained(const Trained& t) { return {t.assembly.model, scored_source(*t.assembly.source), {}}; }

Json evaluated(const Trained& t, Transferred& to, int64_t images, int64_t samples) {
  const int64_t count = std::min(images, to.source.size(Part::test));
  const Rng rng = Rng(static_cast<uint64_t>(t.run.seed)).fork("importance");
  const auto result =
      importance_weighted(to.model, to.source, count, samples, t.run.evaluate.batch_size, rng, [](double) {});
  const double log_px = mean_of(result.log_px);
  observation::MeasureKey key = measure_key(to.source.observation_model(), to.model.likelihood->support(),
                                            t.run.data_record.evaluation_fingerprint(), to.source.size(Part::test),
                                            to.model.likelihood->conditioning());
  key.estimator = {"iwae", samples, count};
  Json json = {{metrics::log_px.name, log_px},
               {metrics::log_px_se.name, standard_error(result.log_px)},
               {metrics::log_px_samples.name, samples},
               {metrics::ess_median.name, quantile_of(result.effective_samples, 0.5)}};
  if (const double bias = trusted_bias(mean_of(result.bias), result.pareto_k); std::isfinite(bias))
    json[metrics::log_px_bias.name] = bias;
  if (const auto share = share_not_trusted(result.pareto_k)) json[metrics::pareto_k_high.name] = *share;
  if (samples > 1) json[metrics::log_px_rise.name] = log_px - mean_of(result.half_log_px);
  if (key.levels > 0 && !key.is_density() && key.observed == "all")
    json[metrics::bits_per_dim.name] = -log_px / (static_cast<double>(key.dimensions) * std::numbers::ln2);
  Json nuisances = Json::object();
  for (const auto& [name, value] : to.fit.values) nuisances[name] = value;
  json["fitted"] = nuisances;
  json["fit"] = to.fit.how;
  json["measure"] = in_words(key);
  json["measure_key"] = to_json(key);
  return json;
}

void print_score(const Trained& t, const std::string& scored_under, const Json& more) {
  Run any_seed = t.run;
  any_seed.seed = 0;
  Json line = {{"experiment", t.run.experiment},
               {"variant", t.run.variant},
               {"settings", any_seed.id()},
               {"seed", t.run.seed},
               {"trained_under", t.run.likelihood.name},
               {"scored_under", scored_under}};
  line.update(more);
  std::cout << line.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
}

void score_run(const fs::path& folder, const Json& request) {
  const at::NoGradGuard no_gradients;
  Trained t = load_trained(folder);
  t.assembly.model.set_training(false);
  const int64_t images = request.at("images");
  const int64_t asked = request.at("importance_samples"), own = t.run.evaluate.importance_samples;
  const int64_t samples = asked > 0 ? asked : std::max<int64_t>(1, own);
  if (request.at("as_trained").get<bool>()) {
    Transferred same = as_trained(t);
    print_score(t, "as trained", evaluated(t, same, images, samples));
  }
  for (const Json& target : request.at("targets")) {
    const PluginChoice likelihood = run_from_json(target).likelihood;
    try {
      Transferred to = transferred(t, likelihood);
      print_score(t, likelihood.name, evaluated(t, to, images, samples));
    } catch (const UserError& refusal) {
      print_score(t, likelihood.name, {{"refused", refusal.what()}});
    }
  }
}

/// The run's own section, with what the request says instead.
EvaluateConfig config_of(const Run& run, const Json& request) {
  const auto options = options_of<EvaluateConfig>();
  Json settings = to_json(options.settings(run.evaluate));
  for (const auto& [key, value] : request.at("settings").items()) settings[key] = value;
  return options.config(settings_from_json(settings, options.list()));
}

/// What the request says, else where the run was trained, if that can be had here.
std::string device_for(const Run& run, const Json& request) {
  if (request.contains("device")) return request.at("device");
  return run.train.device == "cpu" ? "cpu" : "auto";
}

void evaluate_run(const fs::path& folder, const Json& request) {
  Trained t = load_trained(folder);
  t.run.evaluate = config_of(t.run, request);
  const at::Device device = kernels::device_of(device_for(t.run, request));
  kernels::prepare_precision("float32", device);  // whatever the run was trained in
  t.assembly.move_to(device);
  const BatchSource scored = scored_source(*t.assembly.source);
  const Measurements m = measured({.run = t.run,
                                   .model = t.assembly.model,
                                   .dataset = *t.assembly.dataset,
                                   .seen = *t.assembly.source,
                                   .scored = scored,
                                   .key = scored_key(t.run, t.assembly, scored),
                                   .tick = [](double) {}});
  if (!m.groups.empty()) log::write_evaluation(folder / log::evaluation_file, t.run.title(), m.groups);
  Json line = {
      {"experiment", t.run.experiment}, {"variant", t.run.variant}, {"seed", t.run.seed}, {"run", folder.string()}};
  line["metrics"] = Json::array();
  for (const log::EvaluationGroup& group : m.groups) line["metrics"].push_back(to_json(group));
  line["refused"] = Json::array();
  for (const auto& [metric, why] : m.refused) line["refused"].push_back({{"metric", metric}, {"why", why}});
  std::cout << line.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
}

}  // namespace

int score(const Words& words) {
  kernels::use_onednn_products();
  const Json request = Json::parse(read_file(words[0]));
  for (const Json& folder : request.at("folders")) score_run(folder.get<std::string>(), request);
  return 0;
}

int evaluate(const Words& words) {
  kernels::use_onednn_products();
  const Json request = Json::parse(read_file(words[0]));
  for (const Json& folder : request.at("folders")) evaluate_run(folder.get<std::string>(), request);
  return 0;
}

}  // namespace elbo::host::worker
