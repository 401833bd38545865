#include "cli/trust.hpp"

#include <fmt/format.h>

#include <set>

#include <elbo/error.hpp>

#include "plugins/trust.hpp"

namespace elbo::host::cli {

void add_trust_option(Options& own) { own.add_options()("trust", ""); }

namespace {

void must_trust(const std::string& kind, const PluginChoice& choice, const std::filesystem::path& named_in,
                const ParsedArguments& given) {
  if (plugins::is_trusted(choice.path)) return;
  if (given.count("trust")) return plugins::trust(choice.path);
  throw UserError(fmt::format(
      "{}: names {}:{} as {}, which lies in no folder of plugins and which no experiment of yours has named; loading "
      "it runs its code; if you trust whoever made it, say --trust",
      named_in.string(), kind, choice.name, choice.path.string()));
}

}  // namespace

void must_trust(const Run& run, const std::filesystem::path& named_in, const ParsedArguments& given) {
  for_each_library(
      run, [&](const std::string& kind, const PluginChoice& choice) { must_trust(kind, choice, named_in, given); });
}

void must_trust(const Plan& plan, const std::filesystem::path& named_in, const ParsedArguments& given) {
  std::set<std::filesystem::path> asked;  // ten thousand runs share a few libraries
  for (const Run& run : plan.runs)
    for_each_library(run, [&](const std::string& kind, const PluginChoice& choice) {
      if (asked.insert(choice.path).second) must_trust(kind, choice, named_in, given);
    });
}

}  // namespace elbo::host::cli
