// Settings that can have no effect are refused, and early stopping evaluates the weights that it was for.
#include "hdf5/file.hpp"
#include "program.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

const std::string base =
    "latent_dim = 2\n"
    "encoder = { plugin = \"mlp\", hidden = [8] }\n"
    "decoder = { plugin = \"mlp\", hidden = [8] }\n"
    "prior = { plugin = \"standard_normal\" }\n"
    "evaluate = { importance_samples = 5 }\n"
    "log = { latents = 0, images = 0 }\n";
const std::string bits =
    "likelihood = { plugin = \"bernoulli\" }\ndataset = { name = \"bars\", observe = \"binary\", train = 200, valid = "
    "100, test = 50 }\n";

class Settings : public Program {
 protected:
  /// Refused by check, plan and run, at this place and with these words.
  void expect_refused(const std::string& text, const std::string& place, const std::vector<std::string>& words,
                      const std::string& set = "") {
    write("x.toml", text);
    for (const std::string verb : {"check", "plan", "run"}) {
      const Said said = elbo(verb + " x.toml " + set);
      EXPECT_EQ(said.code, 2) << verb << ": " << said.out;
      EXPECT_TRUE(has(said.err, place)) << said.err;
      for (const std::string& word : words) EXPECT_TRUE(has(said.err, word)) << said.err;
    }
    expect_nothing_written();
  }

  fs::path folder_in(const std::string& out) const {
    for (const auto& entry : fs::directory_iterator(scratch.path / out))
      if (fs::exists(entry.path() / "log.h5")) return entry.path();
    return {};
  }
};

struct EndedRun {
  double best_epoch = 0, epochs = 0, elbo = 0;
  std::vector<double> tested;  // elbo of the test data after each epoch
  std::string weights;

  explicit EndedRun(const fs::path& folder) : weights(read_file(folder / "weights.safetensors")) {
    const h5::File log = h5::File::open(folder / "log.h5", h5::Mode::read);
    if (log.has("/summary/best_epoch")) best_epoch = log.number("/summary/best_epoch");
    epochs = log.number("/summary/epochs");
    elbo = log.number("/summary/elbo");
    tested = log.dataset("/test/elbo").read<double>(0, log.dataset("/test/elbo").rows());
  }
};

}  // namespace

TEST_F(Settings, VariantsThatDifferInAClosedFormThatThereIsNotAreRefused) {
  const std::string twins = "[[variant]]\nname = \"a\"\n[[variant]]\nname = \"b\"\nobjective.kl = \"monte_carlo\"\n";
  const std::vector<std::string> same = {"variants 'a' and 'b' would be the same run: they differ in ", "objective.kl"};
  expect_refused(base + bits + twins, "x.toml:12:8", same, "--set 'prior.plugin=\"gaussian_mixture\"'");
  expect_refused(base + bits + twins, "x.toml:12:8", same, "--set 'encoder.flow=\"planar\"'");
  write("x.toml", base + bits + twins);
  EXPECT_EQ(elbo("check x.toml").code, 0);
}

// What no option declares, the worker finds: it tries the first steps of variants that differ in options of plugins alone.
TEST_F(Settings, VariantsWhoseFirstStepsAreTheSameAreRefused) {
  const auto twins = [](const std::string& one, const std::string& other) {
    return base + bits + "[[variant]]\nname = \"a\"\n" + one + "\n[[variant]]\nname = \"b\"\n" + other + "\n";
  };
  const std::string two_layers = "encoder = { plugin = \"two_layers\", hidden = [8], upper_hidden = [8]";
  expect_refused(twins("objective = { plugin = \"beta\", beta = 1.0 }", ""), "x.toml:13:8",
                 {"variants 'a' and 'b' would be the same run: they differ in objective.plugin"});
  expect_refused(twins(two_layers + " }", two_layers + ", first = 1 }"), "x.toml:13:8", {"encoder.first (0 and 1)"},
                 "--set 'prior.plugin=\"two_layers\"'");
  expect_refused(twins("encoder.posterior = \"laplace\"", ""), "x.toml:13:8", {"encoder.posterior"},
                 "--set 'objective.plugin=\"autoencoder\"'");
  write("x.toml", twins("encoder.posterior = \"laplace\"", "encoder.max_log_scale = 9.0"));
  EXPECT_EQ(elbo("check x.toml").code, 0) << "bounds that are far from the first scales differ with larger weights";
}

