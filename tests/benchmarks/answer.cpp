// elbo bench answer: the quickstart from its first moment to its page, where the time goes, and the same experiment by hand in Python.
#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>

#include <elbo/error.hpp>

#include "base/paths.hpp"
#include "benchmarks/benchmarks.hpp"
#include "benchmarks/scratch.hpp"
#include "log/layout.hpp"

namespace elbo::host::bench {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::map<std::string, double>;  // of each part

const std::vector<std::string> parts = {"start", "data", "training", "evaluation", "comparison and page", "total"};
constexpr const char* quickstart = "experiments/quickstart.toml";
constexpr const char* by_hand = "tests/benchmarks/peers/answer_in_python.py";

struct Line {
  double at;  // seconds since the command was started
  std::string text;
};

/// What a command prints, with the time of each line. Throws Error where it fails.
std::vector<Line> lines_of(const std::string& command) {
  const auto start = Clock::now();
  std::vector<Line> lines;
  std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (!pipe) throw Error("elbo bench answer: " + command + ": cannot be started");
  char buffer[4096];
  while (std::fgets(buffer, sizeof buffer, pipe)) {
    const std::string text = buffer;
    lines.push_back({std::chrono::duration<double>(Clock::now() - start).count(), text.substr(0, text.find('\n'))});
  }
  const int status = ::pclose(pipe);
  lines.push_back({std::chrono::duration<double>(Clock::now() - start).count(), ""});
  if (status != 0)
    throw Error(fmt::format("elbo bench answer: {}: failed: {}", command,
                            lines.size() > 1 ? lines[lines.size() - 2].text : ""));
  return lines;
}

double training_seconds(const fs::path& folder) {
  double sum = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().filename() == "log.h5") sum += log::open_log(entry.path()).number("/summary/train_seconds");
  return sum;
}

/// Runs at once are added up, so that the parts may be more than the total.
Seconds seconds_of_elbo() {
  const Scratch scratch;
  const std::string command =
      fmt::format("'{}' run {} --set evaluate.importance_samples=100 --out '{}'", (program_folder() / "elbo").string(),
                  quickstart, (scratch.folder / "out").string());
  std::map<std::string, double> started, evaluating;
  double first = -1, last = 0, before_evaluation = 0, evaluation = 0;
  const std::vector<Line> lines = lines_of(command);
  for (const auto& [at, text] : lines) {
    const std::string run = text.substr(0, text.find(": "));
    if (text.ends_with(": started")) {
      started[run] = at;
      if (first < 0) first = at;
    } else if (text.find(": evaluating") != std::string::npos && !evaluating.count(run)) {
      evaluating[run] = at;
      before_evaluation += at - started[run];
    } else if (text.find(": done in ") != std::string::npos) {
      evaluation += at - evaluating[run];
      last = at;
    }
  }
  const double training = training_seconds(scratch.folder), total = lines.back().at;
  return {{"start", first},           {"data", before_evaluation - training}, {"training", training},
          {"evaluation", evaluation}, {"comparison and page", total - last},  {"total", total}};
}

/// Its last line is a JSON object of the parts.
Seconds seconds_of_python() {
  const std::vector<Line> lines = lines_of(std::string("/usr/bin/python3 ") + by_hand);
  const Json said = Json::parse(lines.size() > 1 ? lines[lines.size() - 2].text : "", nullptr, false);
  if (!said.is_object()) throw Error(std::string(by_hand) + ": its last line is not JSON");
  Seconds all;
  for (const auto& [part, seconds] : said.items()) all[part] = seconds.get<double>();
  all["total"] = lines.back().at;
  return all;
}

}  // namespace

void answer(const Request& request) {
  for (const char* file : {quickstart, by_hand})
    if (!fs::exists(file))
      throw UserError(
          fmt::format("elbo bench answer: there is no {} here; start it in the folder of elbo's sources", file));
  for (const char* name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"})
    ::unsetenv(name);  // each as it is typed
  const bool has_python = std::system("/usr/bin/python3 -c 'import torch, scipy' > /dev/null 2>&1") == 0;
  if (!has_python) fmt::print(stderr, "without Python: python3-torch and python3-scipy are not installed\n");
  std::map<std::string, std::vector<double>> ours, theirs;
  for (int64_t round = 0; round < request.settings.repetitions; ++round) {
    for (const auto& [part, seconds] : seconds_of_elbo()) ours[part].push_back(seconds);
    if (!has_python) continue;
    for (const auto& [part, seconds] : seconds_of_python()) theirs[part].push_back(seconds);
  }
  Json rows = Json::array();
  for (const std::string& part : parts) {
    Json row = {{"part", part}, {"elbo", median(ours[part])}};
    if (const auto found = theirs.find(part); found != theirs.end()) {
      row["python"] = median(found->second);
      std::vector<double> ratios;
      for (size_t r = 0; r < found->second.size(); ++r) ratios.push_back(found->second[r] / ours[part][r]);
      if (part == "total" || part == "training" || part == "evaluation") row["ratio"] = median(ratios);
    }
    rows.push_back(row);
  }
  write(request.format, {{"benchmark", "answer"}}, conditions(request.unset), rows,
        {{"part", "part", "", 0},
         {"elbo", "elbo", "s", 1},
         {"python", "by hand in Python", "s", 1},
         {"ratio", "Python / elbo", "times", 2}});
}

}  // namespace elbo::host::bench
