#include "experiment/experiment.hpp"

#include <gtest/gtest.h>

#include <elbo/error.hpp>

namespace elbo::host::experiment {
namespace {

std::string fault_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    read_text(text, "exp.toml", overrides);
  } catch (const UserError& e) {
    return e.what();
  }
  return "no error";
}

std::string setting(const Variant& variant, const std::string& section, const std::string& key) {
  const Node* node = variant.settings.find(section);
  if (!node) return "no section";
  if (key.empty()) return to_string(*node);
  const Node* value = std::get<Table>(node->value).find(key);
  return value ? to_string(*value) : "no key";
}

std::vector<std::string> names(const Experiment& experiment) {
  std::vector<std::string> names;
  for (const Variant& variant : experiment.variants) names.push_back(variant.name);
  return names;
}

using Names = std::vector<std::string>;

constexpr const char* two_variants = R"(
latent_dim = 10
[likelihood]
plugin = "gaussian"
scale = "fixed"
[train]
max_epochs = 7
optimizer = { name = "sgd", lr = 0.5 }
[[variant]]
name = "same plugin"
likelihood = { plugin = "gaussian", width = 2.0 }
train.optimizer.lr = 0.25
[[variant]]
name = "other plugin"
likelihood = { plugin = "laplace" }
latent_dim = 3
)";

TEST(Experiment, HasTheNameOfItsFileByDefault) {
  EXPECT_EQ(read_text("", "some/where/bars.toml").name, "bars");
  EXPECT_EQ(read_text("name = \"stripes\"", "bars.toml").name, "stripes");
}

TEST(Experiment, WithoutVariantsHasOne) {
  const auto experiment = read_text("latent_dim = 4", "exp.toml");
  EXPECT_EQ(names(experiment), Names{"default"});
  EXPECT_EQ(setting(experiment.variants[0], "latent_dim", ""), "4");
  EXPECT_EQ(experiment.seeds, std::vector<int64_t>{1});
}

TEST(Experiment, MergesAVariantTableByTable) {
  const auto experiment = read_text(two_variants, "exp.toml");
  ASSERT_EQ(names(experiment), (Names{"same plugin", "other plugin"}));
  const Variant& same = experiment.variants[0];
  EXPECT_EQ(setting(same, "likelihood", ""), "{plugin = \"gaussian\", scale = \"fixed\", width = 2.0}");
  EXPECT_EQ(setting(same, "train", "optimizer"), "{name = \"sgd\", lr = 0.25}");
  EXPECT_EQ(setting(same, "train", "max_epochs"), "7");
  EXPECT_EQ(setting(same, "latent_dim", ""), "10");
}

TEST(Experiment, DropsTheOptionsOfAPluginThatAVariantReplaces) {
  const Variant other = read_text(two_variants, "exp.toml").variants[1];
  EXPECT_EQ(setting(other, "likelihood", ""), "{plugin = \"laplace\"}");
  EXPECT_EQ(setting(other, "latent_dim", ""), "3");
}

TEST(Experiment, SweepsEveryCombinationWithTheLastKeyFastest) {
  const auto experiment = read_text("[sweep]\nlatent_dim = [2, 5]\n\"likelihood.plugin\" = [\"a\", \"b\"]", "exp.toml");
  EXPECT_EQ(names(experiment), (Names{"latent_dim=2 likelihood.plugin=a", "latent_dim=2 likelihood.plugin=b",
                                      "latent_dim=5 likelihood.plugin=a", "latent_dim=5 likelihood.plugin=b"}));
  EXPECT_EQ(setting(experiment.variants[2], "latent_dim", ""), "5");
  EXPECT_EQ(setting(experiment.variants[2], "likelihood", "plugin"), "\"a\"");
}

TEST(Experiment, SweepsKeysInTheOrderOfTheFile) {
  const auto experiment = read_text("[sweep]\ntrain.batch_size = [8]\nlatent_dim = [2]", "exp.toml");
  EXPECT_EQ(names(experiment), Names{"train.batch_size=8 latent_dim=2"});
}

