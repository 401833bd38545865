// [search] and [sweep.zip]: what is drawn, and every mistake in a space.
#include "experiment/search.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include <elbo/error.hpp>

#include "experiment/experiment.hpp"

namespace elbo::host::experiment {
namespace {

std::string search_fault(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    read_text(text, "exp.toml", overrides);
  } catch (const UserError& e) {
    return e.what();
  }
  return "no error";
}

std::string space_fault(const std::string& space) {
  return search_fault("[search]\ntrials = 2\n[search.space]\n" + space);
}

/// "0.5" of "train.batch_size" and its like.
std::string value_at(const Variant& variant, const std::string& dotted) {
  const Table* table = &variant.settings;
  const Node* node = nullptr;
  for (const std::string& part : parts_of(dotted)) {
    node = table ? table->find(part) : nullptr;
    if (!node) return "none";
    table = std::get_if<Table>(&node->value);
  }
  return to_string(*node);
}

std::vector<std::string> drawn_values(const std::string& text, const std::string& key) {
  std::vector<std::string> values;
  for (const Variant& variant : read_text(text, "exp.toml").variants) values.push_back(value_at(variant, key));
  return values;
}

std::string searched(int trials, const std::string& space, const std::string& head = "") {
  return head + "[search]\ntrials = " + std::to_string(trials) + "\n[search.space]\n" + space;
}

constexpr const char* two_keys =
    "\"train.optimizer.lr\" = { log_uniform = [1e-4, 1e-2] }\nlatent_dim = { integer = [2, 64] }\n";

}  // namespace

TEST(Search, MakesATrialOfEachDraw) {
  const auto experiment = read_text(searched(3, two_keys), "exp.toml");
  ASSERT_EQ(experiment.variants.size(), 3u);
  EXPECT_EQ(experiment.variants[0].name, "trial 1");
  EXPECT_EQ(experiment.variants[2].trial, 3);
  EXPECT_EQ(experiment.variants[0].swept_keys, (std::vector<std::string>{"train.optimizer.lr", "latent_dim"}));
  EXPECT_EQ(experiment.ends.size(), 2u);
  EXPECT_EQ(value_at(experiment.ends[1], "latent_dim"), "64");
  EXPECT_EQ(experiment.search->trials, 3);
}

// The numbers were computed by Python: sha256("search 1 latent_dim 1 0") and so on, its first 13 hexadecimal digits.
TEST(Search, DrawsTheSameOnEveryMachine) {
  EXPECT_EQ(drawn_values(searched(4, two_keys), "latent_dim"), (std::vector<std::string>{"58", "50", "58", "41"}));
  EXPECT_EQ(drawn_values(searched(4, two_keys), "train.optimizer.lr"),
            (std::vector<std::string>{"0.003537", "0.004386", "0.001969", "0.003259"}));
}

TEST(Search, MoreTrialsAndKeysLeaveTheOthersAsTheyAre) {
  const auto few = drawn_values(searched(5, two_keys), "train.optimizer.lr");
  auto many = drawn_values(searched(50, two_keys), "train.optimizer.lr");
  EXPECT_EQ(std::set<std::string>(many.begin(), many.end()).size(), 50u);
  many.resize(5);
  EXPECT_EQ(many, few);
  EXPECT_EQ(drawn_values(searched(5, "\"train.batch_size\" = { integer = [8, 64] }\n" + std::string(two_keys)),
                         "train.optimizer.lr"),
            few);
  EXPECT_NE(
      drawn_values("[search]\nseed = 2\ntrials = 5\n[search.space]\n" + std::string(two_keys), "train.optimizer.lr"),
      few);
}

// Chi-squared of 10 equal cells has 9 degrees of freedom: above 27.9 with probability 0.001.
TEST(Search, DrawsFollowTheirDistributions) {
  const auto chi_squared = [](const std::string& distribution, const auto& share) {
    std::map<int, double> cells;
    for (const std::string& value :
         drawn_values(searched(2000, "\"train.optimizer.lr\" = " + distribution + "\n"), "train.optimizer.lr"))
      ++cells[std::min(9, static_cast<int>(share(std::stod(value)) * 10))];
    double sum = 0;
    for (int cell = 0; cell < 10; ++cell) sum += std::pow(cells[cell] - 200, 2) / 200;
    return sum;
  };
  EXPECT_LT(chi_squared("{ uniform = [1, 3] }", [](double x) { return (x - 1) / 2; }), 27.9);
  EXPECT_LT(chi_squared("{ log_uniform = [1e-4, 1e-2] }", [](double x) { return std::log10(x / 1e-4) / 2; }), 27.9);
  // Of integers each stands for the interval around it: 1 for [0.5, 1.5) of [0.5, 8.5) on the logarithmic scale.
  int ones = 0;
  for (const std::string& value : drawn_values(
           searched(2000, "latent_dim = { log_integer = [1, 8] }\n\"train.optimizer.lr\" = { uniform = [1, 3] }\n"),
           "latent_dim"))
    ones += value == "1";
  EXPECT_NEAR(ones / 2000., std::log(3) / std::log(17), 0.04);  // 3.7 standard errors
}