TEST_F(Settings, OptionsOfAnObjectiveWhoseTermHasNoWeightAreRefused) {
  const auto with = [](const std::string& objective) {
    return base + bits + "objective = { plugin = " + objective + " }\n";
  };
  expect_refused(with("\"mmd\", mmd_weight = 1.0, mmd_kernel = \"imq\""), "x.toml:9:", {"MMD", "weight of 0"});
  expect_refused(with("\"mmd\", info = 1.0, beta = 3.0"), "x.toml:9:", {"objective.beta is 3.0", "objective.info"});
  expect_refused(with("\"mmd\", info = 1.0, kl = \"monte_carlo\""), "x.toml:9:", {"objective.kl", "objective.info"});
  expect_refused(with("\"ciwae\", mix = 0.0, kl = \"monte_carlo\""), "x.toml:9:", {"objective.kl", "objective.mix"});
  expect_refused(with("\"ciwae\", mix = 1.0, beta = 3.0"), "x.toml:9:", {"objective.beta", "objective.mix"});
  expect_refused(with("\"beta\", beta = 0.0, kl = \"monte_carlo\""), "x.toml:9:", {"objective.kl", "objective.beta"});
  expect_refused(with("\"total_correlation\", mi_weight = 0.0, tc_weight = 0.0, dimension_weight = 0.0"),
                 "x.toml:9:", {"all 0"});
}

TEST_F(Settings, WhatAPointForAPosteriorLeavesWithoutEffectIsRefused) {
  const std::string text = base.substr(0, base.find("evaluate")) + bits + "objective.plugin = \"autoencoder\"\n";
  expect_refused(text + "evaluate.images = 10\n", "x.toml:8:19", {"evaluate.images is 10", "autoencoder"});
  expect_refused(text + "evaluate.importance_samples = 10\n", "x.toml:8:31", {"importance_samples is 10"});
  std::string mixture = text;
  mixture.replace(mixture.find("\"standard_normal\""), 17, "\"gaussian_mixture\", components = 7");
  expect_refused(mixture, "x.toml:4:53", {"prior.components is 7", "autoencoder"});
  write("x.toml", text);
  EXPECT_EQ(elbo("check x.toml").code, 0);
}

TEST_F(Settings, ThePosteriorBeginsWiderWithSmoothUnits) {
  const Said described = elbo("plugins describe encoder:mlp");
  EXPECT_TRUE(
      has(described.out, "initial_log_scale = -1.0, -0.5 with activation = \"tanh\", -0.25 with activation = \"silu\""))
      << described.out;
  write("x.toml", base + bits);
  const auto planned = [&](const std::string& set) { return elbo("plan x.toml " + set).out; };
  EXPECT_TRUE(has(planned(""), "initial_log_scale = -0.5"));
  EXPECT_TRUE(has(planned("--set encoder.activation=silu"), "initial_log_scale = -0.25"));
  EXPECT_TRUE(has(planned("--set encoder.activation=relu"), "initial_log_scale = -1.0"));
  EXPECT_TRUE(has(planned("--set encoder.initial_log_scale=-2.0"), "initial_log_scale = -2.0"));
}

TEST_F(Settings, WhatIsNeverReachedIsRefused) {
  const std::string text = base + bits + "train = { max_epochs = 3, batch_size = 100 }\n";
  expect_refused(text, "--set log.steps_every", {"log.steps_every is 7", "at most 6"}, "--set log.steps_every=7");
  expect_refused(text, "--set encoder.initial_log_scale", {"initial_log_scale is -30", "more than", "min_log_scale"},
                 "--set encoder.initial_log_scale=-30.0");
  expect_refused(text, "x.toml:5:12", {"marginal_samples = 3", "at least 8"},
                 "--set evaluate.metrics=[\\\"marginal\\\"] --set evaluate.marginal_samples=3");
}

// Only the parts together can tell: check trains the first steps of each variant on a few data points.
TEST_F(Settings, PartsThatCannotBeTrainedTogetherAreFoundByCheck) {
  const auto refused = [&](const std::string& set, const std::string& word) {
    write("x.toml", base + bits);
    const Said said = elbo("check x.toml " + set);
    EXPECT_EQ(said.code, 2) << said.out;
    EXPECT_TRUE(has(said.err, "x.toml:")) << said.err;
    EXPECT_TRUE(has(said.err, word)) << said.err;
  };
  refused("--set 'objective.plugin=\"free_bits\"' --set 'prior.plugin=\"gaussian_mixture\"'", "closed form");
  refused("--set 'objective.plugin=\"total_correlation\"' --set 'encoder.flow=\"planar\"'", "diagonal normal");
  refused("--set 'prior.plugin=\"uniform\"'", "uniform");
  refused(
      "--set 'objective.plugin=\"mcem\"' --set 'prior.plugin=\"hyperspherical_uniform\"' --set "
      "'encoder.posterior=\"von_mises_fisher\"'",
      "sphere");
}

TEST_F(Settings, EarlyStoppingWithoutValidationDataIsRefused) {
  std::string no_valid = base + bits;
  no_valid.erase(no_valid.find(", valid = 100"), 13);
  expect_refused(no_valid + "train = { max_epochs = 50, early_stopping = { patience = 10 } }\n", "x.toml:9:58",
                 {"train.early_stopping.patience is 10", "dataset.valid", "dataset.valid_path", "these are 0 and"});
}

