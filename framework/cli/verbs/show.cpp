// elbo show and report: results for people.
#include <fmt/format.h>

#include <langinfo.h>
#include <unistd.h>
#include <clocale>
#include <cstdlib>
#include <cstring>

#include <elbo/error.hpp>

#include "base/display.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "log/collapse.hpp"
#include "log/layout.hpp"
#include "log/upkeep/writer_lock.hpp"
#include "page/page.hpp"
#include "report/remarks.hpp"
#include "report/results/read_runs.hpp"
#include "report/results/verification.hpp"
#include "report/run_text.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
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
  };
}

}  // namespace elbo::host::cli
