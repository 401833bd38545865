// How the runs of an experiment get on, for programs: one JSON object a line, at each change.
#pragma once
#include <filesystem>
#include <map>
#include <ostream>
#include <string>

#include "launch/status.hpp"

namespace elbo::host::launch {

class JsonWatch {
 public:
  /// Throws as read_planned() does.
  JsonWatch(std::filesystem::path folder, std::ostream& out);
  /// Looks at the files of every run that had not ended, and writes a line for each that has changed; at first one for every run. False when all
  /// have ended: then the last line says so.
  bool look();

 private:
  void read_plan_again();

  std::filesystem::path folder_;
  std::ostream& out_;
  std::filesystem::file_time_type plan_time_{};  // a plan grows by seeds until decided
  PlannedExperiment experiment_;
  std::map<std::string, std::string> written_;  // the last line of each run, by its folder
  std::map<std::string, Phase> phases_;         // likewise
};

}  // namespace elbo::host::launch