TEST(Experiment, SweepsEachVariant) {
  const auto experiment =
      read_text(std::string(two_variants) + "[sweep]\n\"train.optimizer.lr\" = [0.1, 0.2]", "exp.toml");
  EXPECT_EQ(names(experiment), (Names{"same plugin train.optimizer.lr=0.1", "same plugin train.optimizer.lr=0.2",
                                      "other plugin train.optimizer.lr=0.1", "other plugin train.optimizer.lr=0.2"}));
  EXPECT_EQ(setting(experiment.variants[1], "train", "optimizer"), "{name = \"sgd\", lr = 0.2}");
}

TEST(Experiment, OverridesWinOverVariants) {
  const auto experiment = read_text(two_variants, "exp.toml", {"train.optimizer.lr=2", "latent_dim=6", "seeds=[4, 5]"});
  for (const Variant& variant : experiment.variants) {
    EXPECT_EQ(setting(variant, "train", "optimizer"), "{name = \"sgd\", lr = 2}");
    EXPECT_EQ(setting(variant, "latent_dim", ""), "6");
  }
  EXPECT_EQ(experiment.seeds, (std::vector<int64_t>{4, 5}));
}

TEST(Experiment, SeedsMayBeARule) {
  const std::string text = "seeds = { until = \"decided\", looks = [3, 5] }\n" + std::string(two_variants);
  const auto experiment = read_text(text, "exp.toml", {"seeds.goal=best"});
  EXPECT_EQ(experiment.seeds, (std::vector<int64_t>{1, 2, 3}));  // of the first look
  EXPECT_EQ(experiment.seed_rule, (SeedRule{.looks = {3, 5}, .goal = "best"}));
  EXPECT_FALSE(read_text(text, "exp.toml", {"seeds=[4, 5]"}).seed_rule);
}

TEST(Experiment, RefusesARuleThatCannotDecide) {
  const auto fault = [](const std::string& rule) {
    return fault_of("seeds = " + rule + "\n" + std::string(two_variants));
  };
  const auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(
      has(fault("{ looks = [3, 5, 4] }"), "exp.toml:1:19: seeds.looks is [3, 5, 4]; expected ascending numbers"));
  EXPECT_TRUE(has(fault("{ looks = [3, 3] }"), "expected ascending numbers"));
  EXPECT_TRUE(has(fault("{ looks = [2, 4] }"), "seeds.looks is [2, 4]; expected a list of integers from 3 to 1000"));
  EXPECT_TRUE(has(fault("{ looks = [] }"), "seeds.looks is []; expected at least one look"));
  EXPECT_TRUE(has(fault("{ until = \"bored\" }"), "seeds.until is \"bored\"; expected one of \"decided\""));
  EXPECT_TRUE(has(fault("{ goal = \"pair\" }"), "expected one of \"pairs\", \"best\""));
  EXPECT_TRUE(has(fault("{ alpha = 0 }"), "seeds.alpha is 0; expected a number from"));
  EXPECT_TRUE(has(fault("{ looks = [3, 300] }"), "up to 600 runs (2 variants x 300 seeds); expected at most 500"));
  EXPECT_TRUE(has(fault("{ level = 0.1 }"), "unknown key 'level' in [seeds]"));
  EXPECT_TRUE(has(fault_of("seeds = { until = \"decided\" }"),
                  "exp.toml:1:9: seeds until decided of 1 variant: there is nothing"));
}

TEST(Experiment, AnOverrideThatIsNotTomlIsAString) {
  const auto experiment = read_text("", "exp.toml", {"likelihood.plugin=student_t", "train.optimizer.name=\"sgd\""});
  EXPECT_EQ(setting(experiment.variants[0], "likelihood", "plugin"), "\"student_t\"");
  EXPECT_EQ(setting(experiment.variants[0], "train", "optimizer"), "{name = \"sgd\"}");
}

