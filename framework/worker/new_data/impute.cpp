// elbo-worker impute: what a trained model puts in the place of missing values.
#include "worker/verbs.hpp"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/files.hpp"
#include "base/text.hpp"
#include "data/files/locate.hpp"
#include "evaluate/predictive.hpp"
#include "formats/format.hpp"
#include "formats/text/field_values.hpp"
#include "kernels/device.hpp"
#include "kernels/precision.hpp"
#include "worker/assemble.hpp"
#include "worker/new_data/applied_rows.hpp"
#include "worker/new_data/imputed_rows.hpp"
#include "worker/new_data/new_file.hpp"
#include "worker/process.hpp"

namespace elbo::host::worker {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

constexpr size_t entries_shown = 10;

/// The run, and the rows that are to be completed in the place of its test data.
struct Imputation {
  Trained trained;
  PredictiveSettings settings;
  ImputedRows rows;
  std::vector<int64_t> levels;               // of each column, as code_counts()
  std::vector<int64_t> incomplete;           // rows of the file
  std::vector<std::string> without_weights;  // those of them that stay so

  const BatchSource& source() const { return *trained.assembly.source; }
};

/// The file of the run's own data that holds its training data: all of them, where it is split by elbo.
data::NewFile own_file(const Run& run, const data::Description& d, data::NewFile file) {
  for (const data::Description::File& one : d.files) {
    if (one.role != "x" && one.role != "train_x") continue;
    file.path = data::locate(d, one);
    file.format = d.format;
    if (formats::find_format(d.format)->part_key != "columns" && file.select.empty()) file.select = one.dataset;
    if (one.role == "train_x")
      print_line({{"note", "holds the run's training data; name the file with the others to complete these"}});
    return file;
  }
  throw UserError(run.title() +
                  ": its data are made by the program, and none of their values is missing; expected a FILE "
                  "with rows to complete");
}

/// NaN where a value is missing.
std::vector<double> stored_values(const data::Split& split) {
  return std::visit([](const auto& values) { return std::vector<double>(values.begin(), values.end()); },
                    split.x.values);
}

void find_missing(Imputation& task) {
  const size_t width = task.rows.columns.size();
  for (size_t i = 0; i < task.rows.values.size(); ++i) {
    if (!std::isnan(task.rows.values[i])) continue;
    const auto row = static_cast<int64_t>(i / width);
    if (task.incomplete.empty() || task.incomplete.back() != row) task.incomplete.push_back(row);
  }
}

/// Which columns have missing fields that no model completes.
void tell_other_columns(const ImputedRows& rows) {
  if (!rows.fields) return;
  const formats::TextTable& table = rows.fields->table;
  std::vector<std::string> others;
  for (size_t column = 0; column < table.columns; ++column) {
    const std::vector<size_t>& places = rows.fields->places;
    if (std::find(places.begin(), places.end(), column) != places.end()) continue;
    for (size_t row = 0; row < table.rows.size(); ++row)
      if (formats::is_missing(table.fields(row)[column])) {
        others.push_back(table.name_of(column));
        break;
      }
  }
  if (!others.empty())
    print_line({{"note", fmt::format("the column{} {} {} none of the run's: what is missing there stays missing",
                                     others.size() > 1 ? "s" : "", join(others), others.size() > 1 ? "are" : "is")}});
}

Imputation imputation_of(const Json& request) {
  Imputation task{.trained = load_trained(request.at("folder").get<std::string>())};
  const Run& run = task.trained.run;
  const observation::ObservationModel& observed = task.source().observation_model();
  if (const std::string why = why_not_predictive(task.trained.assembly.model, observed); !why.empty())
    throw UserError("elbo impute: " + run.title() + ": " + why + "; train such a run to impute with");
  data::DataBefore before =
      data::data_before(run.data, *task.trained.assembly.dataset,
                        observed.by_column() ? observed.observation.columns : std::vector<elbo::Column>());
  before.description.masked = true;
  data::NewFile file = new_file_of(request, run);
  if (file.path.empty()) file = own_file(run, before.description, std::move(file));
  file.memory_gb = std::numeric_limits<double>::infinity();
  data::NewData fresh = data::read_new_data(before, file);
  for (const std::string& note : fresh.notes) print_line({{"note", note}});
  task.settings.samples = request.at("samples");
  task.rows = {.title = "elbo impute of " + run.title(),
               .run_id = run.id(),
               .source = file.path.string(),
               .seed = request.at("seed"),
               .samples = task.settings.samples,
               .coverage = task.settings.coverage,
               .rows = fresh.rows,
               .columns = data::kept_columns(before),
               .values = stored_values(fresh.split)};
  task.levels = code_counts(observed.observation, task.rows.columns);
  if (!before.table.empty()) {
    std::vector<std::string> names;
    for (const formats::TableColumn& column : task.rows.columns) names.push_back(column.name);
    task.rows.fields = formats::fields_of_table(file.path, names);
    tell_other_columns(task.rows);
  }
  find_missing(task);
  task.trained.assembly.dataset->test = std::move(fresh.split);
  return task;
}

void prepare(Imputation& task, const Json& request) {
  const std::string usual = task.trained.run.train.device == "cpu" ? "cpu" : "auto";
  const at::Device device = kernels::device_of(request.value("device", usual));
  kernels::prepare_precision("float32", device);
  task.trained.assembly.move_to(device);
  task.trained.assembly.model.set_training(false);
  if (!task.source().observation_model().masked() && !task.incomplete.empty())
    print_line({{"note",
                 "the run's own data have no missing values, so that its encoder sees the mean in their place and has "
                 "not learned what a mask means: look at the effective sample sizes"}});
}

/// [D] of one row, as numbers.
std::vector<double> numbers_of(const Tensor& t, int64_t row) {
  std::vector<double> numbers;
  append(t[row], numbers);
  return numbers;
}

/// Sets what was missing of the rows of one batch.
void take(const Predictions& p, const Batch& batch, Imputation& task) {
  const BatchSource& source = task.source();
  const size_t width = task.rows.columns.size();
  const auto stored_of = [&](const Tensor& x) { return source.to_stored(x.to(batch.x.device())).to(at::kCPU); };
  const Tensor value = stored_of(p.value), low = stored_of(p.low), high = stored_of(p.high),
               ids = batch.ids.to(at::kCPU);
  for (int64_t b = 0; b < batch.size(); ++b) {
    const int64_t row = ids.data_ptr<int64_t>()[b];
    const double effective = p.effective_samples[b].item<double>();
    if (!std::isfinite(effective)) {
      task.without_weights.push_back(std::to_string(row));
      continue;
    }
    const auto values = numbers_of(value, b), lows = numbers_of(low, b), highs = numbers_of(high, b),
               probabilities = numbers_of(p.probability, b);
    for (size_t j = 0; j < width; ++j) {
      double& stored = task.rows.values[static_cast<size_t>(row) * width + j];
      if (!std::isnan(stored)) continue;
      stored = values[j];
      task.rows.entries.push_back({row, j, values[j], lows[j], highs[j], probabilities[j]});
    }
    task.rows.ess[static_cast<size_t>(row)] = effective;
    task.rows.pareto_k[static_cast<size_t>(row)] = p.pareto_k[b].item<double>();
  }
}

void complete_rows_of(Imputation& task) {
  task.rows.ess.assign(static_cast<size_t>(task.rows.rows), std::numeric_limits<double>::quiet_NaN());
  task.rows.pareto_k = task.rows.ess;
  const Model& model = task.trained.assembly.model;
  const BatchSource& source = task.source();
  const Rng rng = source.rng(task.rows.seed).fork("impute");
  const auto count = static_cast<int64_t>(task.incomplete.size()), at_once = predictions_at_once(source, task.settings);
  for (int64_t first = 0; first < count; first += at_once) {
    const int64_t here = std::min(at_once, count - first);
    const Tensor ids = at::empty({here}, at::TensorOptions(at::kLong));
    std::copy_n(task.incomplete.begin() + first, here, ids.data_ptr<int64_t>());
    const Batch batch = source.batch(Part::test, ids, rng);
    const Tensor missing = batch.x.isnan();
    take(predict(model, source, without_values(source, batch, missing), {.where = missing, .levels = task.levels},
                 task.settings, rng),
         batch, task);
  }
}

void tell_rows_without_weights(const Imputation& task) {
  if (const size_t count = task.without_weights.size(); count > 0)
    print_line(
        {{"note",
          fmt::format(
              "row{} {}: the model gives what is observed there a log-density that is not finite, so that nothing "
              "follows for the rest: what is missing stays missing",
              count == 1 ? "" : "s", join(task.without_weights))}});
}

/// A number where the column holds numbers; else as the file would have it.
Json value_of(const ImputedRows& rows, size_t column, double value) {
  const formats::TableColumn& c = rows.columns[column];
  if (c.kind == "number") return value + c.origin;
  return imputed_field(rows, column, value);
}

/// `text` is how the file would have it, of value and of interval.
Json entry_of(const ImputedRows& rows, const ImputedEntry& e) {
  Json json = {{"row", e.row},
               {"column", rows.columns[e.column].name},
               {"value", value_of(rows, e.column, e.value)},
               {"text", imputed_field(rows, e.column, e.value)},
               {"ess", rows.ess[static_cast<size_t>(e.row)]},
               {"pareto_k", rows.pareto_k[static_cast<size_t>(e.row)]},
               {"trusted", rows.is_trusted(e.row)}};
  if (!std::isnan(e.probability)) json["probability"] = e.probability;
  if (std::isnan(e.low)) return json;
  json["low"] = value_of(rows, e.column, e.low);
  json["high"] = value_of(rows, e.column, e.high);
  json["interval"] = imputed_field(rows, e.column, e.low) + " to " + imputed_field(rows, e.column, e.high);
  return json;
}

Json answer_about(const ImputedRows& rows) {
  Json json = {{"file", rows.source},
               {"rows", rows.rows},
               {"incomplete", rows.incomplete_rows()},
               {"imputed", rows.entries.size()},
               {"samples", rows.samples},
               {"seed", rows.seed},
               {"coverage", rows.coverage},
               {"not_trusted", rows.not_trusted_rows()},
               {"heavy_tail", rows.heavy_tail_rows()},
               {"columns", Json::object()},
               {"first", Json::array()}};
  for (const ImputedEntry& e : rows.entries) {
    Json& count = json["columns"][rows.columns[e.column].name];
    count = (count.is_null() ? 0 : count.get<int64_t>()) + 1;
  }
  for (size_t i = 0; i < std::min(entries_shown, rows.entries.size()); ++i)
    json["first"].push_back(entry_of(rows, rows.entries[i]));
  return json;
}

}  // namespace

int impute(const Words& words) {
  const Json request = Json::parse(read_file(words[0]));
  const fs::path folder = request.at("folder").get<std::string>();
  use_processor(read_run(folder).train);
  if (request.contains("out")) check_applied_suffix(request.at("out").get<std::string>());
  Imputation task = imputation_of(request);
  prepare(task, request);
  complete_rows_of(task);
  tell_rows_without_weights(task);
  print_line({{"imputed", answer_about(task.rows)}});
  if (request.contains("out"))
    for (const fs::path& file : write_imputed(request.at("out").get<std::string>(), task.rows))
      print_line({{"wrote", file.string()}});
  return 0;
}

}  // namespace elbo::host::worker
