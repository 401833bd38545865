#include "worker/recorder.hpp"

#include <torch/version.h>

#include <algorithm>
#include <numeric>

#include "base/files.hpp"
#include "kernels/device.hpp"
#include "log/provenance.hpp"
#include "metrics/metrics.hpp"
#include "model/forward.hpp"
#include "model/load_plugin.hpp"
#include "train/step.hpp"
#include "worker/assemble.hpp"
#include "worker/sheets.hpp"

namespace elbo::host::worker {
namespace fs = std::filesystem;
namespace {

using log::Column;

const std::vector<Column> term_columns = {metrics::loss, metrics::objective, metrics::elbo, metrics::reconstruction,
                                          metrics::kl};
const std::vector<Column> time_columns = {metrics::epoch_seconds, metrics::samples_per_second};

std::vector<Column> all_of(std::initializer_list<std::vector<Column>> parts) {
  std::vector<Column> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// Beside the terms of the ELBO: each of the objective's own, with its weight and its weighted value.
std::vector<Column> columns_of(const Run& run, const Model& model) {
  std::vector<Column> columns = {metrics::kl_sampled};
  for (const ObjectiveTerm& term : terms_at(model, run.train, 0)) {
    const bool known =
        std::any_of(term_columns.begin(), term_columns.end(), [&](const Column& c) { return c.name == term.name; });
    if (!known) columns.push_back({term.name, "nat", term.formula});
    columns.push_back({term.name + "_weight", "1", "weight of " + term.name + " in the objective"});
    columns.push_back({term.name + "_weighted", "nat", "what " + term.name + " adds to the objective"});
  }
  return columns;
}

/// What changes with the epoch.
std::vector<Column> control_columns(const Model& model) {
  std::vector<Column> columns;
  for (const Scheduled& number : model.objective->scheduled(0)) columns.push_back({number.name, "1", number.meaning});
  columns.push_back(metrics::learning_rate);
  return columns;
}

int64_t latent_rows(const Run& run, const Assembly& a) {
  const int64_t rows = std::min(run.log.latents, a.source->size(Part::test));
  return rows > 0 && has_posterior_mean(a.model, *a.source) ? rows : 0;
}

bool with_images(const Run& run, const Assembly& a) { return shows_images(a.model, *a.source, run.log.images); }

log::Layout layout_of(const Run& run, const std::vector<log::PluginRecord>& plugins, const Assembly& a,
                      const fs::path& folder) {
  log::Layout layout;
  layout.title = run.title();
  const fs::path experiment = folder.parent_path() / "experiment.toml";
  layout.experiment_toml = fs::exists(experiment) ? read_file(experiment) : "";
  layout.plan_json = to_json(run).dump(2);
  layout.provenance = log::provenance(ELBO_VERSION, TORCH_VERSION, run.seed);
  layout.provenance.emplace_back(log::device_attribute, kernels::in_words(a.source->like().device()));
  for (const log::PluginRecord& p : plugins)
    layout.plugins.push_back({{"kind", p.kind},
                              {"name", p.name},
                              {"path", p.path},
                              {"sha256", p.sha256},
                              {"abi", std::to_string(ELBO_ABI)},
                              {"torch", TORCH_VERSION},
                              {"checked", p.checked},
                              {"normalised", p.normalised},
                              {"finding", p.finding}});
  layout.train_columns = all_of({term_columns, columns_of(run, a.model), control_columns(a.model), time_columns});
  layout.test_columns = term_columns;
  layout.step_columns = all_of({term_columns, columns_of(run, a.model), control_columns(a.model)});
  layout.latent_dim = run.latent_dim;
  layout.latent_rows = latent_rows(run, a);
  const auto& labels = a.dataset->test.labels;
  if (!labels.empty()) layout.latent_labels.assign(labels.begin(), labels.begin() + layout.latent_rows);
  layout.test_rows = a.source->size(Part::test);
  if (with_images(run, a))
    layout.sheet_shape = sheet_shape(a.source->observation_model().observation.shape, run.log.images);
  layout.manifold = run.latent_dim == 2;
  return layout;
}

/// What a log holds when this much has been done: as the trainer and the recorder write it.
log::Position position_of(const Run& run, const Progress& p) {
  const auto last_multiple = [&](int64_t of, int64_t until) { return of > 0 ? until / of * of : 0; };
  const int64_t every = std::lcm(run.train.test_every, run.log.latents_every);
  return {.epoch = p.epoch,
          .step = last_multiple(run.log.steps_every, p.global_step),
          .tested = p.finished ? p.epoch : last_multiple(run.train.test_every, p.epoch),
          .snapshot = p.finished ? p.epoch : last_multiple(every, p.epoch)};
}

log::RunLog open(const Run& run, const std::vector<log::PluginRecord>& plugins, const Assembly& a, const fs::path& file,
                 const std::optional<Progress>& after) {
  const log::Layout layout = layout_of(run, plugins, a, file.parent_path());
  return after ? log::RunLog::resume(file, layout, position_of(run, *after)) : log::RunLog::create(file, layout);
}

}  // namespace

Recorder::Recorder(const Run& run, const std::vector<log::PluginRecord>& plugins, Assembly& assembly,
                   const fs::path& file, const std::optional<Progress>& after)
    : run_(run),
      assembly_(assembly),
      log_(open(run, plugins, assembly, file, after)),
      latent_rows_(latent_rows(run, assembly)),
      with_images_(with_images(run, assembly)) {}

void Recorder::epoch(int64_t epoch, const std::map<std::string, double>& values,
                     const std::vector<double>& kl_per_dim) {
  log_.epoch(log::Pass::train, epoch, values, kl_per_dim);
  log_.flush();
}

void Recorder::step(int64_t step, const std::map<std::string, double>& values) { log_.step(step, values); }

void Recorder::tested(int64_t epoch, const PassResult& r, bool last) {
  log_.epoch(log::Pass::test, epoch,
             {{metrics::loss, -r.objective},
              {metrics::objective, r.objective},
              {metrics::elbo, r.elbo},
              {metrics::reconstruction, r.reconstruction},
              {metrics::kl, r.kl}},
             r.kl_per_dim);
  if (last || epoch % run_.log.latents_every == 0) snapshot(epoch);
  log_.flush();
}

void Recorder::snapshot(int64_t epoch) {
  if (latent_rows_ > 0) {
    const Latents l = latents(assembly_.model, *assembly_.source, latent_rows_);
    log_.latents(epoch, l.mean, l.scale);
  }
  if (!with_images_) return;
  const Rng rng = assembly_.source->rng(run_.seed).fork("sheet");
  for (const auto& [name, sheet] : all_sheets(assembly_.model, *assembly_.source, run_.log.images, rng))
    log_.image(name, epoch, sheet.pixels);
}

}  // namespace elbo::host::worker
