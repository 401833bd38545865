#include "cli/likelihood_checks.hpp"

#include <map>
#include <set>

#include "plan/likelihood_checks.hpp"

namespace elbo::cli {
namespace {

/// Of the runs on one data set.
std::string text_of(const std::vector<const Run*>& runs, const observation::Candidates& candidates) {
  const data::Dataset dataset = data::load_planned(runs.front()->data, runs.front()->data_record);
  const observation::DataSummary summary = observation::summary_of(dataset, counted_columns(runs, dataset));
  std::string text = "data: " + in_words(summary) + "\n";
  for (const std::string& finding : summary.findings) text += "  " + finding + "\n";
  std::set<std::string> said;
  for (const Run* run : runs)
    for (const std::string& sentence : mismatches_of(*run, dataset, summary, candidates))
      if (said.insert(sentence).second) text += "  " + sentence + "\n";
  return text;
}

}  // namespace

std::string checks_text(const Plan& plan, plugins::Registry& registry) {
  std::vector<std::string> order;  // of the data, and of what is made of a file that does not say what it holds
  std::map<std::string, std::vector<const Run*>> runs;
  std::vector<plugins::TraitsQuestion> questions;
  for (const Run& run : plan.runs) {
    const std::string data = run.data_record.fingerprint() + (run.data.path.empty() ? "" : " as " + run.data.observe);
    auto& same_data = runs[data];
    if (same_data.empty()) order.push_back(data);
    if (!same_data.empty() && same_data.back()->variant == run.variant) continue;  // another seed
    same_data.push_back(&run);
    for (plugins::TraitsQuestion& question : questions_of(run)) questions.push_back(std::move(question));
  }
  plugins::ask_traits(questions);  // all at once, with one start of the worker; below they are known
  const observation::Candidates candidates = candidates_among(likelihoods_of(registry));
  std::string text;
  for (const std::string& data : order) text += text_of(runs.at(data), candidates);
  return text;
}

}  // namespace elbo::cli
