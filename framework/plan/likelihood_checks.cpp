#include "plan/likelihood_checks.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <unordered_set>

#include "base/text.hpp"
#include "observation/likelihood_checks.hpp"
#include "plan/questions.hpp"
#include "plan/run_identity.hpp"

namespace elbo::host {
namespace {

plugins::PluginQuestion question_of(const PluginChoice& likelihood) {
  return {likelihood.name, likelihood.path, likelihood.sha256, likelihood.settings};
}

/// "gaussian (columns a, b)"
std::string name_of(const PluginPart& part) {
  return part.choice.name + (part.columns.size() > 1 ? " (columns " : " (column ") + join(part.columns) + ")";
}

std::vector<int64_t> places_of(const PluginPart& part, const data::Dataset& dataset) {
  std::vector<int64_t> places;
  for (const std::string& name : part.columns)
    places.push_back(std::find(dataset.columns.begin(), dataset.columns.end(), name) - dataset.columns.begin());
  return places;
}

std::string not_audited(const std::string& likelihood, const plugins::TraitsAnswer& answer) {
  return likelihood + ": is not audited: " + answer.fault;
}

/// What must be asked about the likelihoods of a run.
std::vector<plugins::PluginQuestion> questions_of(const Run& run) {
  if (run.likelihood.parts.empty()) return {question_of(run.likelihood)};
  std::vector<plugins::PluginQuestion> questions;
  for (const PluginPart& part : run.likelihood.parts) questions.push_back(question_of(part.choice));
  return questions;
}

/// One sentence for each mismatch. Asks the likelihoods for their traits; one that cannot be asked is named with the reason.
std::vector<std::string> mismatches_of(const Run& run, const data::Dataset& dataset,
                                       const observation::DataSummary& summary,
                                       const observation::Candidates& candidates) {
  const auto answers = plugins::ask_traits(questions_of(run));
  const auto& parts = run.likelihood.parts;
  if (parts.empty()) {
    const plugins::TraitsAnswer& own = answers.at(0);
    if (!own.fault.empty()) return {not_audited(run.likelihood.name, own)};
    Observation stored{dataset.shape, dataset.support, dataset.levels};
    for (const std::string& name : dataset.columns) stored.columns.push_back({name});
    const observation::ObservationModel model = observation::observation_model(
        stored, own.traits.support, own.traits.has_interval, run.data, run.likelihood.name);
    return mismatches(summary, observation::likelihood_use(run.likelihood.name, own.traits, model), candidates);
  }
  std::vector<std::string> all;
  for (size_t i = 0; i < parts.size(); ++i) {
    const plugins::TraitsAnswer& own = answers.at(i);
    if (!own.fault.empty()) {
      all.push_back(not_audited(name_of(parts[i]), own));
      continue;
    }
    const observation::DataSummary of_part =
        observation::summary_of_columns(dataset, places_of(parts[i], dataset), own.traits.support);
    for (std::string& sentence :
         mismatches(of_part, {.likelihood = name_of(parts[i]), .traits = own.traits}, candidates))
      all.push_back(std::move(sentence));
  }
  return all;
}

/// The columns, by their places from 0, that every one of these runs scores as levels or counts; none but under a likelihood
/// that contains others.
std::vector<int64_t> counted_columns(const std::vector<const Run*>& runs, const data::Dataset& dataset) {
  std::vector<size_t> times(dataset.columns.size());
  for (const Run* run : runs) {
    const auto answers = plugins::ask_traits(questions_of(*run));
    for (size_t i = 0; i < run->likelihood.parts.size(); ++i)
      if (answers[i].fault.empty() && measure_of(answers[i].traits.support) == Measure::counting)
        for (const int64_t place : places_of(run->likelihood.parts[i], dataset)) ++times.at(static_cast<size_t>(place));
  }
  std::vector<int64_t> counted;
  for (size_t j = 0; j < times.size(); ++j)
    if (times[j] == runs.size()) counted.push_back(static_cast<int64_t>(j));
  return counted;
}

/// The likelihoods that there are and can be asked; those of a support are asked when they are first wanted.
observation::Candidates candidates_among(const ListLikelihoods& likelihoods) {
  const auto known = std::make_shared<std::map<Support, std::vector<observation::Candidate>>>();
  return [likelihoods, known](Support support) {
    const auto [at, is_new] = known->try_emplace(support);
    if (!is_new) return at->second;
    std::vector<plugins::PluginQuestion> questions;
    for (const plugins::PluginDescription& plugin : likelihoods())
      if (plugin.support == support) questions.push_back({plugin.found.name, plugin.found.path, plugin.sha256, {}});
    const auto answers = plugins::ask_traits(questions);
    for (size_t i = 0; i < answers.size(); ++i)
      if (answers[i].fault.empty()) at->second.push_back({questions[i].name, answers[i].traits});
    return at->second;
  };
}

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

std::string likelihood_checks(const Plan& plan, plugins::Registry& registry) {
  std::vector<std::string> order;  // of the data, and of what is made of a file that does not say what it holds
  std::map<std::string, std::vector<const Run*>> runs;
  std::vector<plugins::PluginQuestion> questions;
  std::unordered_set<std::string> asked;  // of other seeds, and of variants that differ elsewhere, all is the same
  for (const Run& run : plan.runs) {
    const std::string data = run.data_record.fingerprint() + (run.data.path.empty() ? "" : " as " + run.data.observe);
    auto& same_data = runs[data];
    if (same_data.empty()) order.push_back(data);
    if (!asked.insert(data + settings_key(run.data) + choice_text(run.likelihood)).second) continue;
    same_data.push_back(&run);
    for (plugins::PluginQuestion& question : questions_of(run)) questions.push_back(std::move(question));
  }
  plugins::ask_traits(questions);  // all at once, with one start of the worker; below they are known
  const observation::Candidates candidates = candidates_among(likelihoods_of(registry));
  std::string text;
  for (const std::string& data : order) text += text_of(runs.at(data), candidates);
  return text;
}

std::string likelihood_checks(const Run& run, const data::Dataset& dataset) {
  const observation::DataSummary summary = observation::summary_of(dataset, counted_columns({&run}, dataset));
  std::string text = in_words(summary);
  for (const std::string& finding : summary.findings) text += "\n" + finding;
  for (const std::string& sentence : mismatches_of(run, dataset, summary, {})) text += "\n" + sentence;
  return text;
}

}  // namespace elbo::host
