// elbo-worker: the side of elbo that loads torch and plugins. One process a run; started by `elbo`, not by hand.
#include <malloc.h>
#include <unistd.h>

#include <iostream>
#include <limits>
#include <string>

#include <elbo/error.hpp>

#include "base/cpu_code.hpp"
#include "worker/process.hpp"
#include "worker/verbs.hpp"

namespace elbo::host::worker {
namespace {

constexpr size_t any = std::numeric_limits<size_t>::max();

struct Verb {
  const char *name, *words;
  size_t least, most;
  int (*function)(const Words&);
};

constexpr Verb verbs[] = {
    {"run", "FOLDER", 1, 1, run},
    {"describe", "FILE...", 1, any, describe},
    {"first_steps", "RUN...", 1, any, first_steps},
    {"traits", "FILE SETTINGS...", 2, any, traits},
    {"objective", "FILE SETTINGS...", 2, any, objective_summary},
    {"check", "FILE SETTINGS PROPERTY PART...", 3, any, check},
    {"device", "NAME", 1, 1, device},
    {"score", "REQUEST", 1, 1, score},
    {"evaluate", "REQUEST", 1, 1, evaluate},
    {"apply", "REQUEST", 1, 1, apply},
    {"impute", "REQUEST", 1, 1, impute},
    {"generate", "REQUEST", 1, 1, generate},
    {"torchscript", "RUN FOLDER", 2, 2, torchscript},
};

int dispatch(const Words& words) {
  std::string usage;
  for (const Verb& verb : verbs) {
    const size_t given = words.empty() ? 0 : words.size() - 1;
    if (!words.empty() && words[0] == verb.name && given >= verb.least && given <= verb.most)
      return verb.function({words.begin() + 1, words.end()});
    usage += std::string(usage.empty() ? "" : " | ") + verb.name + " " + verb.words;
  }
  std::cerr << "elbo-worker: usage: elbo-worker " << usage << '\n';
  return 2;
}

}  // namespace
}  // namespace elbo::host::worker

int main(int argc, char** argv) {
  elbo::host::worker::crash_silently();
  // Every step allocates the same large tensors: keep their memory instead of giving it back and faulting it in again.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  int code = 2;
  try {
    elbo::host::cpu_limit_must_be_possible();
    code = elbo::host::worker::dispatch({argv + 1, argv + argc});
  } catch (const elbo::UserError& e) {
    std::cerr << "elbo-worker: " << e.what() << '\n';
  } catch (const std::exception& e) {
    std::cerr << "elbo-worker: " << e.what() << '\n';
    code = 1;
  }
  std::cout.flush();
  std::cerr.flush();
  // Not exit(): tearing down 287 shared objects takes 50-100 ms and can only crash.
  _exit(code);
}
