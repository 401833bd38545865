// What is wrong with variants that can each be read: settings without effect or that contradict each other, objectives that leave settings without
// effect, and variants that would be trained to the same result.
#pragma once
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "data/splits/split.hpp"
#include "experiment/check.hpp"
#include "experiment/experiment.hpp"
#include "plan/questions.hpp"
#include "plan/run_identity.hpp"

namespace elbo::host {

struct Contradiction {
  std::string section;   // as for_each_section() calls it
  std::string sentence;  // "train.schedule.name is ...; expected ..."
};

std::vector<Contradiction> contradictions(const Run& run);

/// Passes over the test data, and the validation data, when nothing stops the run sooner.
int64_t test_passes(const TrainConfig& train);

/// A variant and its run, all but the seed.
struct Resolved {
  const experiment::Variant* variant;
  Run run;
};

/// Fills in Run::objective_summary, all with one question, since a start of the worker takes half a second.
void ask_objectives_of(std::vector<Resolved>& variants, const AskObjectives& objectives, experiment::Faults& faults);

/// Adds a fault for each setting that the variant's objective leaves without effect. Settings that lost it because a later layer (variant,
/// sweep, --set) chose the objective get their defaults.
void check_use_of_objectives(std::vector<Resolved>& variants, experiment::Faults& faults);

/// A run on data of these sizes in one form where several come to the same result: without what is only logged, with sizes cut to what there
/// is. Its identity_text() is that of another run only where they would be the same. Beyond the needs that options declare.
Run effective_run(Run run, const data::SplitSizes& sizes);

/// Takes the options of plugins and the objective, for which objective_key() stands, out of the identity of such a run: for variants that these
/// do not tell apart.
void leave_out_options(const Run& run, IdentityParts& parts);
/// What is maximised: the same for two objectives that come to the same terms.
std::string objective_key(const plugins::ObjectiveSummary& summary);

/// The settings in which two runs differ, names and seeds aside: "train.batch_size (600 and 700)".
std::vector<std::string> differences(const Run& a, const Run& b);

}  // namespace elbo::host
