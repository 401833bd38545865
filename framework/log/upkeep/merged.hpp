// results.h5 of an experiment: the summaries of all its runs in one file, and links to their logs.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
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

/// A setting of every run, in one type. A run that has no such setting has NaN, "", the least integer, or 255 in place of true (1) and false (0).
struct MergedSetting {
  std::string name;  // "train.optimizer.lr"
  std::variant<std::vector<uint8_t>, std::vector<int64_t>, std::vector<double>, std::vector<std::string>> values;
};

/// Writes the file, in the order given and whole or not at all. The same runs give the same bytes. Throws Error.
void write_merged(const std::filesystem::path& file, const std::string& experiment, const std::vector<MergedRun>& runs,
                  const std::vector<MergedSetting>& settings = {});

}  // namespace elbo::host::log
