// elbo export: the logs of runs in the formats of other programs, once or as they grow.
#include <fmt/format.h>

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include <elbo/error.hpp>

#include "base/paths.hpp"
#include "base/process.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "cli/trust.hpp"
#include "exports/exports.hpp"
#include "launch/status.hpp"
#include "launch/workers.hpp"
#include "log/run_log.hpp"
#include "log/upkeep/writer_lock.hpp"
#include "plan/run.hpp"
#include "report/results/read_runs.hpp"
#include "report/results/verification.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
namespace {

constexpr std::chrono::minutes longest_tracing(5);
constexpr std::chrono::milliseconds between_exports(1000);

constexpr const char* export_help =
    "elbo export LOG... [--csv DIR] [--npz FILE] [--tensorboard DIR] [--mlflow DIR] [--torchscript DIR] [--follow]\n"
    "Writes logs in the formats of other programs; several at once if you like. Each run has a folder of its own in "
    "DIR, named\n"
    "as the run's folder is, after variant, seed and id, so that one DIR can hold many.\n"
    "  LOG                logs of runs, finished or not, or folders of results\n"
    "  --csv DIR          a table for each group, units in the headings\n"
    "  --npz FILE         every array of one log by its name in it, for numpy.load\n"
    "  --tensorboard DIR  event files: curves, histograms of KL per latent dimension, pictures; tensorboard --logdir "
    "DIR\n"
    "  --mlflow DIR       MLflow's file store: parameters, metrics, pictures; mlflow ui --backend-store-uri DIR\n"
    "  --torchscript DIR  encoder.pt, decoder.pt and mean.pt as programs that torch.jit.load runs;\n"
    "                     needs the weights beside the log\n"
    "  --follow           goes on, for TensorBoard and MLflow, with what the logs get until all runs have ended; "
    "Ctrl-C ends it\n";

/// Logs of different runs have different names: variant, seed and id. A log of another program has that of its file.
std::string name_of_run(const fs::path& path) {
  try {
    return parse_run(log::read_summary(path).plan_json, path.string()).folder();
  } catch (const std::exception&) {
    return path.stem().string();
  }
}

/// The worker has torch; it says what it wrote, or why not.
void write_torchscript(const fs::path& log, const fs::path& folder, const ParsedArguments& given) {
  const fs::path run = fs::absolute(log).parent_path();
  for (const char* file : {"run.json", weights_file})
    if (!fs::exists(run / file))
      throw UserError(fmt::format("{}: there is no {} beside it; expected the folder that a finished run leaves",
                                  log.string(), file));
  must_trust(read_run(run), run / "run.json", given);
  fs::create_directories(folder);
  const Ended worker = run_to_end(
      {worker_program().string(), "torchscript", run.string(), fs::absolute(folder).string()}, longest_tracing);
  if (worker.status != 0) throw Error(worker.err.substr(0, worker.err.find('\n')));
  print("{}", worker.out);
}

/// Tables of numbers that contradict each other would carry the contradiction on.
void must_not_contradict_itself(const fs::path& log) {
  const report::RunOutcome run = report::read_run(log);
  if (const auto why = report::contradiction(run))
    throw Error(fmt::format("{}: {}: {}", log.string(), why->code, why->words));
}

std::optional<fs::path> place_of(const ParsedArguments& given, const char* format) {
  if (!given.count(format)) return {};
  return fs::path(given[format].as<std::string>());
}

/// One log in every format that was named. Returns what was written.
std::vector<fs::path> write_formats(const fs::path& log, const ParsedArguments& given) {
  must_not_contradict_itself(log);
  const std::string run = name_of_run(log);
  std::vector<fs::path> written;
  const auto write = [&](const fs::path& place, const auto& format) {
    log::while_written(log, [&] { format(log::open_log(log)); });
    written.push_back(place);
  };
  if (const auto file = place_of(given, "npz"))
    write(*file, [&](const h5::File& opened) { exports::write_npz(opened, *file, run); });
  if (const auto folder = place_of(given, "csv"))
    write(*folder / run, [&](const h5::File& opened) { exports::write_csv(opened, *folder / run); });
  if (const auto folder = place_of(given, "tensorboard"))
    write(*folder / run, [&](const h5::File& opened) { exports::write_tensorboard(opened, *folder / run); });
  if (const auto store = place_of(given, "mlflow"))
    write(*store, [&](const h5::File& opened) { exports::write_mlflow(opened, *store, log.parent_path()); });
  if (const auto folder = place_of(given, "torchscript")) write_torchscript(log, *folder / run, given);
  return written;
}

/// A folder of results may have runs whose logs are still to come.
bool is_experiment(const fs::path& word) { return fs::exists(word / "plan.json"); }

bool goes_on(const std::vector<std::string>& words) {
  for (const std::string& word : words)
    if (is_experiment(word)) {
      const launch::ExperimentStatus status = launch::read_status(word);
      if (status.count(launch::Phase::done) + status.count(launch::Phase::failed) < status.runs.size()) return true;
    } else {
      for (const fs::path& log : report::logs_named({word}))
        if (log::is_being_written(log)) return true;
    }
  return false;
}

/// Exports logs that have changed since the last look.
class Follower {
 public:
  Follower(std::vector<std::string> words, const ParsedArguments& given) : words_(std::move(words)), given_(given) {}

