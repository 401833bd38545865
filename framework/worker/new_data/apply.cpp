// elbo-worker apply: a trained model on rows of a file.
#include "worker/verbs.hpp"

#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/files.hpp"
#include "base/text.hpp"
#include "data/new_data.hpp"
#include "evaluate/evaluate.hpp"
#include "evidence/evidence.hpp"
#include "kernels/device.hpp"
#include "kernels/precision.hpp"
#include "metrics/effective.hpp"
#include "metrics/metrics.hpp"
#include "metrics/statistics.hpp"
#include "model/forward.hpp"
#include "worker/finalize.hpp"
#include "worker/new_data/applied_ranking.hpp"
#include "worker/new_data/applied_rows.hpp"
#include "worker/new_data/new_file.hpp"
#include "worker/process.hpp"
#include "worker/sample_files.hpp"

namespace elbo::host::worker {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

constexpr int64_t rows_of_a_batch = 500;  // as evaluate.cpp encodes the latents of a log
constexpr size_t first_shown = 5, lowest_shown = 10;

/// The run and the new data in the place of its test data.
struct Task {
  Trained trained;
  data::DataBefore before;
  AppliedRows rows;
  std::vector<formats::TableColumn> kept;  // columns of the table, in their order
  bool is_estimated_as_run = true;         // log p(x), as of the run's own test data

