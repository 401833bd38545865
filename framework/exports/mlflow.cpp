// MLflow's file store: a folder for each experiment and within it one for each run; a file for each parameter, tag and metric (mlflow.org, "Tracking").
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <ctime>
#include <limits>
#include <optional>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/value_json.hpp"
#include "experiment/known_options.hpp"
#include "exports/exports.hpp"
#include "log/series.hpp"
#include "metrics/metrics.hpp"
#include "plan/run.hpp"

namespace elbo::host::exports {
namespace fs = std::filesystem;
namespace {

constexpr size_t id_length = 32;                                    // hexadecimal digits, as a UUID has
constexpr uint64_t smallest_id = 1e17;                              // ids of experiments are numbers of 18 digits
constexpr size_t longest_value = 6000;                              // characters of a parameter that MLflow takes
constexpr int64_t local_source = 4;                                 // SourceType.LOCAL
enum Status { running = 1, finished = 3, failed = 4, killed = 5 };  // RunStatus

std::string experiment_id(const std::string& name) {
  const uint64_t hash = std::stoull(sha256(name).substr(0, 15), nullptr, 16);
  return std::to_string(smallest_id + hash % (9 * smallest_id));
}

/// JSON texts are YAML as well.
std::string yaml(const nlohmann::ordered_json& fields) {
  std::string text;
  for (const auto& [key, value] : fields.items())
    text += key + ": " + value.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  return text;
}

/// "file:///a%20b"
std::string uri_of(const fs::path& path) {
  std::string uri = "file://";
  for (const char c : fs::absolute(path).lexically_normal().string()) {
    const bool is_plain =
        std::isalnum(static_cast<unsigned char>(c)) || std::string_view("/-_.~").find(c) != std::string_view::npos;
    uri += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

/// Milliseconds since 1970; 0 for a text that is no time.
int64_t milliseconds(const std::string& utc) {
  std::tm time{};
  return ::strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%SZ", &time) ? int64_t{::timegm(&time)} * 1000 : 0;
}

/// What the log says of its run; one of a program that wrote no plan has its title alone.
struct Described {
  std::optional<Run> run;
  std::string experiment, name, id;
};

Described described(const h5::File& log) {
  const std::string title = log.attribute("/", "title");
  try {
    Run run = parse_run(log.text("/config/plan_json"), log.path().string());
    Described d{{}, run.experiment, run.folder(), sha256("run " + run.id()).substr(0, id_length)};
    d.run = std::move(run);
    return d;
  } catch (const Error&) {
    return {{}, "elbo", title, sha256("log " + title).substr(0, id_length)};
  }
}

class RunStore {
 public:
  RunStore(fs::path folder, int64_t start) : folder_(std::move(folder)), start_(start) {}

  void param(const std::string& name, const nlohmann::ordered_json& value) const {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    put("params/" + name, text.substr(0, longest_value));
  }
  void tag(const std::string& name, const std::string& value) const { put("tags/" + name, value); }
  void artifact(const std::string& name, const std::string& content) const { put("artifacts/" + name, content); }

  /// Lines "time value step" of the values that are finite; nothing without any.
  void metric(const std::string& name, const std::vector<double>& values, const std::vector<int64_t>& steps,
              const std::vector<double>& seconds) const {
    std::string lines;
    for (size_t i = 0; i < values.size(); ++i)
      if (std::isfinite(values[i]))
        lines += fmt::format("{} {} {}\n", start_ + std::llround(1000 * seconds[i]), values[i], steps[i]);
    if (!lines.empty()) put("metrics/" + name, lines);
  }

 private:
  void put(const std::string& name, const std::string& content) const {
    fs::create_directories((folder_ / name).parent_path());
    write_atomically(folder_ / name, content);
  }

  fs::path folder_;
  int64_t start_;
};

void add_params(const Run& run, const RunStore& store) {
  store.param("variant", run.variant);
  store.param("seed", run.seed);
  store.param("latent_dim", run.latent_dim);
  for_each_library(run, [&](const std::string& kind, const PluginChoice& choice) {
    const std::string part = &choice == &run.likelihood || kind != "likelihood" ? kind : kind + "." + choice.name;
    store.param(part + ".plugin", choice.name);
    for (const Setting& setting : choice.settings) store.param(part + "." + setting.name, to_json(setting.value));
  });
  for_each_section(run, [&](const char* name, const auto& config) {
    for (const Setting& setting : known_options<std::decay_t<decltype(config)>>().settings(config))
      store.param(section_title(name) + "." + setting.name, to_json(setting.value));
  });
}

/// Of /train and /test, at the seconds of training that had passed. Returns how many there were in all.
double add_series(const h5::File& log, const RunStore& store) {
  std::vector<double> passed = {0};  // after so many epochs
  for (const char* pass : {"train", "test"}) {
    const std::string group = std::string("/") + pass;
    const h5::Dataset coordinate = log.dataset(group + "/epoch");
    const auto epochs = coordinate.read<int64_t>(0, log::rows_until(coordinate, std::numeric_limits<int64_t>::max()));
    const std::string times = group + "/" + metrics::epoch_seconds.name;
    if (log.has(times))
      for (const double seconds : log.dataset(times).read<double>(0, epochs.size()))
        passed.push_back(passed.back() + (std::isfinite(seconds) ? seconds : 0));
    std::vector<double> at;
    for (const int64_t epoch : epochs)
      at.push_back(passed[std::clamp<size_t>(static_cast<size_t>(std::max<int64_t>(0, epoch)), 0, passed.size() - 1)]);
    for (const std::string& name : log.names(group)) {
      const h5::Dataset column = log.dataset(group + "/" + name);
      if (name == "epoch" || !column.grows() || column.row_size() != 1) continue;
      store.metric(std::string(pass) + "/" + name, column.read<double>(0, epochs.size()), epochs, at);
    }
  }
  return passed.back();
}

void add_summary(const h5::File& log, const RunStore& store, double seconds) {
  if (!log.has("/summary")) return;
  for (const std::string& name : log.names("/summary")) {
    const std::string path = "/summary/" + name;
    if (!log.is_text(path)) store.metric("summary/" + name, {log.number(path)}, {0}, {seconds});
  }
}

void add_artifacts(const h5::File& log, const fs::path& files, const RunStore& store) {
  for (const char* text : {"experiment_toml", "plan_json"})
    if (const std::string path = std::string("/config/") + text; log.has(path))
      store.artifact(text == std::string("plan_json") ? "plan.json" : "experiment.toml", log.text(path));
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(files, unreadable))
    if (entry.path().extension() == ".png" && entry.is_regular_file(unreadable))
      store.artifact(entry.path().filename().string(), read_file(entry.path()));
}

Status status_of(const std::string& status) {
  if (status == log::completed) return finished;
  if (status == "stopped") return killed;
  return status.starts_with("failed") ? failed : running;
}

/// Where it is not there yet.
void describe_experiment(const fs::path& folder, const std::string& id, const std::string& name, int64_t start) {
  if (fs::exists(folder / "meta.yaml")) return;
  write_atomically(folder / "meta.yaml", yaml({{"artifact_location", uri_of(folder)},
                                               {"creation_time", start},
                                               {"experiment_id", id},
                                               {"last_update_time", start},
                                               {"lifecycle_stage", "active"},
                                               {"name", name}}));
}

}  // namespace

void write_mlflow(const h5::File& log, const fs::path& store, const fs::path& files) {
  const Described what = described(log);
  const std::string experiment = experiment_id(what.experiment);
  const fs::path folder = store / experiment / what.id;
  const int64_t start = milliseconds(log.attribute("/provenance", "started_at"));
  for (const char* part : {"params", "metrics", "tags", "artifacts"}) fs::create_directories(folder / part);
  describe_experiment(store / experiment, experiment, what.experiment, start);
  const RunStore run(folder, start);
  if (what.run) add_params(*what.run, run);
  const double seconds = add_series(log, run);
  add_summary(log, run, seconds);
  add_artifacts(log, files, run);
  run.tag("mlflow.runName", what.name);
  run.tag("mlflow.source.type", "LOCAL");
  run.tag("mlflow.source.name", "elbo " + log.attribute("/provenance", "elbo"));
  if (what.run && !what.run->description.empty()) run.tag("mlflow.note.content", what.run->description);
  const Status status = status_of(log.attribute("/", "status"));
  const nlohmann::ordered_json end =
      status == running ? nlohmann::ordered_json() : nlohmann::ordered_json(start + std::llround(1000 * seconds));
  write_atomically(folder / "meta.yaml", yaml({{"artifact_uri", uri_of(folder / "artifacts")},
                                               {"end_time", end},
                                               {"entry_point_name", ""},
                                               {"experiment_id", experiment},
                                               {"lifecycle_stage", "active"},
                                               {"run_id", what.id},
                                               {"run_name", what.name},
                                               {"run_uuid", what.id},
                                               {"source_name", ""},
                                               {"source_type", local_source},
                                               {"source_version", ""},
                                               {"start_time", start},
                                               {"status", int{status}},
                                               {"tags", nlohmann::ordered_json::array()},
                                               {"user_id", "elbo"}}));
}

}  // namespace elbo::host::exports
