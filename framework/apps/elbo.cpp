#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "cli/verbs.hpp"

namespace elbo::cli {
namespace {

struct Verb {
  const char *name, *arguments, *summary;
  int (*function)(const Arguments&);
};

constexpr Verb verbs[] = {
    {"run", "FILE", "train every run of an experiment file and compare them", run},
    {"plan", "FILE", "print the runs with every default filled in; train nothing", plan},
    {"explain", "FILE", "print what each variant maximises, as a formula", explain},
    {"check", "FILE", "find every mistake in an experiment file", check},
    {"compare", "LOG...", "rank finished runs of any experiments that can be compared", compare},
    {"report", "DIR", "one HTML page of all results in a folder", report},
    {"show", "LOG", "one run: its numbers, its curves, its pictures", show},
    {"export", "LOG", "a log as CSV, NumPy, TensorBoard or TorchScript files", export_log},
    {"score", "RUN --likelihood NAME", "score a trained decoder under another likelihood", score},
    {"evaluate", "RUN...", "measure finished runs: bounds, AIS, latents, probes, factors", evaluate},
    {"sample", "RUN", "images or arrays of z drawn from the prior", sample},
    {"reconstruct", "RUN", "test data beside what the model makes of them", reconstruct},
    {"traverse", "RUN", "one latent dimension after the other, from end to end", traverse},
    {"interpolate", "RUN", "from the code of one test datum to that of another", interpolate},
    {"manifold", "RUN", "the plane of two latent dimensions", manifold},
    {"plugins", "list | describe | check | new",
     "the plugins there are, the options of one, its conformance, a new one", plugins},
    {"schema", "", "print a JSON Schema of experiment files, for editors", schema},
    {"data", "list | info NAME|FILE | fetch", "the data sets there are, and how to get them", data},
    {"status", "DIR", "how far the experiment in a folder has come", status},
    {"watch", "DIR", "the same, live, from another terminal", watch},
    {"resume", "DIR", "go on with the experiment in a folder, here or in its queue", resume},
    {"merge", "DIR", "the summaries of all runs in one file, results.h5", merge},
    {"rerun", "LOG", "do the run of a log again, and say what differs", rerun},
    {"recover", "LOG", "repair the HDF5 log of a run that was killed", recover},
    {"bench", "likelihoods | step | ...", "how fast this machine is at it, against plain libtorch", bench},
};

std::string overview() {
  std::string text =
      "elbo trains variational auto-encoders put together from plugins, and compares them honestly.\n\n"
      "usage: elbo VERB ...          (elbo VERB --help says more)\n\n";
  for (const Verb& verb : verbs)
    text += fmt::format("  {:<38} {}\n", fmt::format("{} {}", verb.name, verb.arguments), verb.summary);
  return text +
         "  --version                              this program, its libraries and their versions\n\n"
         "examples:\n"
         "  elbo run experiments/quickstart.toml\n"
         "  elbo run experiments/quickstart.toml --set train.max_epochs=3 --out /tmp/short\n";
}

int dispatch(const Arguments& words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    fmt::print("{}", overview());
    return 0;
  }
  if (words[0] == "--version") {
    fmt::print("{}", versions());
    return 0;
  }
  std::vector<std::string> names;
  if (words[0] == "work") return work({words.begin() + 1, words.end()});  // called by jobs, not by people
  for (const Verb& verb : verbs) {
    if (words[0] == verb.name) return verb.function({words.begin() + 1, words.end()});
    names.push_back(verb.name);
  }
  throw UserError("'" + words[0] + "' is not a verb of elbo" + suggestion(words[0], names));
}

int complain(const std::exception& error, int code) {
  std::fflush(stdout);
  // A verb's own sentences name it: "elbo run: ...".
  const std::string sentence = error.what();
  fmt::print(stderr, "{}{}\n", sentence.starts_with("elbo ") ? "" : "elbo: ", sentence);
  return code;
}

}  // namespace
}  // namespace elbo::cli

int main(int count, char** words) {
  using namespace elbo;
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of its write, in words
  try {
    return cli::dispatch({words + 1, words + count});
  } catch (const UserError& error) {
    return cli::complain(error, 2);
  } catch (const std::exception& error) {
    return cli::complain(error, 1);
  }
}
