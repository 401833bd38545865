// What `elbo watch` shows: the runs of an experiment as their files change.
#pragma once
#include <optional>
#include <ostream>
#include <vector>

#include "launch/experiment_status.hpp"
#include "launch/progress.hpp"

namespace elbo::launch {

class LiveView {
 public:
  /// Says how things stand. Throws as read_planned() does.
  LiveView(const std::filesystem::path& folder, Progress::Style style, std::ostream& out,
           Progress::Surroundings surroundings);
  /// Looks at the files of every run that had not ended, and shows what has changed. False when all have ended.
  bool look();

 private:
  struct Watched {
    PlannedRun run;
    Phase phase = Phase::waiting;
    int64_t epoch = -1;
  };
  bool show(size_t index, const RunStatus& now);

  std::filesystem::path folder_;
  std::vector<Watched> watched_;
  std::optional<Progress> progress_;
};

}  // namespace elbo::launch
