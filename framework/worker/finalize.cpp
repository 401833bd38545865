#include "worker/finalize.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/images/png_writer.hpp"
#include "base/text.hpp"
#include "data/audit/totals.hpp"
#include "evaluate/consistency.hpp"
#include "evaluate/evaluate.hpp"
#include "evaluate/measure.hpp"
#include "evidence/evidence.hpp"
#include "model/forward.hpp"
#include "model/load_plugin.hpp"
#include "observation/table_columns.hpp"
#include "plan/likelihood_checks.hpp"
#include "plan/run.hpp"
#include "train/weights.hpp"
#include "worker/assemble.hpp"
#include "worker/decoder_export.hpp"
#include "worker/process.hpp"
#include "worker/sheets.hpp"

namespace elbo::host::worker {
namespace {

bool has_bits(const BatchSource& source) {
  if (source.observation_model().masked()) return false;  // rows differ in how many values they have
  return source.observation_model().scoring() == observation::Scoring::interval ||
         source.observation_model().observation.support == Support::levels;
}

/// What p(x|c) was given of each test data point: a number, or the place of a level, whose name its description has.
void add_condition(const Assembly& a, const BatchSource& source, FinalMetrics& final) {
  for (size_t i = 0; i < a.dataset->condition.size(); ++i) {
    const data::ConditionColumn& column = a.dataset->condition[i];
    std::vector<std::string> places;
    for (size_t place = 0; place < column.levels.size(); ++place)
      places.push_back(fmt::format("{} {}", place, column.levels[place]));
    const std::string meaning = "what is given: " + column.name + (places.empty() ? "" : ": " + join(places));
    final.per_example.emplace_back(log::Column("given_" + slug(column.name), "1", meaning),
                                   source.split(Part::test).condition[i]);
  }
}

void add_test_pass(const Run& run, Assembly& a, const BatchSource& source, FinalMetrics& final) {
  const Rng rng = source.rng(run.seed).fork("test");
  PassResult r = test_pass(a.model, source, Part::test, run.evaluate.batch_size, rng);
  const bool bound = has_posterior(a.model);
  if (const auto& rows = source.split(Part::test).rows; !rows.empty())
    final.per_example.push_back({metrics::row, {rows.begin(), rows.end()}});
  if (const auto& groups = source.split(Part::test).groups; !groups.empty())
    final.per_example.push_back({metrics::group, {groups.begin(), groups.end()}});
  add_condition(a, source, final);
  if (bound) final.per_example.push_back({metrics::elbo, std::move(r.elbo_each)});
  final.per_example.push_back({metrics::reconstruction, std::move(r.reconstruction_each)});
  if (bound) final.per_example.push_back({metrics::kl, std::move(r.kl_each)});
}

void add_importance(const Run& run, Assembly& a, const BatchSource& source, const std::function<void(double)>& tick,
                    FinalMetrics& final) {
  const int64_t samples = run.evaluate.importance_samples;
  const Rng rng = source.rng(run.seed).fork("importance");
  ImportanceResult r =
      importance_weighted(a.model, source, *final.data.images, samples, run.evaluate.batch_size, rng, tick);
  final.data.samples = samples;
  if (samples > 1) final.add(metrics::log_px_rise, mean_of(r.log_px) - mean_of(r.half_log_px));
  final.per_example.push_back({metrics::log_px, std::move(r.log_px)});
  final.per_example.push_back({metrics::bias, std::move(r.bias)});
  final.per_example.push_back({metrics::ess, std::move(r.effective_samples)});
  final.per_example.push_back({metrics::pareto_k, std::move(r.pareto_k)});
}

void add_ladder(const Run& run, Assembly& a, const BatchSource& source, const EvidenceSettings& settings,
                const std::function<void(double)>& tick, FinalMetrics& final) {
  const EvidenceResult r =
      evidence(a.model, source, *final.data.images, settings, source.rng(run.seed).fork("evidence"), tick);
  for (auto& [metric, values] : r.columns()) final.per_example.push_back({metric, std::move(values)});
  for (const auto& [metric, value] : r.certificate.values()) final.add(metric, value);
}

/// log p(x) of the first test data, beside the exact one where it is known.
void add_estimates(const Run& run, Assembly& a, const BatchSource& source, const EvidenceSettings& settings,
                   const std::function<void(double)>& tick, FinalMetrics& final) {
  const observation::Estimator estimator = estimator_of(run, a.model, source);
  if (estimator.name == observation::Estimator().name) return;
  final.data.images = estimator.images;
  final.data.estimated = static_cast<size_t>(estimator.images);
  if (estimator.name == ladder_name) add_ladder(run, a, source, settings, tick, final);
  else add_importance(run, a, source, tick, final);
  if (const auto& exact = source.split(Part::test).exact_log_px; !exact.empty())
    final.per_example.push_back({metrics::exact_log_px, exact});
}

/// Of the final weights, so that the best of a sweep can be chosen without looking at the test data.
void add_validation(const Run& run, Assembly& a, const BatchSource& source, FinalMetrics& final) {
  if (source.size(Part::valid) == 0) return;
  const Rng rng = source.rng(run.seed).fork("valid");
  PassResult r = test_pass(a.model, source, Part::valid, run.evaluate.batch_size, rng);
  final.of_validation.push_back({metrics::elbo, std::move(r.elbo_each)});
  final.of_validation.push_back({metrics::reconstruction, std::move(r.reconstruction_each)});
  final.of_validation.push_back({metrics::kl, std::move(r.kl_each)});
}

void add_latents(Assembly& a, const BatchSource& source, FinalMetrics& final) {
  final.add(metrics::latents, static_cast<double>(a.model.latent_dim));
  if (!has_posterior_mean(a.model, source))
    return say({.type = "warning",
                .message = a.model.encoder->label() +
                           ": its posterior has no mean, so that there are no active units and no pictures of codes"});
  const auto variances = activity(a.model, source, source.size(Part::test));
  const auto active = std::count_if(variances.begin(), variances.end(), [](double v) { return v > active_variance; });
  final.add(metrics::active_units, static_cast<double>(active));
}

/// What a decoder without latents reaches when every data point gets the parameters of the training data's marginals: the
/// likelihood's own start. The gain of a model over it is what its latents explain; not that of p(x|c), which is given more.
void add_without_latents(const Run& run, const Assembly& a, const BatchSource& source, FinalMetrics& final) {
  const at::NoGradGuard no_gradients;
  Model model = a.model;
  model.likelihood = plugins::make_plugin<Likelihood>(run.likelihood, a.model.likelihood->context());
  const auto raw = model.likelihood->init_from(a.source->statistics());
  if (!raw) return;
  model.likelihood->to_like(source.like());
  const Tensor start = raw->to(source.like().options()).reshape({1, 1, -1});
  const int64_t rows = source.size(Part::test);
  std::vector<double> each;
  for (int64_t done = 0; done < rows; done += run.evaluate.batch_size) {
    const Batch batch = source.batch(Part::test, done, std::min(run.evaluate.batch_size, rows - done), Rng(0));
    const Theta theta(model.likelihood->params(), start.expand({1, batch.size(), start.size(2)}));
    const Tensor log_p =
        score(model, batch, source.observation_model().scoring(), theta).to(at::kCPU, at::kDouble).reshape({-1});
    each.insert(each.end(), log_p.data_ptr<double>(), log_p.data_ptr<double>() + log_p.numel());
  }
  final.per_example.push_back({metrics::without_latents, std::move(each)});
}

const std::vector<double>* find_column(const FinalMetrics::Columns& columns, const std::string& name) {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const auto& column) { return column.first.name == name; });
  return found == columns.end() ? nullptr : &found->second;
}