TEST(Search, AFiniteSpaceIsGoneThroughWithoutRepetition) {
  const std::string space = "latent_dim = { integer = [1, 3] }\n\"likelihood.plugin\" = { choice = [\"a\", \"b\"] }\n";
  std::set<std::string> seen;
  const Experiment six = read_text(searched(6, space), "exp.toml");
  for (const Variant& variant : six.variants)
    seen.insert(value_at(variant, "latent_dim") + value_at(variant, "likelihood.plugin"));
  EXPECT_EQ(seen.size(), 6u);
  EXPECT_EQ(search_fault(searched(7, space)),
            "exp.toml:2:10: search.trials is 7, and the space has 6 settings (3 of latent_dim x 2 of "
            "likelihood.plugin); expected at most 6; lower trials, or use [sweep], which tries every combination");
}

TEST(Search, AKeyMayBeDrawnForSomeVariantsOnly) {
  const std::string variants = "[[variant]]\nname = \"a\"\n[[variant]]\nname = \"b\"\n";
  const std::string space =
      "latent_dim = { integer = [2, 64] }\n\"prior.components\" = { integer = [2, 9], variants = [\"b\"] }\n";
  const auto experiment = read_text(searched(2, space, variants), "exp.toml");
  ASSERT_EQ(experiment.variants.size(), 4u);
  EXPECT_EQ(experiment.variants[0].name, "a trial 1");
  EXPECT_EQ(experiment.variants[3].swept_from, "b");
  EXPECT_EQ(value_at(experiment.variants[0], "prior.components"), "none");
  EXPECT_NE(value_at(experiment.variants[2], "prior.components"), "none");
  EXPECT_EQ(value_at(experiment.variants[0], "latent_dim"), value_at(experiment.variants[2], "latent_dim"));
  EXPECT_NE(search_fault(searched(2, "latent_dim = { integer = [2, 64], variants = [\"c\"] }", variants))
                .find("latent_dim is drawn for the variant 'c', and there is none"),
            std::string::npos);
  EXPECT_NE(search_fault(searched(2, "latent_dim = { integer = [2, 64], variants = [\"a\"] }", variants))
                .find("search.space has no key of variant 'b', so that all its trials would be the same"),
            std::string::npos);
}

TEST(Search, EveryMistakeHasItsPlace) {
  EXPECT_EQ(search_fault("search = 3"),
            "exp.toml:1:10: search is an integer; expected a section [search] with trials, and a section "
            "[search.space]");
  EXPECT_TRUE(search_fault("[search]\ntrials = 3").starts_with("exp.toml:1:1: search.space is missing; expected"));
  EXPECT_TRUE(search_fault("[search]\n[search.space]\n").starts_with("exp.toml:2:1: search.space is empty; expected"));
  EXPECT_TRUE(
      search_fault(searched(0, two_keys)).starts_with("exp.toml:2:10: search.trials is 0; expected an integer"));
  EXPECT_TRUE(search_fault("[search]\nmethod = \"grid\"\n[search.space]\n" + std::string(two_keys))
                  .starts_with("exp.toml:2:10: search.method is \"grid\"; expected one of \"random\", \"halving\""));
  EXPECT_TRUE(search_fault("[search]\nmin_epochs = 2\n[search.space]\n" + std::string(two_keys))
                  .starts_with("exp.toml:2:14: search.min_epochs is 2, which has an effect only with"));
  EXPECT_EQ(space_fault("latent_dims = { integer = [1, 9] }"),
            "exp.toml:4:1: unknown key 'latent_dims' in [search.space]; did you mean 'latent_dim'?");
  EXPECT_TRUE(space_fault("latent_dim = [1, 9]")
                  .starts_with("exp.toml:4:14: search.space.latent_dim is [1, 9]; expected a distribution (uniform, "));
  EXPECT_EQ(space_fault("latent_dim = { integer = [9, 1] }"),
            "exp.toml:4:26: search.space: integer of latent_dim is [9, 1]; expected a lower bound below the upper one");
  EXPECT_EQ(space_fault("latent_dim = { integer = [1, 9.5] }"),
            "exp.toml:4:26: search.space: integer of latent_dim is [1, 9.5]; expected two integers");
  EXPECT_EQ(space_fault("latent_dim = { integer = 9 }"),
            "exp.toml:4:26: search.space: integer of latent_dim is 9; expected a list of two bounds");
  EXPECT_EQ(
      space_fault("\"train.optimizer.lr\" = { log_uniform = [0, 1] }"),
      "exp.toml:4:40: search.space: log_uniform of train.optimizer.lr is [0, 1]; expected bounds above 0, since it "
      "is drawn on a logarithmic scale");
  EXPECT_TRUE(space_fault("latent_dim = { choice = [] }")
                  .starts_with("exp.toml:4:25: search.space: choice of latent_dim is []; expected two values or more"));
  EXPECT_EQ(space_fault("latent_dim = { choice = [2, 2] }"),
            "exp.toml:4:29: search.space: choice of latent_dim has 2 twice; expected each once");
  EXPECT_EQ(space_fault("latent_dim = { integer = [1, 9], choice = [1, 2] }"),
            "exp.toml:4:43: search.space: latent_dim has both integer and choice; expected one distribution");
  EXPECT_TRUE(space_fault("latent_dim = { integer = [1, 9], log = true }")
                  .starts_with("exp.toml:4:34: unknown key 'log' in [search.space.latent_dim]"));
  EXPECT_NE(space_fault("\"dataset.valid\" = { choice = [10, 20] }")
                .find("search.space has dataset.valid, of which the number depends by which trials are compared"),
            std::string::npos);
}

