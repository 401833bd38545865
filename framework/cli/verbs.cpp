#include "cli/verbs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "cli/output.hpp"
#include "verb_files.hpp"  // made by CMake: names each file of cli/verbs

namespace elbo::host::cli {
namespace {

std::vector<Verb> all_verbs() {
  std::vector<Verb> all;
#define ELBO_ADD(file) \
  for (const Verb& verb : verbs_of_##file()) all.push_back(verb);
  ELBO_VERBS(ELBO_ADD)
#undef ELBO_ADD
  std::stable_sort(all.begin(), all.end(), [](const Verb& a, const Verb& b) { return a.position < b.position; });
  return all;
}

std::string overview(const std::vector<Verb>& verbs) {
  std::string text =
      "elbo trains variational auto-encoders put together from plugins, and compares them honestly.\n\n"
      "usage: elbo VERB ...          (elbo VERB --help says more)\n\n";
  for (const Verb& verb : verbs)
    if (verb.summary)
      text += fmt::format("  {:<38} {}\n", fmt::format("{} {}", verb.name, verb.arguments), verb.summary);
  return text +
         "  --version                              this program, its libraries and their versions\n\n"
         "examples:\n"
         "  elbo run experiments/quickstart.toml\n"
         "  elbo run experiments/quickstart.toml --set train.max_epochs=3 --out /tmp/short\n";
}

}  // namespace

int dispatch(const Arguments& words) {
  const std::vector<Verb> verbs = all_verbs();
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help")
    return print("{}", overview(verbs)), 0;
  if (words[0] == "--version") return print("{}", versions()), 0;
  std::vector<std::string> names;
  for (const Verb& verb : verbs) {
    if (words[0] == verb.name) return verb.function({words.begin() + 1, words.end()});
    if (verb.summary) names.push_back(verb.name);
  }
  throw UserError("'" + words[0] + "' is not a verb of elbo" + suggestion(words[0], names));
}

}  // namespace elbo::host::cli
