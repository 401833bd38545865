#include "worker/finalize.hpp"

#include <limits>

#include "base/png.hpp"
#include "data/totals.hpp"
#include "evaluate/measure.hpp"
#include "worker/chain.hpp"
#include "worker/final_metrics.hpp"
#include "worker/likelihood_checks.hpp"
#include "worker/sheets.hpp"
#include "worker/teller.hpp"
#include "worker/trained.hpp"

namespace elbo::worker {
namespace {

/// What the summary's bound is a number about: log_px where there is one, else the elbo.
observation::MeasureKey key_of(const Run& run, const Assembly& a, const BatchSource& source, bool weighted) {
  const int64_t test = source.size(Part::test);
  observation::MeasureKey key = scored_key(run, a, source);
  if (!weighted) {
    key.estimator.samples = a.model.objective->sampling().samples;
    return key;
  }
  key.estimator = {"iwae", run.evaluate.importance_samples,
                   run.evaluate.images > 0 ? std::min(run.evaluate.images, test) : test};
  return key;
}

/// The metrics that the experiment asks for, into evaluation.h5.
void measure(const Run& run, Assembly& a, const BatchSource& scored, const std::filesystem::path& folder,
             const std::function<void(double)>& tick) {
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

/// What the training time depends on beside the model; NaN where it is not known.
void add_load(const MachineLoad* load, FinalMetrics& final) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  final.add(metrics::runs_beside, load ? static_cast<double>(load->runs_beside()) : unknown);
  final.add(metrics::load, load ? MachineLoad::average() : unknown);
  final.add(metrics::waited, load ? load->waited().value_or(unknown) : unknown);
}

void write_sheet(const Sheet& sheet, const std::filesystem::path& file) {
  write_png(file, sheet.width, sheet.height, sheet.channels, sheet.pixels);
}

}  // namespace

void finalize(const Run& run, Assembly& a, Recorder& recorder, const Progress& progress, const MachineLoad* load,
              const std::filesystem::path& folder, const std::function<void(double)>& tick) {
  const BatchSource source = scored_source(*a.source);
  const bool bound = has_posterior(a.model);
  const bool weighted = bound && run.evaluate.importance_samples > 0;
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
  add_load(load, final);
  const observation::MeasureKey key = key_of(run, a, source, weighted);
  if (key.base == "CM") final.per_example.push_back({metrics::log_p_total, data::log_prob_of_totals(*a.dataset)});
  const std::vector<std::pair<std::string, std::string>> texts = {
      {"measure", in_words(key)},
      {"measure_key", to_json(key).dump()},
      {"bound", bound ? run.objective.name : "none"},
      {"likelihood", run.likelihood.name},
      {"audit", checks_of(run, *a.dataset)},
      {"trained_on", measure_in_words(a.source->observation_model())}};

  if (!a.model.likelihood->has_mean())
    say({.type = "warning",
         .message = a.model.likelihood->label() + ": has no mean of x, so that no images of means are shown"});
  if (shows_images(a.model, source, run.log.images)) {
    const Rng rng = a.source->rng(run.seed).fork("sheet");
    write_sheet(reconstruction_sheet(a.model, *a.source, run.log.images), folder / "reconstructions.png");
    write_sheet(sample_sheet(a.model, *a.source, run.log.images, rng), folder / "samples.png");
    write_sheet(traversal_sheet(a.model, *a.source, run.log.images), folder / "traversals.png");
    if (run.latent_dim == 2) write_sheet(manifold_sheet(a.model, *a.source, run.log.images), folder / "manifold.png");
  }
  measure(run, a, source, folder, [&](double fraction) { tick(share + (1 - share) * fraction); });
  recorder.log().finish(final.per_example, final.summary(), texts, chain_of(a.model, *a.source), final.of_validation);
}

}  // namespace elbo::worker
