// results.h5 of an experiment: the summaries of all its runs in one file, and links to their logs.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "log/layout.hpp"

namespace elbo::host::log {

struct MergedRun {
  std::string variant, id, folder;  // the folder beside results.h5 that holds log.h5
  int64_t seed = 0;
  std::string state;                  // "done", "failed", "missing"
  std::string failure;                // of failed ones
  std::string not_ranked{};           // why one that is done stands in no ranking
  std::optional<RunSummary> summary;  // of those that are done
};

/// Writes the file, in the order given and whole or not at all. The same runs give the same bytes. Throws Error.
void write_merged(const std::filesystem::path& file, const std::string& experiment, const std::vector<MergedRun>& runs);

}  // namespace elbo::host::log