  Model& model() { return trained.assembly.model; }
  const BatchSource& seen() const { return *trained.assembly.source; }
};

Task task_of(const Json& request) {
  Task task{.trained = load_trained(request.at("folder").get<std::string>())};
  Run& run = task.trained.run;
  const observation::ObservationModel& observed = task.seen().observation_model();
  task.before = data::data_before(run.data, *task.trained.assembly.dataset,
                                  observed.by_column() ? observed.observation.columns : std::vector<elbo::Column>());
  data::NewData fresh = data::read_new_data(task.before, new_file_of(request, run));
  for (const std::string& note : fresh.notes) print_line({{"note", note}});
  task.kept = data::kept_columns(task.before);
  task.rows = {.title = "elbo apply of " + run.title(),
               .run_id = run.id(),
               .source = request.at("file"),
               .rows = fresh.rows,
               .scored = fresh.split.rows,
               .names = std::move(fresh.names),
               .event = task.before.description.shape,
               .values = task.kept};
  task.trained.assembly.dataset->test = std::move(fresh.split);
  run.evaluate.images = 0;
  if (const int64_t samples = request.value("importance_samples", int64_t{0}); samples > 0) {
    task.is_estimated_as_run = run.evaluate.evidence == "importance" && run.evaluate.importance_samples == samples;
    run.evaluate.evidence = "importance";
    run.evaluate.importance_samples = samples;
  }
  const std::string usual = run.train.device == "cpu" ? "cpu" : "auto";
  const at::Device device = kernels::device_of(request.value("device", usual));
  kernels::prepare_precision("float32", device);
  task.trained.assembly.move_to(device);
  return task;
}

/// The numbers that the run's own test data have in its log.
void add_numbers(Task& task) {
  const BatchSource scored = scored_source(task.seen());
  EvidenceSettings settings;  // the certificate is of the model, and the log has it
  settings.simulated = settings.annealed = 0;
  FinalMetrics numbers = metrics_of_each(task.trained.run, task.trained.assembly, scored, settings, [](double) {});
  AppliedRows& rows = task.rows;
  for (auto& [column, values] : numbers.per_example)
    if (column.name != metrics::row.name) rows.columns.emplace_back(column, std::move(values));
  const auto* effective = rows.column(metrics::ess.name);
  if (!effective || rows.column(metrics::monte_carlo_se.name)) return;
  std::vector<double> errors;
  for (const double one : *effective)
    errors.push_back(monte_carlo_error(one, task.trained.run.evaluate.importance_samples));
  rows.columns.emplace_back(metrics::monte_carlo_se, std::move(errors));
}

/// None where the log has that number by another estimator.
std::vector<double> own_numbers(const Task& task, const fs::path& folder, const std::string& name) {
  if (name != metrics::log_px.name || task.is_estimated_as_run) return of_test_data(folder / "log.h5", name);
  print_line({{"note",
               "the run's own test data have log p(x) by another estimator, so the rows are not compared with them; "
               "leave --importance-samples out to have both alike"}});
  return {};
}

size_t rows_with_missing(const data::Split& split) {
  const auto* values = std::get_if<std::vector<float>>(&split.x.values);
  if (!values || split.rows.empty()) return 0;
  const auto width = static_cast<std::ptrdiff_t>(values->size() / split.rows.size());
  size_t count = 0;
  for (auto row = values->begin(); width > 0 && row + width <= values->end(); row += width)
    count += std::any_of(row, row + width, [](float value) { return std::isnan(value); });
  return count;
}

/// A row of which less is observed has a log p(x) of fewer values.
void tell_masked(const Task& task) {
  if (const size_t count = rows_with_missing(task.trained.assembly.dataset->test); count > 0)
    print_line(
        {{"note", counted(count, "row") +
                      " with missing values: log p(x) is that of the observed values, so that ranks compare rows of "
                      "different numbers of values"}});
}

AppliedBatch batch_of(Task& task, int64_t first) {
  const at::NoGradGuard no_gradients;
  Model& model = task.model();
  AppliedBatch applied;
  applied.count = std::min(rows_of_a_batch, static_cast<int64_t>(task.rows.scored.size()) - first);
  if (applied.count <= 0) return {};
  const Batch batch = task.seen().batch(Part::test, first, applied.count, Rng(0));
  const auto q = model.encoder->encode(batch.input);
  const Tensor z = posterior_mean(model, *q);
  append(z, applied.z);
  append(posterior_stddev(*q, batch.ids), applied.z_scale);
  if (!task.rows.has_means) return applied;
  const int64_t at_once = samples_at_once(model, task.seen(), 1);
  const auto decode_some = [&](int64_t from, int64_t count) {
    const Tensor& c = batch.condition;
    return decode(model, z.narrow(0, from, count).unsqueeze(0), c.defined() ? c.narrow(0, from, count) : c);
  };
  for (int64_t done = 0; done < applied.count; done += at_once) {
    const Theta theta = decode_some(done, std::min(at_once, applied.count - done));
    Tensor mean = model.likelihood->mean(theta).squeeze(0).clone();
    put_most_probable(task.before.columns, task.kept, model, theta, mean);
    append(task.seen().to_stored(mean), applied.mean);
  }
  return applied;
}

void write(Task& task, const fs::path& out) {
  Model& model = task.model();
  model.set_training(false);
  if (has_posterior_mean(model, task.seen())) {
    task.rows.latent_dim = model.latent_dim;
    task.rows.has_means = model.likelihood->has_mean();
  } else {
    print_line({{"note", model.encoder->label() + ": its posterior has no mean, so that there are no codes"}});
  }
  int64_t first = 0;
  write_applied(out, task.rows, [&] {
    AppliedBatch batch = batch_of(task, first);
    first += batch.count;
    return batch;
  });
  if (is_csv(out) && task.rows.has_means && !are_means_in_csv(task.rows))
    print_line({{"note", "a CSV file has no columns for decoded images; expected a file .h5, which has them"}});
  print_line({{"wrote", out.string()}});
}

Json row_of(const AppliedRows& rows, size_t i) {
  Json json = {{"row", rows.scored[i]}};
  if (!rows.names.empty()) json["name"] = rows.names[static_cast<size_t>(rows.scored[i])];
  for (const auto& [column, values] : rows.columns) json[column.name] = values[i];
  return json;
}

Json answer_of(const Task& task, const std::string& by, const std::vector<double>& own) {
  const AppliedRows& rows = task.rows;
  const std::vector<double>& values = *rows.column(by);
  std::vector<double> finite = values;
  std::erase_if(finite, [](double value) { return !std::isfinite(value); });
  const observation::Estimator estimator =
      estimator_of(task.trained.run, task.trained.assembly.model, *task.trained.assembly.source);
  Json json = {{"file", rows.source},
               {"rows", rows.rows},
               {"scored", rows.scored.size()},
               {"by", by},
               {"estimator", estimator.name},
               {"samples", estimator.samples},
               {"mean", mean_of(finite)},
               {"standard_error", standard_error(finite)},
               {"not_finite", values.size() - finite.size()},
               {"not_trusted", not_trusted(rows)},
               {"one_sample_decides", decided_by_one(rows, estimator.samples)},
               {"test_data", own.size()},
               {"test_mean", mean_of(own)},
               {"test_standard_error", standard_error(own)},
               {"first", Json::array()},
               {"lowest", Json::array()}};
  for (size_t i = 0; i < std::min(first_shown, values.size()); ++i) json["first"].push_back(row_of(rows, i));
  const std::vector<size_t> order = order_of(values);
  for (size_t i = 0; i < std::min(lowest_shown, order.size()); ++i) json["lowest"].push_back(row_of(rows, order[i]));
  return json;
}

}  // namespace

int apply(const Words& words) {
  const Json request = Json::parse(read_file(words[0]));
  const fs::path folder = request.at("folder").get<std::string>();
  use_processor(read_run(folder).train);
  if (request.contains("out")) check_applied_suffix(request.at("out").get<std::string>());
  Task task = task_of(request);
  add_numbers(task);
  const std::string by = ranked_by(task.rows);
  const std::vector<double> own = own_numbers(task, folder, by);
  tell_masked(task);
  add_ranks(task.rows, by, own);
  print_line({{"applied", answer_of(task, by, own)}});
  if (request.contains("out")) write(task, request.at("out").get<std::string>());
  return 0;
}

}  // namespace elbo::host::worker
