// elbo export LOG
#include <fmt/format.h>

#include <elbo/error.hpp>

#include "base/paths.hpp"
#include "base/process.hpp"
#include "cli/words.hpp"
#include "exports/exports.hpp"
#include "log/layout.hpp"
#include "log/run_log.hpp"
#include "plan/run.hpp"
#include "report/read_runs.hpp"
#include "report/verification.hpp"

namespace elbo::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
using Json = nlohmann::ordered_json;
namespace {

constexpr std::chrono::minutes longest_tracing(5);

constexpr const char* export_help =
    "elbo export LOG [--csv DIR] [--npz FILE] [--tensorboard DIR] [--torchscript DIR]\n"
    "Writes a log in the formats of other programs; several at once if you like. Each run has a folder of its own in "
    "DIR, named\n"
    "as the run's folder is, so that one DIR can hold many.\n"
    "  LOG                the log.h5 of a run, finished or not\n"
    "  --csv DIR          a table for each group, units in the headings\n"
    "  --npz FILE         every array by its name in the log, for numpy.load\n"
    "  --tensorboard DIR  an event file: curves, histograms of KL per latent dimension, pictures\n"
    "  --torchscript DIR  encoder.pt, decoder.pt and mean.pt as programs that torch.jit.load runs;\n"
    "                     needs weights.pt beside the log\n";

po::variables_map read_export_words(const Arguments& arguments) {
  po::options_description own;
  own.add_options()("log", po::value<std::string>())("csv", po::value<std::string>())("npz", po::value<std::string>())(
      "tensorboard", po::value<std::string>())("torchscript", po::value<std::string>())("help", "");
  return read_words("export", arguments, own, "log", 1);
}

/// Logs of different runs have different names: variant, seed and id. A log of another program has that of its file.
std::string name_of_run(const fs::path& path) {
  try {
    return run_from_json(Json::parse(log::read_summary(path).plan_json)).folder();
  } catch (const std::exception&) {
    return path.stem().string();
  }
}

/// The worker has torch; it says what it wrote, or why not.
void write_torchscript(const fs::path& log, const fs::path& folder) {
  const fs::path run = fs::absolute(log).parent_path();
  for (const char* file : {"run.json", "weights.pt"})
    if (!fs::exists(run / file))
      throw UserError(fmt::format("{}: there is no {} beside it; expected the folder that a finished run leaves",
                                  log.string(), file));
  fs::create_directories(folder);
  const Ended worker = run_to_end(
      {worker_program().string(), "torchscript", run.string(), fs::absolute(folder).string()}, longest_tracing);
  if (worker.status != 0) throw Error(worker.err.substr(0, worker.err.find('\n')));
  fmt::print("{}", worker.out);
}

/// Tables of numbers that contradict each other would carry the contradiction on.
void must_not_contradict_itself(const fs::path& log) {
  const report::RunOutcome run = report::read_run(log);
  if (const auto why = report::contradiction(run))
    throw Error(fmt::format("{}: {}: {}", log.string(), why->code, why->words));
}

}  // namespace

int export_log(const Arguments& arguments) {
  const auto given = read_export_words(arguments);
  if (given.count("help")) return fmt::print("{}", export_help), 0;
  if (!given.count("log")) throw UserError("elbo export: no log is named; expected the log.h5 of a run");
  const fs::path path = given["log"].as<std::string>();
  const std::vector<std::pair<const char*, void (*)(const h5::File&, const fs::path&)>> formats = {
      {"csv", exports::write_csv}, {"tensorboard", exports::write_tensorboard}};
  const std::string run = name_of_run(path);
  const auto place = [&](const char* format) { return fs::path(given[format].as<std::string>()) / run; };
  must_not_contradict_itself(path);
  bool any = given.count("npz") > 0;
  if (any) {
    const fs::path file = given["npz"].as<std::string>();
    exports::write_npz(log::open_log(path), file, run);
    fmt::print("{}\n", file.string());
  }
  for (const auto& [name, write] : formats) {
    if (!given.count(name)) continue;
    write(log::open_log(path), place(name));
    fmt::print("{}\n", place(name).string());
    any = true;
  }
  if (given.count("torchscript")) write_torchscript(path, place("torchscript")), any = true;
  if (!any) throw UserError("elbo export: no format is named; expected --csv, --npz, --tensorboard or --torchscript");
  return 0;
}

}  // namespace elbo::cli
