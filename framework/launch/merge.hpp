// results.h5 of an experiment's folder.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace elbo::launch {

struct Merged {
  size_t done = 0;
  std::vector<std::string> failed, missing;  // folders of runs
};

/// Writes <folder>/results.h5 from plan.json and the runs that are done: the same file whenever and however often it
/// is called. Throws UserError when the folder holds no plan.
Merged merge_results(const std::filesystem::path& folder);

}  // namespace elbo::launch
