#include "cli/audit.hpp"

#include <map>
#include <set>

#include "data/audit.hpp"

namespace elbo::cli {
namespace {

data::Meeting meeting_of(const Run& run, const plugins::Description& likelihood, const data::DataFacts& facts, const Shape& shape) {
  const Observation stored{shape, facts.support, facts.levels};
  const data::View view =
      data::view_of(stored, *likelihood.support, likelihood.has_interval_log_prob, run.data, run.likelihood.name);
  return data::meeting(run.likelihood.name, *likelihood.support, view);
}

struct Audited {
  data::DataFacts facts;
  Shape shape;
  std::set<std::string> said;
};

}  // namespace

std::string audit_text(const Plan& plan, plugins::Registry& registry) {
  std::map<std::string, Audited> seen;  // by fingerprint
  std::map<std::string, plugins::Description> likelihoods;
  std::string text;
  for (const Run& run : plan.runs) {
    auto [at, is_new] = seen.try_emplace(run.data_record.fingerprint());
    Audited& audited = at->second;
    if (is_new) {
      const data::Dataset dataset = data::load_planned(run.data, run.data_record);
      audited.facts = data::facts_of(dataset);
      audited.shape = dataset.shape;
      text += "data: " + in_words(audited.facts) + "\n";
    }
    auto [likelihood, is_first] = likelihoods.try_emplace(run.likelihood.path.string());
    if (is_first)
      likelihood->second = registry.describe(registry.find("likelihood", run.likelihood.name, run.likelihood.path));
    if (!likelihood->second.support) continue;  // it could not be made with its defaults
    for (const std::string& sentence :
         clashes(audited.facts, meeting_of(run, likelihood->second, audited.facts, audited.shape)))
      if (audited.said.insert(sentence).second) text += "  " + sentence + "\n";
  }
  return text;
}

}  // namespace elbo::cli
