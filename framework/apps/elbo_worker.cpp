// elbo-worker: the side of elbo that loads torch and plugins. One process a run; started by `elbo`, not by hand.
#include <malloc.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include <elbo/error.hpp>

#include "worker/check.hpp"
#include "worker/describe.hpp"
#include "worker/device.hpp"
#include "worker/evaluate.hpp"
#include "worker/first_steps.hpp"
#include "worker/generate.hpp"
#include "worker/limits.hpp"
#include "worker/objective_facts.hpp"
#include "worker/run.hpp"
#include "worker/score.hpp"
#include "worker/torchscript.hpp"
#include "worker/traits.hpp"

int main(int argc, char** argv) {
  elbo::worker::crash_silently();
  // Every step allocates the same large tensors: keep their memory instead of giving it back and faulting it in again.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  const std::vector<std::string> words(argv + 1, argv + argc);
  int code = 2;
  try {
    if (words.size() == 2 && words[0] == "run") code = elbo::worker::run(words[1]);
    else if (words.size() >= 2 && words[0] == "describe")
      code = elbo::worker::describe({words.begin() + 1, words.end()});
    else if (words.size() >= 2 && words[0] == "first_steps")
      code = elbo::worker::first_steps({words.begin() + 1, words.end()});
    else if (words.size() >= 3 && words[0] == "traits") code = elbo::worker::traits({words.begin() + 1, words.end()});
    else if (words.size() >= 3 && words[0] == "objective")
      code = elbo::worker::objective_facts({words.begin() + 1, words.end()});
    else if (words.size() == 2 && words[0] == "device") code = elbo::worker::device(words[1]);
    else if (words.size() == 2 && words[0] == "score") code = elbo::worker::score(words[1]);
    else if (words.size() == 2 && words[0] == "evaluate") code = elbo::worker::evaluate(words[1]);
    else if (words.size() == 2 && words[0] == "generate") code = elbo::worker::generate(words[1]);
    else if (words.size() == 3 && words[0] == "torchscript") code = elbo::worker::torchscript(words[1], words[2]);
    else if (words.size() >= 4 && words[0] == "check")
      code = elbo::worker::check(words[1], words[2], words[3], {words.begin() + 4, words.end()});
    else
      std::cerr << "elbo-worker: usage: elbo-worker run FOLDER | describe FILE... | first_steps RUN... | traits "
                   "FILE SETTINGS... | objective FILE SETTINGS... | check FILE SETTINGS PROPERTY PART... | "
                   "device NAME | "
                   "score REQUEST | evaluate REQUEST | generate REQUEST | torchscript RUN FOLDER\n";
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
