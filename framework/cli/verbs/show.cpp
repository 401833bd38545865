// elbo show, export and report: results for people and for other programs.
#include <fmt/format.h>

#include <langinfo.h>
#include <unistd.h>
#include <clocale>
#include <cstdlib>
#include <cstring>

#include <elbo/error.hpp>

#include "base/display.hpp"
#include "base/files.hpp"
#include "base/paths.hpp"
#include "base/process.hpp"
#include "cli/arguments.hpp"
#include "cli/finished_runs.hpp"
#include "cli/output.hpp"
#include "cli/trust.hpp"
#include "exports/exports.hpp"
#include "log/collapse.hpp"
#include "log/layout.hpp"
#include "log/run_log.hpp"
#include "log/upkeep/writer_lock.hpp"
#include "page/page.hpp"
#include "plan/run.hpp"
#include "report/remarks.hpp"
#include "report/results/read_runs.hpp"
#include "report/results/verification.hpp"
#include "report/run_text.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
using Json = nlohmann::ordered_json;
namespace {

constexpr const char* show_help =
    "elbo show LOG\n"
    "Prints one run, finished or not: its numbers with their units, its curves, and on a terminal with colours its "
    "pictures.\n"
    "  LOG   the log.h5 of a run, or its folder\n";

fs::path log_in(const fs::path& given) {
  if (!fs::is_directory(given)) return given;
  return fs::exists(given / "log.h5") ? given / "log.h5" : given / "log.h5.partial";
}

report::Terminal terminal() {
  std::setlocale(LC_CTYPE, "");
  const bool tty = isatty(STDOUT_FILENO), utf8 = std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
  const char *term = std::getenv("TERM"), *no_colour = std::getenv("NO_COLOR");
  const bool colours = tty && utf8 && !(no_colour && *no_colour) && term && std::strcmp(term, "dumb") != 0;
  return {.width = terminal_width(STDOUT_FILENO, 100), .utf8 = utf8, .colours = colours};
}

// elbo export LOG

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
    "                     needs the weights beside the log\n";

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

// elbo report DIR

constexpr const char* report_help =
    "elbo report DIR [-o FILE]\n"
    "Writes one HTML page of all results in a folder: the ranking in words, curves, differences, latents, pictures. It "
    "needs\n"
    "no network and no other file. elbo run does so by itself.\n"
    "  -o, --output FILE   default: DIR/report.html\n";

int show(const Arguments& arguments) {
  const auto given = read_folder_words("show", show_help, arguments);
  if (!given) return 0;
  const fs::path log = log_in(folder_of("show", *given));
  print("{}", log::while_written(log, [&] { return report::run_text(log::open_log(log), terminal()); }));
  const report::RunOutcome run = report::read_run(log);
  if (report::has_collapsed(run))
    print("\ncollapsed: the latents say nothing of the data; {}\n", log::against_collapse);
  const auto why = run.summary->values.empty() ? std::nullopt : report::why_not_ranked(run);
  if (!why) return 0;
  print("\nnot ranked: {}: {}\n", why->code, why->words);
  return 1;
}

int export_log(const Arguments& arguments) {
  Options own;
  for (const char* option : {"log", "csv", "npz", "tensorboard", "torchscript"})
    own.add_options()(option, po::value<std::string>());
  add_trust_option(own);
  const auto words = read_words("export", std::string(export_help) + trust_help, arguments, own, "log", 1);
  if (!words) return 0;
  const ParsedArguments& given = *words;
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
    log::while_written(path, [&] { exports::write_npz(log::open_log(path), file, run); });
    print("{}\n", file.string());
  }
  for (const auto& [name, write] : formats) {
    if (!given.count(name)) continue;
    log::while_written(path, [&] { write(log::open_log(path), place(name)); });
    print("{}\n", place(name).string());
    any = true;
  }
  if (given.count("torchscript")) write_torchscript(path, place("torchscript"), given), any = true;
  if (!any) throw UserError("elbo export: no format is named; expected --csv, --npz, --tensorboard or --torchscript");
  return 0;
}

int report(const Arguments& arguments) {
  Options own;
  own.add_options()("output,o", po::value<std::string>());
  const auto given = read_folder_words("report", report_help, arguments, own);
  if (!given) return 0;
  const fs::path folder = folder_of("report", *given);
  const fs::path file =
      given->count("output") ? fs::path((*given)["output"].as<std::string>()) : folder / "report.html";
  page::write_report(folder, file, ELBO_VERSION);
  print("{}\n", file.string());
  return 0;
}

}  // namespace

std::vector<Verb> verbs_of_show() {
  return {
      {"report", "DIR", "one HTML page of all results in a folder", report, 60},
      {"show", "LOG", "one run: its numbers, its curves, its pictures", show, 70},
      {"export", "LOG", "a log as CSV, NumPy, TensorBoard or TorchScript files", export_log, 80},
  };
}

}  // namespace elbo::host::cli
