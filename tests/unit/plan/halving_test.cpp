// Searches in a plan: what is refused, the rungs of halving and the runs of each.
#include "plan/halving.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/text.hpp"
#include "plan/show.hpp"
#include "support.hpp"

namespace elbo::host {
namespace {

Plan searched_plan(const std::string& text, const std::vector<std::string>& overrides = {}) {
  fakes::use_own_datasets();
  return make_plan(experiment::read_text(text + fakes::bars, "exp.toml", overrides), fakes::describe);
}

std::string searched_fault(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    searched_plan(text, overrides);
  } catch (const UserError& e) {
    return e.what();
  }
  return "no error";
}

std::string text_of_search(const std::string& more = "", const std::string& space = "log_uniform = [1e-4, 1e-2]") {
  return "train.max_epochs = 20\n[search]\ntrials = 9\n" + more + "[search.space]\n\"train.optimizer.lr\" = { " +
         space + " }\n";
}

size_t second_to_the_end(const Run& trial) { return trial.sweep.trial == 2 ? 3 : 0; }

const std::vector<std::string> with_valid = {"dataset.valid=50"};

}  // namespace

TEST(Halving, RungsGrowByTheFactorUpToAllEpochs) {
  const auto rungs = [](int64_t least, int64_t factor, int64_t most) {
    return rungs_of({.min_epochs = least, .reduction_factor = factor}, most);
  };
  EXPECT_EQ(rungs(1, 3, 27), (std::vector<int64_t>{1, 3, 9, 27}));
  EXPECT_EQ(rungs(2, 3, 20), (std::vector<int64_t>{2, 6, 18, 20}));
  EXPECT_EQ(rungs(5, 2, 6), (std::vector<int64_t>{5, 6}));
}

TEST(Halving, AFirstRungIsPlannedAndTheOthersAreAdded) {
  Plan plan = searched_plan("seeds = [1, 2]\n" + text_of_search("method = \"halving\"\nmin_epochs = 2\n"), with_valid);
  ASSERT_EQ(plan.runs.size(), 18u);
  EXPECT_EQ(plan.runs[0].variant, "trial 1 at 2 epochs");
  EXPECT_EQ(plan.runs[0].train.max_epochs, 2);
  EXPECT_EQ(plan.runs[0].evaluate.importance_samples, 0) << "what is not the last is not evaluated";
  EXPECT_EQ(halving_text(plan.trials),
            "18 runs at the first of 4 rungs (2, 6, 18, 20 epochs); 36 runs of 144 epochs at most, in place of 360");
  const auto first = plan.runs[2].id();
  plan.runs = runs_at_rungs(plan.trials, second_to_the_end);
  ASSERT_EQ(plan.runs.size(), 24u);
  EXPECT_EQ(plan.runs[2].id(), first);
  EXPECT_EQ(plan.runs[4].variant, "trial 2 at 6 epochs");
  EXPECT_EQ(plan.runs[5].seed, 2);
  EXPECT_EQ(plan.runs[8].train.max_epochs, 20);
  EXPECT_EQ(plan.runs[8].evaluate.evidence, "ladder");
  EXPECT_EQ(plan.runs[8].id(), plan.trials[2].id()) << "the last rung is the trial, whatever it is called";
  plan.rungs = nlohmann::ordered_json::array({{{"search", "lr"}}});
  const Plan back = plan_from_json(to_json(plan));
  EXPECT_EQ(to_json(back).dump(), to_json(plan).dump());
  EXPECT_EQ(back.trials.size(), 18u);
  EXPECT_EQ(nlohmann::ordered_json::parse(json_text(plan)), to_json(plan));
}

TEST(Halving, RefusesWhatIsNoBeginningOfTheWholeTraining) {
  const auto fault = [](const std::string& more, const std::vector<std::string>& overrides) {
    auto all = with_valid;
    all.insert(all.end(), overrides.begin(), overrides.end());
    return searched_fault(text_of_search("method = \"halving\"\n" + more), all);
  };
  EXPECT_EQ(fault("", {}), "no error");
  EXPECT_EQ(
      fault("min_epochs = 20\n", {}),
      "exp.toml:2:1: search.min_epochs is 20, and train.max_epochs is 20, so that there is one rung only; expected "
      "less; lower min_epochs, or use method = \"random\"");
  EXPECT_TRUE(fault("", {"train.schedule.name=cosine"}).starts_with("exp.toml:2:1: halving with train.schedule.name"));
  EXPECT_TRUE(fault("", {"train.early_stopping.patience=3"})
                  .starts_with("exp.toml:2:1: halving with train.early_stopping.patience"));
  EXPECT_TRUE(fault("", {"train.keep_state=false"}).starts_with("exp.toml:2:1: halving with train.keep_state = false"));
  EXPECT_TRUE(fault("", {"train.schedule.warmup_epochs=4"})
                  .starts_with("exp.toml:2:1: search.min_epochs is 1, and train.schedule.warmup_epochs is 4"));
  EXPECT_TRUE(fault("", {"search.space.'train.max_epochs'={ integer = [5, 9] }"})
                  .starts_with("exp.toml:2:1: search.space draws train.max_epochs"));
}

TEST(SearchPlan, NeedsValidationData) {
  EXPECT_EQ(searched_fault(text_of_search()),
            "exp.toml:2:1: [search] chooses among its trials by validation data, and there are none; expected "
            "dataset.valid above 0, or dataset.valid_path");
  EXPECT_EQ(searched_fault(text_of_search(), with_valid), "no error");
}

TEST(SearchPlan, ChecksTheEndsOfTheSpaceAndNotOnlyWhatWasDrawn) {
  EXPECT_EQ(searched_fault(text_of_search("", "uniform = [0.1, 2000]"), with_valid),
            "exp.toml:5:42: train.optimizer.lr is 2000; expected a number from 0 to 1000 (learning rate)");
  EXPECT_TRUE(searched_fault(text_of_search("", "choice = [0.1, 0.2, \"a\", 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]"), with_valid)
                  .starts_with("exp.toml:5:46: train.optimizer.lr is \"a\", a string; expected a number"));
  EXPECT_TRUE(
      searched_fault("[search]\ntrials = 2\n[search.space]\n\"decoder.hiden\" = { choice = [[2], [3]] }\n", with_valid)
          .find("unknown key 'hiden' in [decoder]; did you mean 'hidden'?") != std::string::npos);
}

TEST(SearchPlan, IsShownReadably) {
  const Plan plan = searched_plan(text_of_search(), with_valid);
  ASSERT_EQ(plan.runs.size(), 9u);
  EXPECT_NE(runs_table(plan).find("  train.optimizer.lr = " + host::to_string(Value(plan.runs[0].optimizer.lr))),
            std::string::npos)
      << runs_table(plan);
  EXPECT_EQ(settings_text(plan).find("# trial"), std::string::npos) << "their table says it already";
  const std::string text = explained(plan);
  EXPECT_TRUE(text.starts_with("# 9 trials draw train.optimizer.lr;")) << text;
  EXPECT_EQ(text.find("trial 2"), std::string::npos) << text;
}

}  // namespace elbo::host
