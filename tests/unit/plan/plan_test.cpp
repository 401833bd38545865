#include "plan/plan.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"
#include "unit/plan/support.hpp"

namespace elbo::host {
namespace {

using fakes::bars;
using fakes::fault_of;
using fakes::plan_of;

TEST(Plan, HasEveryVariantWithEverySeed) {
  const Plan plan = plan_of("name = \"e\"\nseeds = [1, 2]\n[sweep]\nlatent_dim = [2, 3]\n");
  ASSERT_EQ(plan.runs.size(), 4u);
  EXPECT_EQ(plan.experiment, "e");
  EXPECT_EQ(plan.runs[1].variant, "latent_dim=2");
  EXPECT_EQ(plan.runs[1].seed, 2);
  EXPECT_EQ(plan.runs[2].latent_dim, 3);
}

TEST(Plan, SaysWhichSweepAVariantIsAPointOf) {
  const Plan swept = plan_of("[[variant]]\nname = \"a\"\n[sweep]\nlatent_dim = [2, 3]\ntrain.batch_size = [10, 20]\n");
  for (const elbo::host::Run& run : {swept.runs[0], run_from_json(to_json(swept.runs[3]))}) {
    EXPECT_EQ(run.sweep.of, "a");
    EXPECT_EQ(run.sweep.points, 4);
    EXPECT_EQ(run.sweep.keys, (std::vector<std::string>{"latent_dim", "train.batch_size"}));
  }
  const Plan alone = plan_of("latent_dim = 3\ntrain.batch_size = 20\n");
  EXPECT_TRUE(alone.runs[0].sweep.keys.empty());
  EXPECT_EQ(alone.runs[0].id(), swept.runs[3].id());  // how it came about decides nothing
}

TEST(Plan, FillsInEveryDefault) {
  const elbo::host::Run run = plan_of().runs.at(0);
  EXPECT_EQ(run.latent_dim, 20);
  EXPECT_EQ(run.train.max_epochs, 100);
  EXPECT_EQ(run.optimizer.name, "adam");
  ASSERT_EQ(run.encoder.settings.size(), 4u);
  EXPECT_EQ(std::get<std::vector<int64_t>>(run.encoder.settings[0].value), std::vector<int64_t>{500});
  EXPECT_EQ(std::get<std::vector<int64_t>>(run.decoder.settings[0].value), (std::vector<int64_t>{32, 64}));
  EXPECT_EQ(run.likelihood.kind, "likelihood");
  EXPECT_EQ(run.likelihood.sha256, "hash of likelihood:bernoulli");
  EXPECT_EQ(run.data_record.fingerprint().size(), 64u);
}

TEST(Plan, ReadsTheTablesBelowTrain) {
  const elbo::host::Run run = plan_of(
                                  "[train]\nclip_norm = 5\noptimizer = { name = \"sgd\" }\n"
                                  "schedule = { name = \"steps\", milestones = [3] }\nearly_stopping.patience = 4\n",
                                  {"dataset.valid=100"})
                                  .runs.at(0);
  EXPECT_EQ(run.train.clip_norm, 5.0);
  EXPECT_EQ(run.optimizer.name, "sgd");
  EXPECT_EQ(run.schedule.milestones, std::vector<int64_t>{3});
  EXPECT_EQ(run.early_stopping.patience, 4);
}

TEST(Plan, AsksEachPluginOnce) {
  fakes::use_own_datasets();
  int asked = 0;
  const auto counting = [&](const std::string& kind, const std::string& name, const std::filesystem::path& path) {
    ++asked;
    return fakes::describe(kind, name, path);
  };
  make_plan(experiment::read_text("[sweep]\nlatent_dim = [2, 3, 4]\n" + std::string(bars), "exp.toml"), counting);
  EXPECT_EQ(asked, 5);
}

TEST(Plan, TakesPathsOfAFileFromItsFolder) {
  fakes::use_own_datasets();
  const auto experiment =
      experiment::read_text(bars + std::string("path = \"mine/own.so\"\n"), "/some/folder/exp.toml");
  EXPECT_EQ(make_plan(experiment, fakes::describe).runs.at(0).likelihood.path, "/some/folder/mine/own.so");
}

TEST(Plan, TakesPathsOfTheCommandLineFromTheCurrentFolder) {
  const Plan plan = plan_of("", {"likelihood.path=mine/own.so"});
  EXPECT_EQ(plan.runs.at(0).likelihood.path, std::filesystem::current_path() / "mine/own.so");
}

TEST(Plan, AllowsTheDeterministicAutoencoder) {
  const Plan plan = plan_of("objective.plugin = \"autoencoder\"\n");
  EXPECT_EQ(plan.runs.at(0).objective.name, "autoencoder");
  EXPECT_FALSE(plan.runs.at(0).objective_summary.has_posterior);
}

TEST(Plan, MaximisesTheElboWhereNothingElseIsSaid) {
  EXPECT_EQ(plan_of().runs.at(0).objective.name, "elbo");
  EXPECT_EQ(plan_of("objective.samples = 3\n").runs.at(0).objective.settings.at(0).value, Value(int64_t{3}));
}

// A formula and whether it is a bound depend on the settings, so each objective is asked with its own, all of them at once.
TEST(Plan, AsksTheObjectivesOfAllVariantsAtOnceAndFaultsWhatTheyRefuse) {
  fakes::use_own_datasets();
  int asked = 0;
  const AskObjectives objectives = [&](std::span<const plugins::PluginQuestion> questions) {
    ++asked;
    std::vector<plugins::ObjectiveAnswer> answers(questions.size());
    answers.at(0).summary.samples = std::get<int64_t>(questions[0].settings.at(0).value);
    if (questions.size() > 1) answers.at(1).fault = "objective:iwae: it refuses";
    return answers;
  };
  const std::string sweep = "objective.plugin = \"iwae\"\n[sweep]\n\"objective.samples\" = ";
  EXPECT_EQ(make_plan(experiment::read_text(sweep + "[7]" + bars, "exp.toml"), fakes::describe, {}, objectives)
                .runs.at(0)
                .objective_summary.samples,
            7);
  try {
    make_plan(experiment::read_text(sweep + "[7, 8]" + bars, "exp.toml"), fakes::describe, {}, objectives);
    FAIL();
  } catch (const UserError& e) {
    EXPECT_NE(std::string(e.what()).find("objective:iwae: it refuses"), std::string::npos) << e.what();
  }
  EXPECT_EQ(asked, 2);
}

// What is the same for all runs is asked once, however many there are.
TEST(Plan, AsksAPluginOnceForAllVariantsOfASweep) {
  fakes::use_own_datasets();
  size_t described = 0, questions = 0;
  const DescribePlugin describe = [&](const std::string& kind, const std::string& name, const auto& path) {
    ++described;
    return fakes::describe(kind, name, path);
  };
  const AskObjectives objectives = [&](std::span<const plugins::PluginQuestion> asked) {
    questions += asked.size();
    return std::vector<plugins::ObjectiveAnswer>(asked.size());
  };
  std::string rates;
  for (int i = 1; i <= 500; ++i) rates += std::to_string(i) + "e-5, ";
  const std::string sweep =
      "seeds = [1, 2]\n[sweep]\n\"train.optimizer.lr\" = [" + rates + "]\n\"objective.samples\" = [1, 2]\n";
  const Plan plan = make_plan(experiment::read_text(sweep + bars, "exp.toml"), describe, {}, objectives);
  EXPECT_EQ(plan.runs.size(), 2000u);
  EXPECT_EQ(described, 5u);
  EXPECT_EQ(questions, 2u);
}

TEST(Plan, IsWrittenARunAtATimeAsItsJsonIs) {
  Plan plan = plan_of("description = \"two\\nlines\"\n[sweep]\nlatent_dim = [2, 3]\n");
  EXPECT_EQ(json_text(plan), to_json(plan).dump(2));
  plan.looks = {{{"measure", "m"}}};
  plan.runs.pop_back();
  EXPECT_EQ(json_text(plan), to_json(plan).dump(2));
  plan.runs.clear();
  EXPECT_EQ(json_text(plan), to_json(plan).dump(2));
}

// As a sweep of batch sizes beyond the data makes them.
TEST(Plan, ListsTheFirstOfManyMistakesOfAKindAndSaysHowManyMoreThereAre) {
  std::string sizes;
  for (int i = 1; i <= 50; ++i) sizes += std::to_string(100000 + i) + ", ";
  const std::string fault =
      fault_of("train.max_epoch = 3\n" + std::string(bars) + "[sweep]\n\"train.batch_size\" = [" + sizes + "]\n");
  EXPECT_NE(fault.find("unknown key 'max_epoch'"), std::string::npos) << fault;
  const std::string same = fault_of(std::string(bars) + "[sweep]\n\"train.batch_size\" = [" + sizes + "]\n");
  EXPECT_EQ(std::count(same.begin(), same.end(), '\n'), 5) << same;
  EXPECT_TRUE(same.ends_with("\nand 44 more of this kind")) << same;
  EXPECT_NE(same.find("'train.batch_size=100001' and 'train.batch_size=100002' would be the same run"),
            std::string::npos)
      << same;
}

TEST(Plan, RefusesALatentSpaceOfNoDimensions) {
  EXPECT_EQ(
      fault_of("latent_dim = 0" + std::string(bars)),
      "exp.toml:1:14: latent_dim is 0; expected an integer from 1 to 1000000 (size of the latent space; without a "
      "dimension nothing could be encoded)");
}

TEST(Plan, RefusesUnknownKeysOfSectionsAndPlugins) {
  EXPECT_EQ(
      fault_of("[train]\nepochs = 3" + std::string(bars)),
      "exp.toml:2:1: unknown key 'epochs' in [train]; there are: optimizer, schedule, early_stopping, max_epochs, "
      "batch_size, test_every, clip_norm, checkpoint_seconds, keep_state, time_limit_seconds, memory_limit_gb, "
      "threads, precision, "
      "device, parameter_prior, gradient_scale, start_from, freeze, accumulate, average_decay, keep");
  EXPECT_EQ(fault_of("[train]\noptimizer = { beta3 = 3 }" + std::string(bars)),
            "exp.toml:2:15: unknown key 'beta3' in [train.optimizer]; did you mean 'beta1'?");
  EXPECT_EQ(fault_of(bars, {"encoder.hiden=[3]"}),
            "--set encoder.hiden: unknown key 'hiden' in [encoder]; did you mean 'hidden'?");
}

TEST(Plan, RefusesWrongTypesOfPluginOptions) {
  EXPECT_EQ(
      fault_of(bars, {"encoder.hidden=big"}),
      "--set encoder.hidden: encoder.hidden is \"big\", a string; expected a list of integers (said by the test)");
  EXPECT_EQ(fault_of(bars, {"likelihood.plugin=3"}),
            "--set likelihood.plugin: likelihood.plugin is 3, an integer; expected a string");
  EXPECT_EQ(fault_of(bars, {"train=3"}).substr(0, 71),
            "--set train: train is 3, an integer; expected a table, as in [train]");
}

TEST(Plan, RefusesAnUnknownPluginAtItsPlace) {
  EXPECT_EQ(fault_of("[likelihood]\nplugin = \"bernouilli\"\n[encoder]\nplugin = \"mlp\"\n[decoder]\nplugin = \"mlp\"\n"
                     "[prior]\nplugin = \"standard_normal\"\n[dataset]\nname = \"bars\""),
            "exp.toml:2:10: likelihood:bernouilli: no such plugin; there are: bernoulli, gaussian");
}

TEST(Plan, RefusesMissingPartsAllAtOnce) {
  EXPECT_EQ(fault_of("[encoder]\nhidden = [3]"),
            "exp.toml:1:1: no encoder; expected a section [encoder] with plugin = \"...\"\n"
            "exp.toml: no decoder; expected a section [decoder] with plugin = \"...\"\n"
            "exp.toml: no prior; expected a section [prior] with plugin = \"...\"\n"
            "exp.toml: no likelihood; expected a section [likelihood] with plugin = \"...\"\n"
            "exp.toml: no data; expected in [dataset] either name = \"...\" or path = \"...\"; elbo data list shows "
            "the names");
}

TEST(Plan, AnEmptyNameIsNoPlugin) {
  for (const std::string kind : {"encoder", "prior", "likelihood"})
    EXPECT_TRUE(fault_of(bars, {kind + ".plugin="}).find("no " + kind + "; expected a section [" + kind + "]") !=
                std::string::npos)
        << fault_of(bars, {kind + ".plugin="});
}

TEST(Plan, RefusesAnUnknownDataSetAtItsPlace) {
  const std::string found = fault_of(bars, {"dataset.name=barz"});
  EXPECT_EQ(found.rfind("--set dataset.name: ", 0), 0u) << found;
  EXPECT_NE(found.find("'bars'"), std::string::npos) << found;
}

TEST(Plan, RefusesALikelihoodThatDoesNotFitTheData) {
  const std::string found = fault_of(bars, {"dataset.name=linear_gaussian", "dataset.observe=real"});
  EXPECT_EQ(found.rfind("exp.toml:", 0), 0u) << found;
  EXPECT_NE(found.find("bernoulli"), std::string::npos) << found;
  EXPECT_NE(found.find("real"), std::string::npos) << found;
}

TEST(Plan, RefusesASplitWithoutTrainingData) {
  const std::string found = fault_of(bars, {"dataset.valid=10000"});
  EXPECT_EQ(found.rfind("--set dataset.valid: ", 0), 0u) << "at the key that is at fault: " << found;
  EXPECT_NE(found.find("training data"), std::string::npos) << found;
}

TEST(Plan, RefusesTwoVariantsThatAreTheSameRun) {
  const std::string found =
      fault_of("[[variant]]\nname = \"a\"\n[[variant]]\nname = \"b\"\nlatent_dim = 20" + std::string(bars));
  EXPECT_TRUE(found.starts_with("exp.toml:4:8: variants 'a' and 'b' would be the same run; ")) << found;
}

/// What is said of two variants, one of which has these lines besides.
std::string fault_of_twins(const std::string& base, const std::string& other,
                           const std::vector<std::string>& overrides = {}) {
  return fault_of(base + "\n[[variant]]\nname = \"a\"\n[[variant]]\nname = \"b\"\n" + other + bars, overrides);
}

TEST(Plan, RefusesVariantsThatDifferInNothingThatHasAnEffect) {
  const std::pair<std::string, std::string> twins[] = {
      {"train.batch_size = 20000", "train.batch_size = 30000"},  // of 10,000 data
      {"train.device = \"cpu\"", "train.device = \"auto\""},
      {"log.images = 4", "log.images = 9"},
      {"train.test_every = 2", "train.test_every = 3"},
      {"train.checkpoint_seconds = 5", "train.checkpoint_seconds = 6"},
      {"evaluate.images = 20000", "evaluate.images = 30000"},
      {"train.optimizer.name = \"adam\"", "train.optimizer.name = \"adamw\""}};  // without weight decay
  for (const auto& [base, other] : twins) {
    const std::string found = fault_of_twins(base, other), key = other.substr(0, other.find(' '));
    EXPECT_NE(found.find("variants 'a' and 'b' would be the same run: they differ in "), std::string::npos) << found;
    EXPECT_NE(found.find(key), std::string::npos) << found;
    EXPECT_NE(found.find("no effect"), std::string::npos) << found;
  }
}

/// What is said of variants a and b, of which b has these lines besides, when the worker's first steps give these digests.
std::string fault_of_steps(const std::string& other, const std::vector<std::string>& digests) {
  fakes::use_own_datasets();
  const auto experiment = experiment::read_text(
      "[[variant]]\nname = \"a\"\n[[variant]]\nname = \"b\"\n" + other + std::string(bars), "exp.toml");
  const auto ask = [&](std::span<const elbo::host::Run> runs) {
    std::vector<elbo::host::FirstSteps> answers;
    for (size_t i = 0; i < runs.size(); ++i) answers.push_back({.digest = digests[i], .fault = "", .untried = ""});
    return answers;
  };
  try {
    make_plan(experiment, fakes::describe, {}, {}, ask);
  } catch (const UserError& e) {
    return e.what();
  }
  return "no error";
}

// objective.kl, for one, chooses between two estimates of which there is one where the pair of encoder and prior has no closed form.
TEST(Plan, VariantsWhoseFirstStepsAreTheSameAreTheSameRun) {
  EXPECT_EQ(fault_of_steps("objective.kl = \"monte_carlo\"", {"1", "2"}), "no error");
  EXPECT_EQ(fault_of_steps("objective.kl = \"monte_carlo\"", {"", ""}), "no error");
  const std::string found = fault_of_steps("objective.kl = \"monte_carlo\"", {"1", "1"});
  EXPECT_NE(found.find("variants 'a' and 'b' would be the same run: they differ in objective.kl (\"analytic\" and "
                       "\"monte_carlo\")"),
            std::string::npos)
      << found;
}

TEST(Plan, FirstStepsAreAskedOfVariantsThatDifferInOptionsOfPluginsAlone) {
  EXPECT_EQ(fault_of_steps("train.batch_size = 7", {"1", "1"}), "no error");
  EXPECT_EQ(fault_of_steps("latent_dim = 7", {"1", "1"}), "no error");
}

TEST(Plan, KeepsVariantsThatDifferInSomethingThatHas) {
  const std::pair<std::string, std::string> pairs[] = {
      {"train.batch_size = 20", "train.batch_size = 30"},
      {"evaluate.images = 20", "evaluate.images = 30"},
      {"train.threads = 1", "train.threads = 2"},
      {"", "objective.samples = 2"},
      {"", "objective.plugin = \"autoencoder\""},
      {"train.optimizer = { name = \"adam\", weight_decay = 0.1 }", "train.optimizer.name = \"adamw\""},
      {"train.test_every = 2\ntrain.early_stopping.patience = 3", "train.test_every = 3"}};
  for (const auto& [base, other] : pairs) EXPECT_EQ(fault_of_twins(base, other, {"dataset.valid=10"}), "no error");
}

TEST(Plan, ReportsAMistakeOfTheBaseOnce) {
  EXPECT_EQ(fault_of("train.batch_size = 0\n[sweep]\nlatent_dim = [2, 3]" + std::string(bars)),
            "exp.toml:1:20: train.batch_size is 0; expected an integer from 1 to 1000000000 (data in one step)");
}

TEST(Plan, ComesBackFromItsFile) {
  const Plan plan = plan_of("description = \"d\"\nseeds = [1, 2]\n");
  const auto file = std::filesystem::path(::testing::TempDir()) / "elbo_plan_test.json";
  write_plan(plan, file);
  const Plan back = read_plan(file);
  std::filesystem::remove(file);
  EXPECT_EQ(to_json(back).dump(), to_json(plan).dump());
  EXPECT_EQ(back.runs.at(1).id(), plan.runs.at(1).id());
  EXPECT_EQ(back.experiment_toml, plan.experiment_toml);
}

TEST(Plan, GrowsByTheSeedsOfAVariant) {
  Plan plan = plan_of("seeds = { until = \"decided\", looks = [3, 4, 6] }\n[sweep]\nlatent_dim = [2, 3]\n");
  ASSERT_EQ(plan.runs.size(), 6u);
  ASSERT_TRUE(seed_rule_of(plan));
  const std::string first = plan.runs[0].id();
  EXPECT_EQ(add_seeds(plan, {{"latent_dim=2", 4}, {"latent_dim=3", 3}}), 1u);
  EXPECT_EQ(add_seeds(plan, {{"latent_dim=2", 6}}), 2u);
  EXPECT_EQ(add_seeds(plan, {{"latent_dim=2", 6}}), 0u);
  ASSERT_EQ(plan.runs.size(), 9u);
  EXPECT_EQ(plan.runs[5].seed, 6);  // variant by variant
  EXPECT_EQ(plan.runs[5].latent_dim, 2);
  EXPECT_EQ(plan.runs[6].latent_dim, 3);
  EXPECT_EQ(plan_of("seeds = [1]\n[sweep]\nlatent_dim = [2, 3]\n").runs[0].id(),
            first);  // the rule is no setting of a run
  plan.looks = nlohmann::ordered_json::array({{{"seeds", 3}}});
  const Plan back = plan_from_json(to_json(plan));
  EXPECT_EQ(back.looks, plan.looks);
  EXPECT_EQ(seed_rule_of(back), seed_rule_of(plan));
}

TEST(Plan, RefusesAPlanOfAnotherFormatOrNone) {
  const auto file = std::filesystem::path(::testing::TempDir()) / "elbo_plan_test_bad.json";
  const auto fault = [&](const std::string& text) {
    write_atomically(file, text);
    try {
      read_plan(file);
    } catch (const Error& e) {
      return std::string(e.what()).substr(file.string().size());
    }
    return std::string("no error");
  };
  EXPECT_EQ(fault("{\"format\": 2}"), ": plan: format 2; this program reads format 1; plan the experiment again");
  EXPECT_EQ(fault("{\"format\": 1,").substr(0, 30), ": plan: is not JSON from byte ");
  EXPECT_EQ(fault("{\"format\": 1}"), ": plan: not as this program writes it: key 'experiment' not found");
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace elbo::host