/// Those that the experiment asks for; of tables what each column contributes; what a model makes of what it is given; and what predicts hidden values, where some are to be hidden.
std::vector<std::string> metrics_to_measure(const Run& run, const Assembly& a, const BatchSource& scored) {
  std::vector<std::string> all = run.evaluate.metrics;
  const auto add = [&](const char* name) {
    if (std::find(all.begin(), all.end(), name) == all.end()) all.emplace_back(name);
  };
  const observation::ObservationModel& x = scored.observation_model();
  const bool is_table = !x.observation.columns.empty() && x.scoring() != observation::Scoring::interval;
  if (is_table && has_log_prob_per_value(*a.model.likelihood)) add("columns");
  if (run.evaluate.mask_fraction > 0) add("held_out");
  if (!a.dataset->condition.empty()) add("condition");
  return all;
}

/// Into evaluation.h5.
void measure(const Run& given, Assembly& a, const BatchSource& scored, const std::filesystem::path& folder,
             const std::function<void(double)>& tick) {
  Run run = given;
  run.evaluate.metrics = metrics_to_measure(given, a, scored);
  if (run.evaluate.metrics.empty()) return;
  const Measurements m = measured({.run = run,
                                   .model = a.model,
                                   .dataset = *a.dataset,
                                   .seen = *a.source,
                                   .scored = scored,
                                   .key = scored_key(run, a, scored),
                                   .tick = tick});
  for (const auto& [metric, why] : m.refused)
    say({.type = "warning", .message = "evaluate.metrics: \"" + metric + "\" is left out: " + why});
  if (!m.groups.empty()) log::write_evaluation(folder / log::evaluation_file, run.title(), m.groups);
}

/// Empty where there is none, or no posterior to look at.
std::string own_fault(const Run& run, Assembly& a, const BatchSource& source) {
  if (!has_posterior(a.model)) return "";
  const int64_t samples = std::max(run.evaluate.importance_samples, a.model.objective->sampling().samples);
  std::string fault =
      inconsistency_of(a.model, source, run.evaluate.batch_size, samples, source.rng(run.seed).fork("own numbers"));
  if (!fault.empty()) say({.type = "warning", .message = fault + "; this run will not be ranked"});
  return fault;
}

}  // namespace

