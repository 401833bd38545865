// elbo show LOG
#include <fmt/format.h>
#include <langinfo.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <cstring>

#include "base/display.hpp"
#include "cli/folder_arguments.hpp"
#include "log/collapse.hpp"
#include "log/layout.hpp"
#include "report/collapse.hpp"
#include "report/read_runs.hpp"
#include "report/run_text.hpp"
#include "report/verification.hpp"

namespace elbo::cli {
namespace fs = std::filesystem;
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

}  // namespace

int show(const Arguments& arguments) {
  const auto given = read_folder_arguments("show", show_help, arguments);
  if (!given) return 0;
  const fs::path log = log_in(folder_of("show", *given));
  fmt::print("{}", report::run_text(log::open_log(log), terminal()));
  const report::RunOutcome run = report::read_run(log);
  if (report::has_collapsed(run))
    fmt::print("\ncollapsed: the latents say nothing of the data; {}\n", log::against_collapse);
  const auto why = run.summary->values.empty() ? std::nullopt : report::why_not_ranked(run);
  if (!why) return 0;
  fmt::print("\nnot ranked: {}: {}\n", why->code, why->words);
  return 1;
}

}  // namespace elbo::cli