  void look() {
    for (const std::string& word : words_)
      for (const fs::path& log : logs_of(word)) {
        std::error_code gone;
        const auto state = std::pair(fs::last_write_time(log, gone), fs::file_size(log, gone));
        if (gone || seen_[log.parent_path()] == state) continue;
        try {
          for (const fs::path& place : write_formats(log, given_))
            if (said_.insert(place).second) print("{}\n", place.string());
          seen_[log.parent_path()] = state;
          std::fflush(stdout);
        } catch (const Error& error) {
          if (!fs::exists(log)) continue;  // the run has ended, and its log has another name now
          if (dynamic_cast<const UserError*>(&error)) throw;
          if (said_.insert(error.what()).second) print_error("elbo: {}\n", error.what());
        }
      }
  }

 private:
  static std::vector<fs::path> logs_of(const std::string& word) {
    try {
      return report::logs_named({word});
    } catch (const UserError&) {
      if (!is_experiment(word)) throw;
      return {};
    }
  }

  std::vector<std::string> words_;
  const ParsedArguments& given_;
  std::map<fs::path, std::pair<fs::file_time_type, uintmax_t>> seen_;  // by the run's folder
  std::set<fs::path> said_;
};

int follow(const std::vector<std::string>& words, const ParsedArguments& given) {
  for (const char* once : {"csv", "npz", "torchscript"})
    if (given.count(once))
      throw UserError(fmt::format(
          "elbo export: --{} is written once; expected --tensorboard or --mlflow with --follow; leave one out", once));
  Follower follower(words, given);
  const launch::StopSignals stop;
  bool more = true;
  while (more && !stop.asked()) {
    more = goes_on(words);  // asked first: what a run writes last is exported, too
    follower.look();
    if (more && !stop.asked()) std::this_thread::sleep_for(between_exports);
  }
  return 0;
}

int export_logs(const Arguments& arguments) {
  Options own;
  for (const char* option : {"csv", "npz", "tensorboard", "mlflow", "torchscript"})
    own.add_options()(option, po::value<std::string>());
  own.add_options()("log", po::value<std::vector<std::string>>())("follow", "");
  add_trust_option(own);
  const auto words = read_words("export", std::string(export_help) + trust_help, arguments, own, "log");
  if (!words) return 0;
  const ParsedArguments& given = *words;
  const std::vector<std::string> named = texts_of(given, "log");
  if (named.empty())
    throw UserError("elbo export: no log is named; expected the log.h5 of a run, or a folder of results");
  if (given.count("csv") + given.count("npz") + given.count("tensorboard") + given.count("mlflow") +
          given.count("torchscript") ==
      0)
    throw UserError("elbo export: no format is named; expected --csv, --npz, --tensorboard, --mlflow or --torchscript");
  if (given.count("follow")) return follow(named, given);
  const std::vector<fs::path> logs = report::logs_named(named);
  if (given.count("npz") && logs.size() > 1)
    throw UserError(fmt::format(
        "elbo export: --npz names one file, and there are {} logs; expected one; name it, or use another format",
        logs.size()));
  std::set<fs::path> said;
  for (const fs::path& log : logs)
    for (const fs::path& place : write_formats(log, given))
      if (said.insert(place).second) print("{}\n", place.string());
  return 0;
}

}  // namespace

std::vector<Verb> verbs_of_export() {
  return {
      {"export", "LOG...", "logs as CSV, NumPy, TensorBoard, MLflow or TorchScript files", export_logs, 80},
  };
}

}  // namespace elbo::host::cli
