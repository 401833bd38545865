// elbo status DIR
#include "launch/status_text.hpp"

#include <fmt/core.h>

#include <elbo/error.hpp>

#include "cli/folder_arguments.hpp"

namespace elbo::cli {
namespace {

constexpr size_t most_lines = 20;

constexpr const char* status_help =
    "elbo status DIR [--json]\n"
    "How far the experiment in a folder has come, from its files alone: at any time, on any computer that sees them.\n"
    "  --json   every run, for programs\n";

}  // namespace

int status(const Arguments& arguments) {
  boost::program_options::options_description own;
  own.add_options()("json", "");
  const auto given = read_folder_arguments("status", status_help, arguments, own);
  if (!given) return 0;
  const launch::ExperimentStatus status = launch::read_status(folder_of("status", *given));
  fmt::print("{}", given->count("json") ? launch::status_json(status) : launch::status_text(status, most_lines));
  return 0;
}

}  // namespace elbo::cli
