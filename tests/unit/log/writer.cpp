// Writes a log as a run does, in a process of its own that tests can watch and kill. Says "flushed N" after each flush.
//   log_writer FILE EPOCHS [PAUSE_MS]
//   log_writer --results FILE                  results of two runs instead, one of which failed
//   log_writer --resume FILE EPOCH EPOCHS      keeps rows up to EPOCH, goes on to EPOCHS
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include <elbo/error.hpp>

#include "example.hpp"
#include "log/upkeep/merged.hpp"

using namespace elbo::host::log;

namespace {

void write(RunLog& log, int64_t first, int64_t last, std::chrono::milliseconds pause) {
  for (int64_t epoch = first; epoch <= last; ++epoch) {
    example::write_epoch(log, epoch, example::layout());
    std::printf("flushed %ld\n", static_cast<long>(epoch));
    std::fflush(stdout);
    std::this_thread::sleep_for(pause);
  }
  example::finish(log);
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "--results") {
    const RunSummary summary{.title = "",
                             .status = "completed",
                             .plan_json = "",
                             .values = {{"elbo", -1.5}},
                             .texts = {{"measure", "mass on {0,1}"}}};
    const MergedRun done{"short", "0a", "short-seed1-0a", 1, "done", "", "", summary},
        failed{"a longer name, café", "0b", "longer-seed1-0b", 1, "failed", "no room", "", {}};
    write_merged(words[1], "an experiment", {done, failed});
    return 0;
  }
  if (words.size() == 4 && words[0] == "--resume") {
    const int64_t epoch = std::stol(words[2]);
    RunLog log = RunLog::resume(words[1], example::layout(), example::after(epoch));
    write(log, epoch + 1, std::stol(words[3]), std::chrono::milliseconds(0));
    return 0;
  }
  RunLog log = RunLog::create(words.at(0), example::layout());
  write(log, 1, std::stol(words.at(1)), std::chrono::milliseconds(words.size() > 2 ? std::stol(words[2]) : 0));
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "log_writer: %s\n", error.what());
  return 1;
}
