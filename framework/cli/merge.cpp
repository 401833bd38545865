// elbo merge DIR
#include "launch/merge.hpp"

#include <fmt/core.h>

#include "cli/folder_arguments.hpp"

namespace elbo::cli {
namespace {

constexpr int incomplete = 4;

constexpr const char* merge_help =
    "elbo merge DIR\n"
    "Writes DIR/results.h5: the summary of every run of the plan and a link to each log. elbo run does so by itself.\n"
    "The exit code is 4 when runs are missing or failed; they are listed, here and in the file.\n";

void print_first(const char* what, const std::vector<std::string>& runs) {
  constexpr size_t most_lines = 20;
  for (size_t i = 0; i < std::min(runs.size(), most_lines); ++i) fmt::print("  {}: {}\n", what, runs[i]);
  if (runs.size() > most_lines) fmt::print("  ... and {} more {}\n", runs.size() - most_lines, what);
}

}  // namespace

int merge(const Arguments& arguments) {
  const auto given = read_folder_arguments("merge", merge_help, arguments);
  if (!given) return 0;
  const auto folder = folder_of("merge", *given);
  const launch::Merged merged = launch::merge_results(folder);
  fmt::print("{}: {} done, {} failed, {} missing\n", (folder / "results.h5").string(), merged.done,
             merged.failed.size(), merged.missing.size());
  print_first("failed", merged.failed);
  print_first("missing", merged.missing);
  return merged.failed.empty() && merged.missing.empty() ? 0 : incomplete;
}

}  // namespace elbo::cli
