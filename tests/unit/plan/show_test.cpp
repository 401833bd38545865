#include "plan/show.hpp"

#include <gtest/gtest.h>

#include "unit/plan/support.hpp"

namespace elbo::host {
namespace {

using fakes::plan_of;

constexpr const char* two = R"(
train = { max_epochs = 3, batch_size = 64 }
[[variant]]
name = "small"
latent_dim = 2
[[variant]]
name = "slow"
train = { optimizer = { lr = 1e-4 } }
)";

TEST(Cost, CountsImagesAndStepsWithThePartialBatch) {
  const elbo::host::Run run = plan_of(two).runs.at(0);
  EXPECT_EQ(training_data(run), 10000);
  const Cost cost = cost_of(run, 10000);
  EXPECT_EQ(cost.images, 30000);
  EXPECT_EQ(cost.steps, 3 * 157);
}

TEST(Show, TellsEachRunAndTheSums) {
  const Plan plan = plan_of(two);
  const std::string table = runs_table(plan);
  EXPECT_EQ(table,
            "variant    seed  id                     steps        images\n"
            "small         1  " +
                plan.runs[0].id() + "         471         30000\n" + "slow          1  " + plan.runs[1].id() +
                "         471         30000\n" + "2 runs                                    942         60000\n");
}

TEST(Show, TellsWhatIsSharedOnceAndThenTheDifferences) {
  const std::string text = settings_text(plan_of(two));
  EXPECT_EQ(text.rfind("# every variant\n\n[encoder]\nplugin = \"mlp\"\nhidden = [500]\nactivation = \"relu\"\n", 0),
            0u)
      << text;
  EXPECT_NE(text.find("\n[train.optimizer]\nname = \"adam\"\nbeta1 = 0.9\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n# small\nlatent_dim = 2\n\n[train.optimizer]\nlr = 0.001\n\n# slow\nlatent_dim = 20\n\n"
                      "[train.optimizer]\nlr = 0.0001\n"),
            std::string::npos)
      << text;
}

TEST(Show, WhatItTellsOfOneVariantIsAnExperimentFileAgain) {
  fakes::use_own_datasets();
  const Plan plan = plan_of("train.schedule = { name = \"steps\", milestones = [2, 3] }\n");
  const auto again = experiment::read_text(settings_text(plan), "exp.toml");
  EXPECT_EQ(make_plan(again, fakes::describe).runs.at(0).id(), plan.runs.at(0).id());
}

}  // namespace
}  // namespace elbo::host
