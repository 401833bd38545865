#include "launch/batch.hpp"

#include <algorithm>
#include <sstream>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/text.hpp"

namespace elbo::launch {
namespace fs = std::filesystem;

size_t Batch::tasks(int64_t items_per_task) const {
  const auto m = static_cast<size_t>(items_per_task);
  return (runs.size() + m - 1) / m;
}

Batch Batch::of_task(size_t task, int64_t items_per_task) const {
  const size_t m = static_cast<size_t>(items_per_task), first = std::min(runs.size(), task * m);
  const auto begin = runs.begin() + static_cast<std::ptrdiff_t>(first);
  return {experiment, file, {begin, begin + static_cast<std::ptrdiff_t>(std::min(m, runs.size() - first))}};
}

Batch write_batch(const fs::path& experiment, const std::vector<std::string>& runs) {
  const fs::path folder = fs::absolute(experiment).lexically_normal() / "batches";
  fs::create_directories(folder);
  int number = 1;
  while (fs::exists(folder / ("batch-" + std::to_string(number) + ".txt"))) ++number;
  Batch batch{folder.parent_path(), folder / ("batch-" + std::to_string(number) + ".txt"), runs};
  write_atomically(batch.file, join(runs, "\n") + "\n");
  return batch;
}

Batch read_batch(const fs::path& file) {
  Batch batch{file.parent_path().parent_path(), file, {}};
  std::istringstream lines(read_file(file));
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) batch.runs.push_back(line);
  return batch;
}

}  // namespace elbo::launch