TEST_F(Settings, OptionsOfPluginsToo) {
  const std::string text =
      base + "dataset = { name = \"linear_gaussian\", observe = \"real\", train = 200, test = 50 }\n";
  const std::string gaussian = "likelihood = { plugin = \"gaussian\", scale = \"shared\" }\n";
  expect_refused(text + "likelihood = { plugin = \"gaussian\", fixed_scale = 2.0 }\n", "x.toml:8:51",
                 {"likelihood.fixed_scale is 2.0", "likelihood.scale = \"fixed\""});
  expect_refused(text + gaussian, "--set likelihood.fixed_scale", {"likelihood.scale = \"fixed\""},
                 "--set likelihood.fixed_scale=2");
  expect_refused(text + "[likelihood]\nplugin = \"student_t\"\n[sweep]\n\"likelihood.fixed_dof\" = [3, 5]\n",
                 "x.toml:11:27", {"likelihood.dof = \"fixed\""});
  expect_refused(text + gaussian + "[[variant]]\nname = \"v\"\nencoder.flow_steps = 2\n", "x.toml:11:22",
                 {"encoder.flow = \"none\""});
  const Said described = elbo("plugins describe likelihood:student_t");
  EXPECT_TRUE(has(described.out, "only with dof = fixed")) << described.out;
  write("x.toml", text +
                      "likelihood = { plugin = \"gaussian\", scale = \"fixed\", fixed_scale = 2 }\n[[variant]]\nname = "
                      "\"v\"\nlikelihood.scale = \"shared\"\n");
  EXPECT_EQ(elbo("check x.toml").code, 0) << "what belonged to the choice of the file is dropped with it";
}

TEST_F(Settings, VariantsThatDifferInNothingAreRefusedBeforeTraining) {
  expect_refused(base + bits +
                     "[[variant]]\nname = \"one\"\ntrain.batch_size = 300\n[[variant]]\nname = "
                     "\"other\"\ntrain.batch_size = 400\n",
                 "x.toml:13:8", {"'one' and 'other'", "train.batch_size (300 and 400)", "no effect"});
}

TEST_F(Settings, EarlyStoppingEvaluatesAndKeepsTheBestWeights) {
  // A rate at which the elbo jumps up and down, so that the best epoch is not the last.
  write("x.toml", base + bits +
                      "train = { max_epochs = 30, batch_size = 20, optimizer = { lr = 0.2 }, early_stopping = { "
                      "patience = 4 } }\n");
  ASSERT_EQ(elbo("run x.toml --out best").code, 0);
  ASSERT_EQ(elbo("run x.toml --out last --set train.early_stopping.restore_best=false").code, 0);
  const EndedRun best(folder_in("best")), last(folder_in("last"));
  ASSERT_GT(best.best_epoch, 0);
  ASSERT_LT(best.best_epoch, best.epochs);
  EXPECT_EQ(best.epochs, best.best_epoch + 4);
  EXPECT_EQ(best.elbo, best.tested.at(static_cast<size_t>(best.best_epoch) - 1))
      << "the same pass over the same data with the same weights";
  EXPECT_EQ(last.epochs, best.epochs);
  EXPECT_EQ(last.best_epoch, 0) << "only where they are restored";
  EXPECT_EQ(last.elbo, last.tested.back());
  EXPECT_EQ(last.tested, best.tested);
  EXPECT_NE(last.weights, best.weights);
  const Said said = elbo("run x.toml --out said");
  EXPECT_TRUE(has(said.out, "the weights of epoch " + std::to_string(static_cast<int>(best.best_epoch)) + " of "))
      << said.out;
}

TEST_F(Settings, MeasuringAFinishedRunRefusesThemAsWell) {
  write("x.toml", base + bits + "train.max_epochs = 1\n");
  ASSERT_EQ(elbo("run x.toml --out out").code, 0);
  const Said chains = elbo("evaluate out --metrics bounds --set ais_chains=3");
  EXPECT_EQ(chains.code, 2);
  EXPECT_TRUE(has(chains.err, "--set ais_chains: evaluate.ais_chains is 3")) << chains.err;
  EXPECT_TRUE(has(chains.err, "evaluate.metrics = \"ais\"")) << chains.err;
  const Said samples = elbo("evaluate out --metrics bounds --set importance_samples=3");
  EXPECT_EQ(samples.code, 2);
  EXPECT_TRUE(has(samples.err, "bound_samples")) << samples.err;
  EXPECT_EQ(elbo("evaluate out --metrics bounds --set bound_samples=[2] --set images=5").code, 0);
}

}  // namespace elbo::host