TEST(Experiment, AnOverrideCanChangeTheSweep) {
  const auto experiment = read_text("[sweep]\nlatent_dim = [2, 5]", "exp.toml", {"sweep.latent_dim=[7]"});
  EXPECT_EQ(names(experiment), Names{"latent_dim=7"});
}

TEST(Experiment, KeepsTheTextAndTheOverrides) {
  EXPECT_EQ(read_text("latent_dim = 4", "exp.toml", {"latent_dim=5"}).toml, "latent_dim = 4\n# --set latent_dim=5\n");
}

TEST(Experiment, RefusesAnUnknownKeyAndNamesTheNearest) {
  EXPECT_EQ(fault_of("\nlatent_dims = 3"), "exp.toml:2:1: unknown key 'latent_dims'; did you mean 'latent_dim'?");
  EXPECT_EQ(fault_of("[[variant]]\nname = \"a\"\nlikelyhood = { plugin = \"b\" }"),
            "exp.toml:3:1: unknown key 'likelyhood' in [[variant]]; did you mean 'likelihood'?");
  EXPECT_EQ(fault_of("[sweep]\n\"latentdim\" = [1]"),
            "exp.toml:2:1: unknown key 'latentdim' in [sweep]; did you mean 'latent_dim'?");
  EXPECT_EQ(fault_of("", {"trian.max_epochs=3"}), "--set trian.max_epochs: unknown key 'trian'; did you mean 'train'?");
}

TEST(Experiment, RefusesWrongTypes) {
  EXPECT_EQ(fault_of("name = 3"),
            "exp.toml:1:8: name is 3, an integer; expected a string (names the folder of the results; empty is the "
            "file's own name)");
  EXPECT_EQ(
      fault_of("seeds = 3"),
      "exp.toml:1:9: seeds is 3, an integer; expected a list of integers from 0 to 1000000000000000 (each variant is "
      "trained once with each seed; or a table, as { until = \"decided\" })");
  EXPECT_EQ(fault_of("sweep = 3"),
            "exp.toml:1:9: sweep is an integer; expected a section [sweep] with lists of values");
  EXPECT_EQ(fault_of("[sweep]\nlatent_dim = 3"),
            "exp.toml:2:14: sweep.latent_dim is 3; expected a list of values to try, as in [2, 5, 10]");
  EXPECT_EQ(fault_of("[variant]\nname = \"a\""),
            "exp.toml:1:1: variant is not a list of tables; expected sections headed [[variant]], with two brackets");
  EXPECT_EQ(fault_of("name = 2020-01-02"),
            "exp.toml:1:8: a date or time; expected true or false, a number, a string, a list or a table");
}

TEST(Experiment, RefusesSeedsThatAreNoneOrTwice) {
  EXPECT_EQ(fault_of("seeds = []"), "exp.toml:1:9: seeds is []; expected at least one seed, as in seeds = [1]");
  EXPECT_EQ(fault_of("seeds = [1, 2, 1]"), "exp.toml:1:9: seeds has 1 twice; expected each seed once");
}

TEST(Experiment, RefusesTwoVariantsOfOneName) {
  EXPECT_EQ(fault_of("[[variant]]\nname = \"a\"\n[[variant]]\nname = \"a\""),
            "exp.toml:4:8: a second variant named 'a' (the first: exp.toml:2:8); expected a name of its own");
  EXPECT_EQ(
      fault_of("[sweep]\nlatent_dim = [2, 2]"),
      "exp.toml:2:1: a second variant named 'latent_dim=2' (the first: exp.toml:2:1); expected a name of its own");
}