TEST(Search, MayNotVaryWhatIsVariedOtherwise) {
  EXPECT_EQ(
      search_fault("[sweep]\nlatent_dim = [1, 2]\n" + searched(2, two_keys)),
      "exp.toml:7:1: [search.space] varies latent_dim, which [sweep] varies too (exp.toml:2:1); expected it once; "
      "remove one");
  EXPECT_EQ(
      search_fault(searched(2, two_keys), {"latent_dim=3"}),
      "--set latent_dim: [search.space] varies latent_dim (exp.toml:5:1); set search.space.'latent_dim'={ integer "
      "= [...] } instead");
  EXPECT_TRUE(search_fault("seeds = { until = \"decided\" }\n" + searched(2, two_keys))
                  .starts_with("exp.toml:1:9: seeds until decided of the trials of a [search]"));
  EXPECT_NE(search_fault("max_runs = 5\nseeds = [1, 2]\n" + searched(3, two_keys))
                .find("1 variant x 2 seeds x 3 trials are 6 runs; expected at most 5"),
            std::string::npos);
  EXPECT_EQ(read_text(searched(2, two_keys), "exp.toml", {"search.trials=7"}).variants.size(), 7u);
}

TEST(Search, IsMadeOfEachPointOfASweep) {
  const auto experiment = read_text("[sweep]\n\"train.batch_size\" = [8, 16]\n" + searched(2, two_keys), "exp.toml");
  ASSERT_EQ(experiment.variants.size(), 4u);
  EXPECT_EQ(experiment.variants[2].name, "train.batch_size=16 trial 1");
  EXPECT_EQ(experiment.variants[2].swept_from, "train.batch_size=16");
}

TEST(Zip, ListsAreGoneThroughTogether) {
  const auto experiment = read_text(
      "[sweep]\nlatent_dim = [2, 5]\n[sweep.zip]\n\"train.batch_size\" = [8, 16]\ntrain.optimizer.lr = [0.1, 0.2]\n",
      "exp.toml");
  ASSERT_EQ(experiment.variants.size(), 4u);
  EXPECT_EQ(experiment.variants[1].name, "latent_dim=2 train.batch_size=16 train.optimizer.lr=0.2");
  EXPECT_EQ(value_at(experiment.variants[1], "train.optimizer.lr"), "0.2");
  const auto two = read_text(
      "[[sweep.zip]]\nlatent_dim = [2, 5]\ntrain.batch_size = [8, 16]\n[[sweep.zip]]\ntrain.clip_norm = [1.0, 2.0]\n"
      "train.optimizer.lr = [0.1, 0.2]\n",
      "exp.toml");
  EXPECT_EQ(two.variants.size(), 4u);
  EXPECT_EQ(two.variants[3].name, "latent_dim=5 train.batch_size=16 train.clip_norm=2.0 train.optimizer.lr=0.2");
}

TEST(Zip, EveryMistakeHasItsPlace) {
  EXPECT_EQ(
      search_fault("[sweep.zip]\nlatent_dim = [2, 5]\ntrain.batch_size = [8]"),
      "exp.toml:3:7: sweep.zip.train.batch_size has 1 value and sweep.zip.latent_dim has 2; expected equally many, "
      "since they are taken in pairs");
  EXPECT_TRUE(search_fault("[sweep.zip]\nlatent_dim = [2, 5]")
                  .starts_with("exp.toml:1:1: sweep.zip has 1 key; expected two or more"));
  EXPECT_TRUE(
      search_fault("[sweep]\nzip = 3").starts_with("exp.toml:2:7: sweep.zip is an integer; expected a section"));
  EXPECT_EQ(
      search_fault("[sweep]\nlatent_dim = [2]\n[sweep.zip]\nlatent_dim = [2, 5]\ntrain.batch_size = [8, 16]"),
      "exp.toml:4:1: [sweep] varies latent_dim, which [sweep] varies too (exp.toml:2:1); expected it once; remove "
      "one");
}

}  // namespace elbo::host::experiment