observation::Estimator estimator_of(const Run& run, const Model& model, const BatchSource& source) {
  const EvaluateConfig& e = run.evaluate;
  const int64_t test = source.size(Part::test), images = e.images > 0 ? std::min(e.images, test) : test;
  if (has_posterior(model) && e.evidence == "ladder") return {ladder_name, LadderSettings().samples, images};
  if (has_posterior(model) && e.importance_samples > 0) return {"iwae", e.importance_samples, images};
  return {.samples = model.objective->sampling().samples, .images = test};
}

std::vector<log::SummaryValue> FinalMetrics::summary() const {
  DatumColumns numbers = data;
  numbers.column = [this](const std::string& name) {
    return name.starts_with(of_validation_data)
               ? find_column(of_validation, name.substr(std::string(of_validation_data).size()))
               : find_column(per_example, name);
  };
  std::vector<log::SummaryValue> all;
  for (const auto& [metric, compute] : summary_metrics()) {
    if (const auto value = compute ? compute(metric, numbers) : std::nullopt) all.emplace_back(metric, *value);
    for (const log::SummaryValue& one : known)
      if (one.column.name == metric.name) all.push_back(one);
  }
  return all;
}

FinalMetrics metrics_of_each(const Run& run, Assembly& a, const BatchSource& source, const EvidenceSettings& settings,
                             const std::function<void(double)>& tick) {
  FinalMetrics final;
  add_test_pass(run, a, source, final);
  add_estimates(run, a, source, settings, tick, final);
  return final;
}

FinalMetrics final_metrics(const Run& run, Assembly& a, const BatchSource& source,
                           const std::function<void(double)>& tick) {
  const bool bound = has_posterior(a.model);
  FinalMetrics final = metrics_of_each(run, a, source, {}, tick);
  if (has_bits(source)) final.data.dimensions = numel(source.observation_model().observation.shape);
  if (bound && a.dataset->condition.empty()) add_without_latents(run, a, source, final);
  if (bound) add_validation(run, a, source, final);
  add_latents(a, source, final);
  return final;
}

void finalize(const Run& run, Assembly& a, Recorder& recorder, const Progress& progress, const TrainingLoad& load,
              const std::filesystem::path& folder, const std::function<void(double)>& tick) {
  const BatchSource source = scored_source(*a.source);
  const bool bound = has_posterior(a.model);
  const double share = run.evaluate.metrics.empty() ? 1 : 0.5;  // of the time, as a guess
  FinalMetrics final = final_metrics(run, a, source, [&](double fraction) { tick(share * fraction); });
  const auto images = static_cast<double>(progress.epoch * source.size(Part::train));
  final.add(metrics::epochs, static_cast<double>(progress.epoch));
  if (!progress.best_weights.empty()) {
    final.add(metrics::best_epoch, static_cast<double>(progress.best_epoch));
    final.add(metrics::best_valid_elbo, progress.best_elbo);
  }
  final.add(metrics::train_seconds, progress.seconds);
  final.add(metrics::images_per_second, images / std::max(1e-9, progress.seconds));
  final.add(metrics::parameters, static_cast<double>(a.parameters));
  final.add(metrics::runs_beside, load.runs_beside);
  final.add(metrics::load, load.average);
  final.add(metrics::waited, load.waited);
  observation::MeasureKey key = scored_key(run, a, source);
  key.estimator = estimator_of(run, a.model, source);
  if (key.base == "CM") final.per_example.push_back({metrics::log_p_total, data::log_prob_of_totals(*a.dataset)});
  const std::string weights = packed_weights(a.model);
  write_atomically(folder / weights_file, weights);
  std::vector<std::pair<std::string, std::string>> texts = {
      {"measure", in_words(key)},
      {"measure_key", to_json(key).dump()},
      {"bound", bound ? run.objective.name : "none"},
      {"likelihood", run.likelihood.name},
      {"audit", likelihood_checks(run, *a.dataset)},
      {"own_fault", own_fault(run, a, source)},
      {"trained_on", measure_in_words(a.source->observation_model())},
      {"weights_sha256", sha256(weights)}};

  if (!a.model.likelihood->has_mean())
    say({.type = "warning",
         .message = a.model.likelihood->label() + ": has no mean of x, so that no images of means are shown"});
  if (shows_images(a.model, source, run.log.images)) {
    const Rng rng = a.source->rng(run.seed).fork("sheet");
    for (const auto& [name, sheet] : all_sheets(a.model, *a.source, run.log.images, rng))
      write_png(folder / (name + ".png"), sheet.width, sheet.height, sheet.channels, sheet.pixels);
  }
  measure(run, a, source, folder, [&](double fraction) { tick(share + (1 - share) * fraction); });
  if (const auto columns = observation::table_columns(*a.dataset, a.source->observation_model()); !columns.empty())
    texts.emplace_back("columns", columns.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  recorder.log().finish(final.per_example, final.summary(), texts, decoder_export_of(a.model, *a.source),
                        final.of_validation);
}

}  // namespace elbo::host::worker