// Their combinations would fill the memory before anything is said.
TEST(Experiment, CountsRunsBeforeItMakesThem) {
  std::string text = "seeds = [1, 2]\n[sweep]\n";
  for (const char* key : {"latent_dim", "train.batch_size", "train.optimizer.lr"}) {
    text += "\"" + std::string(key) + "\" = [1";
    for (int value = 2; value <= 1000; ++value) text += ", " + std::to_string(value);
    text += "]\n";
  }
  EXPECT_EQ(fault_of(text),
            "exp.toml:3:1: 1 variant x 2 seeds x 1000 values of latent_dim x 1000 values of train.batch_size x 1000 "
            "values of train.optimizer.lr are 2000000000 runs; expected at most 10000; vary less, or raise max_runs");
  EXPECT_NE(fault_of("max_runs = 1\nseeds = [1, 2]").find("1 variant x 2 seeds are 2 runs"), std::string::npos);
  EXPECT_EQ(fault_of("max_runs = 2\nseeds = [1, 2]"), "no error");
}

TEST(Experiment, RefusesKeysThatNestTooDeep) {
  std::string key = "a";
  for (int part = 0; part < 20000; ++part) key += ".a";
  for (const std::string& text : {key + " = 1", "[" + key + "]", "x = { " + key + " = 1 }"})
    EXPECT_TRUE(fault_of("name = 'dotted.name'\n" + text).starts_with("exp.toml:2: a key of more than 64 parts"));
  EXPECT_THROW(experiment::read_text("", "exp.toml", {key + "=1"}), UserError);
  EXPECT_EQ(fault_of("description = \"\"\"" + key + "\"\"\" # " + key), "no error");
}

TEST(Experiment, RefusesNamesWithControlCharacters) {
  for (const char* name : {"a\\nb", "a\\rbest: a", "\\u001b[31mred", "\\u009b31mred", "a \\u202eb", "a\\u2066b"}) {
    const std::string quoted = "name = \"" + std::string(name) + "\"";
    EXPECT_TRUE(
        fault_of("[[variant]]\n" + quoted).starts_with("exp.toml:2:8: a name has a line break or another control"))
        << name;
    EXPECT_TRUE(fault_of(quoted).starts_with("exp.toml:1:8: a name has a line break or another control")) << name;
  }
}

TEST(Experiment, RefusesAVariantWithoutAName) {
  EXPECT_EQ(fault_of("[[variant]]\nlatent_dim = 2"),
            "exp.toml:1:1: a variant without a name; expected name = \"...\" below [[variant]]");
}

TEST(Experiment, RefusesAnOverrideOfWhatIsSwept) {
  EXPECT_EQ(fault_of("[sweep]\nlatent_dim = [2, 5]", {"latent_dim=3"}),
            "--set latent_dim: [sweep] varies latent_dim (exp.toml:2:1); set sweep.'latent_dim'=[...] instead");
}

TEST(Experiment, RefusesAnOverrideThatIsNoAssignment) {
  const std::string advice = ": not an assignment; expected KEY=VALUE, as in --set train.max_epochs=3";
  EXPECT_EQ(fault_of("", {"latent_dim"}), "--set latent_dim" + advice);
  EXPECT_EQ(fault_of("", {"=3"}), "--set =3" + advice);
  EXPECT_EQ(fault_of("", {"a b=3"}), "--set a b=3" + advice);
}

TEST(Experiment, ReportsEveryMistakeAtOnce) {
  EXPECT_EQ(fault_of("latent_dims = 3\nseeds = [1, 1]"),
            "exp.toml:1:1: unknown key 'latent_dims'; did you mean 'latent_dim'?\n"
            "exp.toml:2:9: seeds has 1 twice; expected each seed once");
}

TEST(Experiment, SaysWhereTheFileIsNotToml) {
  const std::string found = fault_of("name = \"a\"\nlatent_dim = = 3");
  EXPECT_EQ(found.rfind("exp.toml:2:14: not TOML: ", 0), 0u) << found;
}

TEST(Experiment, SaysThatAFileIsMissing) {
  try {
    read("no/such/file.toml");
    FAIL();
  } catch (const UserError& e) {
    EXPECT_NE(std::string(e.what()).find("no/such/file.toml"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace elbo::host::experiment
