#include "plan/run.hpp"

#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "plan/run_identity.hpp"
#include "unit/plan/support.hpp"

namespace elbo::host {
namespace {

using fakes::plan_of;

Run sample_run() {
  elbo::host::Run run = plan_of("name = \"e\"\ndescription = \"d\"\n").runs.at(0);
  run.seed = 9007199254740993;  // does not fit a double
  run.train.clip_norm = 4.0;
  run.optimizer.lr = 0.1 + 0.2;
  run.likelihood.settings = {{"yes", true},
                             {"whole", int64_t{3}},
                             {"number", 3.0},
                             {"large", 1e20},
                             {"text", std::string("3")},
                             {"integers", std::vector<int64_t>{1, 2}},
                             {"numbers", std::vector<double>{1.0, 2.0}},
                             {"strings", std::vector<std::string>{"1"}},
                             {"no integers", std::vector<int64_t>()},
                             {"no numbers", std::vector<double>()},
                             {"no strings", std::vector<std::string>()},
                             {"no text", std::string()}};
  return run;
}

TEST(Run, ComesBackFromJsonExactly) {
  const elbo::host::Run run = sample_run();
  const elbo::host::Run back = run_from_json(nlohmann::ordered_json::parse(to_json(run).dump()));
  EXPECT_EQ(to_json(back).dump(), to_json(run).dump());
  EXPECT_EQ(back.id(), run.id());
  EXPECT_EQ(back.seed, run.seed);
  EXPECT_EQ(back.optimizer.lr, run.optimizer.lr);
  EXPECT_EQ(back.likelihood.kind, "likelihood");
  ASSERT_EQ(back.likelihood.settings.size(), run.likelihood.settings.size());
  for (size_t i = 0; i < run.likelihood.settings.size(); ++i) {
    EXPECT_EQ(back.likelihood.settings[i].name, run.likelihood.settings[i].name);
    EXPECT_EQ(back.likelihood.settings[i].value, run.likelihood.settings[i].value) << run.likelihood.settings[i].name;
  }
}

TEST(Run, SaysWhatIsMissingInItsJson) {
  auto json = to_json(sample_run());
  json.erase("train");
  try {
    run_from_json(json);
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("'train'"), std::string::npos) << e.what();
  }
}

TEST(Run, ItsIdentityIsWrittenAsThatOfItsJson) {
  const auto is_that_of_json = [](const elbo::host::Run& run) {
    EXPECT_EQ(identity_text(run), identity_of(to_json(run)).dump());
    EXPECT_EQ(run.id(), sha256(identity_of(to_json(run)).dump()).substr(0, 16));
  };
  elbo::host::Run run = sample_run();
  is_that_of_json(run);
  run.likelihood.name = "a \"quoted\" \\ name\nof two lines, \xc3\xa9";
  run.likelihood.parts = {{"rest", {"a", "b"}, run.encoder}, {"c", {"c"}, run.prior}};
  run.schedule.milestones = {1, 20};
  run.data.resize = {28, 28};
  run.evaluate.metrics = {"bounds"};
  is_that_of_json(run);
  for (const elbo::host::Run& swept : plan_of("seeds = [1, 2]\n[sweep]\nlatent_dim = [2, 3]\n").runs)
    is_that_of_json(swept);
}

TEST(Run, IdIgnoresWhatDoesNotDecideTheResult) {
  const elbo::host::Run run = sample_run();
  elbo::host::Run other = run;
  other.experiment = "another";
  other.description = "another";
  other.variant = "another";
  other.data.name = "";
  other.data.path = "/elsewhere";
  other.encoder.path = "/elsewhere.so";
  other.train.checkpoint_seconds = 1;
  other.train.device = "cuda";
  other.evaluate.batch_size = 7;
  other.objective_summary.remarks = {"another"};
  EXPECT_EQ(other.id(), run.id());
  EXPECT_EQ(run.id().size(), 16u);
}

TEST(Run, IdDependsOnTheOrderOfNoOption) {
  const elbo::host::Run run = sample_run();
  elbo::host::Run other = run;
  std::swap(other.likelihood.settings[0], other.likelihood.settings[3]);
  EXPECT_EQ(other.id(), run.id());
}

TEST(Run, IdChangesWithWhatDecidesTheResult) {
  const elbo::host::Run run = sample_run();
  const auto changed = [&](auto&& change) {
    elbo::host::Run other = run;
    change(other);
    return other.id() != run.id();
  };
  EXPECT_TRUE(changed([](elbo::host::Run& r) { r.seed = 2; }));
  EXPECT_TRUE(changed([](elbo::host::Run& r) { r.latent_dim = 2; }));
  EXPECT_TRUE(changed([](elbo::host::Run& r) { r.data_record.facts["test"] = 7; }));
  EXPECT_TRUE(changed([](elbo::host::Run& r) { r.data.observe = "real"; }));
  EXPECT_TRUE(changed([](elbo::host::Run& r) { r.objective.settings.push_back({"beta", 2.}); }));
  EXPECT_TRUE(changed([](elbo::host::Run& r) { r.optimizer.lr = 0.3; }));
  EXPECT_TRUE(changed([](elbo::host::Run& r) { r.schedule.milestones = {4}; }));
  EXPECT_TRUE(changed([](elbo::host::Run& r) { r.evaluate.importance_samples = 3; }));
  EXPECT_TRUE(changed([](elbo::host::Run& r) { r.evaluate.evidence = "importance"; }));
  EXPECT_TRUE(changed([](elbo::host::Run& r) { r.log.latents = 3; }));
  EXPECT_TRUE(changed([](elbo::host::Run& r) { r.likelihood.settings[2].value = int64_t{3}; }));  // 3.0 is not 3
  for (const char* kind : {"encoder", "decoder", "prior", "likelihood", "objective"})
    EXPECT_TRUE(changed([&](elbo::host::Run& r) {
      for_each_plugin(r, [&](const std::string& k, PluginChoice& choice) {
        if (k == kind) choice.sha256 = "rebuilt";
      });
    })) << kind;
}

// Ids name what people have trained; an option that is added later must not change those of runs without it.
TEST(Run, YoungerOptionsArePartOfAnIdOnlyWhereTheyAreSet) {
  elbo::host::Run run = sample_run();
  const std::string before = identity_text(run);
  for (const char* key :
       {"encoder_lr", "objective_lr", "patience\":10", "min_lr", "accumulate", "average_decay", "keep\":\"last"})
    EXPECT_EQ(before.find(key), std::string::npos) << key;
  run.optimizer.decoder_lr = 1e-4;
  run.schedule.patience = 11;
  run.train.accumulate = 2;
  run.train.keep = "best";
  const std::string set = identity_text(run);
  EXPECT_NE(set.find("\"decoder_lr\":0.0001"), std::string::npos) << set;
  EXPECT_NE(set.find("\"patience\":11"), std::string::npos) << set;
  EXPECT_NE(set.find("\"accumulate\":2"), std::string::npos) << set;
  EXPECT_NE(set.find("\"keep\":\"best\""), std::string::npos) << set;
  EXPECT_EQ(set, identity_of(to_json(run)).dump());
}

TEST(Run, FolderNamesVariantSeedAndId) {
  elbo::host::Run run = sample_run();
  run.seed = 3;
  run.variant = "Gaussian, sigma = 1";
  EXPECT_EQ(run.folder(), "gaussian-sigma-1-seed3-" + run.id().substr(0, 8));
  run.variant = std::string(400, 'x');
  EXPECT_LT(run.folder().size(), 200u);
}

}  // namespace
}  // namespace elbo::host
