// Settings of the host's sections that have no effect, as they stand in a file.
#include <gtest/gtest.h>

#include "experiment/applicability.hpp"
#include "plan/run.hpp"
#include "plan/variant_checks.hpp"
#include "unit/plan/support.hpp"

namespace elbo::host {
namespace {

using fakes::bars;
using fakes::fault_of;

struct Case {
  std::string text;  // the first line of a file
  std::string key;   // that has no effect
  std::string remedy;
};

TEST(WithoutEffect, IsAMistakeThatNamesTheKeyThatWouldGiveIt) {
  const Case cases[] = {
      {"objective = { plugin = \"beta\", beta = 0, warmup_epochs = 3 }", "objective.warmup_epochs", "objective.beta"},
      {"objective = { plugin = \"beta\", cycle_epochs = 3, warmup_epochs = 3 }", "objective.warmup_epochs",
       "objective.cycle_epochs = 0"},
      {"objective = { plugin = \"beta\", cycle_rise = 0.3 }", "objective.cycle_rise", "objective.cycle_epochs"},
      {"objective = { plugin = \"beta\", warmup_epochs = 101 }", "objective.warmup_epochs",
       "train.max_epochs, which is 100"},
      {"objective = { plugin = \"beta\", cycle_epochs = 101 }", "objective.cycle_epochs",
       "train.max_epochs, which is 100"},
      {"train.optimizer.momentum = 0.9", "train.optimizer.momentum", "train.optimizer.name = \"sgd\" or \"rmsprop\""},
      {"train.optimizer = { name = \"sgd\", beta1 = 0.5 }", "train.optimizer.beta1",
       "train.optimizer.name = \"adam\" or \"adamw\""},
      {"train.optimizer = { name = \"sgd\", eps = 0.5 }", "train.optimizer.eps", "train.optimizer.name"},
      {"train.optimizer.alpha = 0.5", "train.optimizer.alpha", "train.optimizer.name = \"rmsprop\""},
      {"train.schedule.milestones = [3]", "train.schedule.milestones", "train.schedule.name = \"steps\""},
      {"train.schedule = { name = \"steps\", milestones = [3, 100] }", "train.schedule.milestones",
       "train.max_epochs, which is 100"},
      {"train.schedule = { name = \"steps\" }", "train.schedule.name", "train.schedule.milestones"},
      {"train.schedule.factor = 0.5", "train.schedule.factor",
       "train.schedule.name = \"steps\" or \"exponential\" or \"plateau\""},
      {"train.schedule.warmup_epochs = 101", "train.schedule.warmup_epochs", "train.max_epochs, which is 100"},
      {"train.schedule.final_fraction = 0.5", "train.schedule.final_fraction", "train.schedule.name = \"cosine\""},
      {"train.early_stopping.patience = 3", "train.early_stopping.patience", "dataset.valid"},
      {"train.early_stopping.min_delta = 3", "train.early_stopping.min_delta", "train.early_stopping.patience"},
      {"train.early_stopping = { patience = 3, min_delta = 3 }", "train.early_stopping.min_delta", "dataset.valid"},
      {"dataset.valid = 9\ntrain.early_stopping.restore_best = false", "train.early_stopping.restore_best",
       "train.early_stopping.patience"},
      {"train.schedule.warmup_epochs = 1", "train.schedule.warmup_epochs", "at least 2"},
      {"train.schedule = { name = \"cosine\", final_fraction = 1.0 }", "train.schedule.final_fraction", "less than 1"},
      {"train.schedule = { name = \"exponential\", factor = 1.0 }", "train.schedule.factor", "less than 1"},
      {"dataset.valid = 9\ntrain.early_stopping = { patience = 100, restore_best = false }",
       "train.early_stopping.patience", "train.max_epochs = 100"},
      {"train.schedule = { name = \"plateau\" }", "train.schedule.name", "dataset.valid"},
      {"train.schedule.min_lr = 1e-5", "train.schedule.min_lr", "train.schedule.name = \"plateau\""},
      {"dataset.valid = 9\ntrain.schedule = { name = \"plateau\", min_lr = 0.1 }", "train.schedule.min_lr",
       "train.optimizer.lr, which is 0.001"},
      {"dataset.valid = 9\ntrain.schedule = { name = \"plateau\", factor = 1.0 }", "train.schedule.factor",
       "less than 1"},
      {"train.keep = \"best\"", "train.keep", "dataset.valid"},
      {"dataset.valid = 9\ntrain = { keep = \"best\", early_stopping.patience = 3 }", "train.keep",
       "train.early_stopping.patience = 0"},
      {"train = { accumulate = 2, batch_size = 100000 }", "train.accumulate", "train.batch_size"},
      {"evaluate.ais_chains = 3", "evaluate.ais_chains", "evaluate.metrics = \"ais\""},
      {"evaluate = { metrics = [\"ais\"], neighbours = 3 }", "evaluate.neighbours", "evaluate.metrics = \"probes\""},
      {"evaluate.bound_samples = [3]", "evaluate.bound_samples", "evaluate.metrics = \"bounds\""},
      {"evaluate = { importance_samples = 0, images = 3 }", "evaluate.images", "evaluate.importance_samples"},
      {"objective.plugin = \"autoencoder\"\nevaluate.importance_samples = 3", "evaluate.importance_samples",
       "objective.plugin"},
      {"objective.plugin = \"autoencoder\"\nevaluate.evidence = \"ladder\"", "evaluate.evidence", "objective.plugin"},
      {"evaluate = { evidence = \"ladder\", importance_samples = 3 }", "evaluate.importance_samples",
       "evaluate.evidence = \"importance\""},
      {"log.images = 1", "log.images", "at least 2"},
      {"log = { latents = 0, images = 0, latents_every = 3 }", "log.latents_every", "log.latents"},
      {"dataset.select = \"x\"", "dataset.select", "dataset.path"},
      {"dataset.test_fraction = 0.5", "dataset.test_fraction", "dataset.path"},
      {"dataset = { observe = \"levels\", binarize = \"threshold\", threshold = 0.2 }", "dataset.threshold",
       "dataset.observe = \"binary\""},
      {"dataset = { observe = \"binary\", threshold = 0.2 }", "dataset.threshold", "dataset.binarize = \"threshold\""},
      {"dataset.dequantize = false", "dataset.dequantize", "dataset.observe = \"unit_interval\""},
      {"dataset.standardize = true", "dataset.standardize", "dataset.observe = \"real\" or \"columns\""},
      {"dataset = { observe = \"binary\", binarize = \"static\" }", "dataset.binarize",
       "bars holds nothing but 0 and 1"},
      {"dataset.memory_gb = 1.0", "dataset.memory_gb", "stays in memory"},
  };
  for (const Case& c : cases) {
    // The name of the data stands among other keys of [dataset], which may be a table in one line.
    std::string text = c.text, rest = bars;
    const bool in_one_line = text.find("dataset = {") != std::string::npos;
    if (in_one_line) text.replace(text.find("dataset = {"), 11, "dataset = { name = \"bars\",");
    else text += "\ndataset.name = \"bars\"";
    rest.erase(rest.find("[dataset]"), rest.find("[encoder]") - rest.find("[dataset]"));
    const std::string found = fault_of(text + "\n" + rest);
    EXPECT_NE(found.find(c.key + " is "), std::string::npos) << c.text << "\n" << found;
    EXPECT_NE(found.find(c.remedy), std::string::npos) << c.text << "\n" << found;
    EXPECT_TRUE(found.starts_with("exp.toml:")) << found;
  }
}

TEST(Metrics, ThatDoNotFitAreMistakes) {
  const std::string factors = fault_of("evaluate.metrics = [\"reconstruction\", \"factors\"]" + std::string(bars));
  EXPECT_TRUE(
      factors.starts_with("exp.toml:1:20: evaluate.metrics has \"factors\", and bars has no known factors; expected"))
      << factors;
  std::string sprites = bars;
  sprites.replace(sprites.find("bars"), 4, "sprites");
  EXPECT_EQ(fault_of("evaluate.metrics = [\"factors\"]\ndataset.observe = \"binary\"" + sprites).find("known factors"),
            std::string::npos);
  const std::string probes = fault_of("evaluate.metrics = [\"probes\"]" + std::string(bars));
  EXPECT_TRUE(probes.starts_with("exp.toml:1:20: evaluate.metrics has \"probes\", and bars has no labels; expected"))
      << probes;
  EXPECT_EQ(fault_of("evaluate.metrics = [\"probes\"]\ndataset.observe = \"binary\"" + sprites).find("labels"),
            std::string::npos);
  const std::string bounds =
      fault_of("objective.plugin = \"autoencoder\"\nevaluate.metrics = [\"bounds\"]" + std::string(bars));
  EXPECT_NE(bounds.find("evaluate.metrics has \"bounds\" with objective.plugin = \"autoencoder\""), std::string::npos)
      << bounds;
}

TEST(WithoutEffect, OptionsOfPluginsMayNeedTheFilesOtherSections) {
  const std::string first = fault_of("latent_dim = 4" + std::string(bars), {"decoder.first=4"});
  EXPECT_TRUE(first.starts_with("--set decoder.first: decoder.first is 4; expected less than latent_dim, which is 4; "))
      << first;
  EXPECT_EQ(fault_of("latent_dim = 4" + std::string(bars), {"decoder.first=3"}), "no error");
  const std::string width = fault_of("objective.plugin = \"autoencoder\"" + std::string(bars), {"encoder.width=2.0"});
  EXPECT_TRUE(width.starts_with(
      "--set encoder.width: encoder.width is 2.0, which has no effect with objective.plugin = \"autoencoder\"; "))
      << width;
  EXPECT_EQ(fault_of(bars, {"encoder.width=2.0"}), "no error");
  // A variant's other bound takes the setting's effect away, and the setting goes.
  std::string wide = bars;
  wide.insert(wide.find("[decoder]"), "width = 2.0\n");
  fakes::use_own_datasets();
  const auto experiment = experiment::read_text(
      "[[variant]]\nname = \"a\"\n[[variant]]\nname = \"b\"\nobjective.plugin = \"autoencoder\"\n" + wide, "exp.toml");
  const Plan plan = make_plan(experiment, fakes::describe);
  EXPECT_EQ(plan.runs.at(0).encoder.settings.size(), 4u);
  EXPECT_EQ(plan.runs.at(1).encoder.settings.size(), 3u);
}

TEST(WithoutEffect, ComesFromSweepsAndTheCommandLineToo) {
  EXPECT_TRUE(fault_of(bars, {"train.optimizer.momentum=0.9"}).starts_with("--set train.optimizer.momentum: "));
  EXPECT_NE(fault_of("objective.plugin = \"beta\"\n[sweep]\n\"objective.cycle_rise\" = [0.1, 0.2]" + std::string(bars))
                .find("exp.toml:3:27: objective.cycle_rise is 0.1"),
            std::string::npos);
}

TEST(WithoutEffect, SettingsOfAReplacedChoiceAreDropped) {
  const Plan plan = fakes::plan_of(
      "objective = { plugin = \"beta\", beta = 2 }\ntrain.optimizer = { name = \"sgd\", momentum = 0.9 }\n"
      "[[variant]]\nname = \"a\"\n[[variant]]\nname = \"b\"\nobjective.plugin = \"elbo\"\ntrain.optimizer.name = "
      "\"adam\"\n");
  EXPECT_EQ(plan.runs.at(0).objective.settings.at(0).value, Value(2.));
  EXPECT_EQ(plan.runs.at(0).optimizer.momentum, 0.9);
  EXPECT_EQ(plan.runs.at(1).objective.settings.at(0).name, "samples");
  EXPECT_EQ(plan.runs.at(1).optimizer.momentum, 0);
}

TEST(WithoutEffect, EarlyStoppingFindsTheValidationPartThatDataBring) {
  std::string binarized = bars;
  binarized.replace(binarized.find("bars"), 4, "binarized_mnist");
  const std::string found =
      fault_of("train.early_stopping.patience = 3" + binarized);  // at most that the files are not there
  EXPECT_EQ(found.find("early_stopping"), std::string::npos) << found;
}

TEST(WithoutEffect, DataThatTheCommandLineReplacesTakeTheirSettingsAlong) {
  fakes::use_own_datasets();
  std::string text = bars;
  text.replace(text.find("name = \"bars\""), 13, "name = \"sprites\"\nobserve = \"binary\"\nbinarize = \"static\"");
  const auto experiment = experiment::read_text(text, "exp.toml", {"dataset.name=bars"});
  EXPECT_EQ(make_plan(experiment, fakes::describe).runs.at(0).data.binarize, "dynamic");
}

// A typing error in a declaration would make a need that is never met, or never looked at.
TEST(WithoutEffect, EveryNeedOfTheHostIsOfAnOptionAndAValueThatItCanHave) {
  const auto sections = sections_of(elbo::host::Run());
  const auto find = [&](const experiment::Section& from, const std::string& key) -> const Option* {
    for (const auto& section : sections)
      for (const Option& option : section.declared)
        if ((section.name == from.name && option.name == key) || section.name + "." + option.name == key)
          return &option;
    return nullptr;
  };
  int needs = 0;
  for (const auto& section : sections)
    for (const Option& option : section.declared) {
      for (const auto& need : option.needs)
        for (const Requirement& r : need) {
          ++needs;
          const Option* other = find(section, r.key);
          ASSERT_NE(other, nullptr) << option.name << " needs " << r.key;
          for (const Value& value : r.values)
            EXPECT_TRUE(experiment::among_choices(*other, value)) << option.name << " needs " << r.key;
        }
      for (const Limit& limit : option.limits) EXPECT_NE(find(section, limit.key), nullptr) << option.name;
    }
  EXPECT_GT(needs, 30);
}

}  // namespace
}  // namespace elbo::host
