// elbo bench: hands over to elbo-bench, which loads libtorch and the plugins; this program does not.
#include <fmt/format.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <elbo/error.hpp>

#include "base/cpu_code.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "cli/output.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
namespace {

constexpr const char* bench_help =
    "elbo bench likelihoods [--filter TEXT] [--json | --csv] [--min-time SECONDS] [--repetitions N]\n"
    "    each likelihood: time for a value of x, memory moved, error of float32, beside the textbook's formula\n"
    "elbo bench step [--filter TEXT] [--json | --csv] [--min-time SECONDS] [--repetitions N]\n"
    "    one training step: against its matrix products alone, and against the same model in plain libtorch\n"
    "    --device cuda: recorded and replayed on a CUDA device, by its own clock, in float32, tf32 and bf16\n"
    "elbo bench blocks [--filter TEXT] [--json | --csv] [--min-time SECONDS] [--repetitions N]\n"
    "    epochs on data larger than the memory they are given, read by blocks, against the same data in memory\n"
    "elbo bench growth [--filter TEXT] [--json | --csv] [--min-time SECONDS] [--repetitions N]\n"
    "    how a step's time and memory grow with the sizes of the network, the batch and the data, one at a time\n"
    "elbo bench workers [--filter TEXT] [--json | --csv] [--min-time SECONDS] [--repetitions N]\n"
    "    several runs at once, one process each, and one run on several threads, against one run on one thread\n"
    "elbo bench evaluation [--filter TEXT] [--json | --csv] [--min-time SECONDS] [--repetitions N]\n"
    "    importance-weighted log p(x) with 5000 samples, against its matrix products alone\n"
    "elbo bench logging [--json | --csv] [--repetitions N]\n"
    "    what the log, the latents and a checkpoint cost, against an epoch of 60,000 images\n"
    "elbo bench answer [--json | --csv] [--repetitions N]\n"
    "    the quickstart from its first moment to its page, and the same experiment by hand in Python where it has "
    "torch\n"
    "\n"
    "All but workers and answer run on one thread, in one process, its measurements interleaved; only ratios within "
    "one run mean "
    "much.\n"
    "  --filter TEXT        only those with TEXT in their name\n"
    "  --min-time SECONDS   at least so long for each measurement of a repetition\n"
    "  --repetitions N      of which the median counts\n";

const std::vector<std::string> benchmarks = {"likelihoods", "step",       "blocks",  "growth",
                                             "workers",     "evaluation", "logging", "answer"};

std::string what_is_wrong_with(const Arguments& arguments) {
  const std::string expected = "; expected one of " + join(benchmarks);
  if (arguments.empty()) return "elbo bench: nothing to measure" + expected;
  if (std::find(benchmarks.begin(), benchmarks.end(), arguments[0]) == benchmarks.end())
    return "elbo bench: there is no benchmark '" + arguments[0] + "'" + expected + suggestion(arguments[0], benchmarks);
  return "";
}

int bench(const Arguments& arguments) {
  const auto asks_help = [](const std::string& word) { return word == "--help" || word == "-h"; };
  if (std::any_of(arguments.begin(), arguments.end(), asks_help)) return print("{}", bench_help), 0;
  if (const std::string wrong = what_is_wrong_with(arguments); !wrong.empty()) throw UserError(wrong);

  const fs::path program = program_folder() / "elbo-bench";
  if (!fs::exists(program))
    throw Error(program.string() +
                ": is not there; expected the benchmarks beside this program; install "
                "libbenchmark-dev and build again");
  std::vector<std::string> words = {program.string()};
  for (const auto& [name, value] : forced_kernels()) words.push_back("--unset=" + name + "=" + value);
  words.insert(words.end(), arguments.begin(), arguments.end());
  unset_forced_kernels();
  for (const auto& [name, value] : kernel_environment()) ::setenv(name.c_str(), value.c_str(), 1);
  for (const char* name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"}) ::setenv(name, "1", 1);
  ::setenv("GLOG_minloglevel", "2", 1);  // libtorch warns of memory that is freed while it is counted
  std::vector<char*> given;
  for (std::string& word : words) given.push_back(word.data());
  given.push_back(nullptr);
  std::fflush(nullptr);
  ::execv(program.c_str(), given.data());
  throw Error(fmt::format("{}: cannot be started ({}); build again", program.string(), ::strerror(errno)));
}

}  // namespace

std::vector<Verb> verbs_of_bench() {
  return {
      {"bench", "likelihoods | step | ...", "how fast this machine is at it, against plain libtorch", bench, 250},
  };
}

}  // namespace elbo::host::cli
