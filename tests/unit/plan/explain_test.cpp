#include "plan/explain.hpp"

#include <gtest/gtest.h>

namespace elbo {
namespace {

Run run_of(const ObjectiveConfig& objective) {
  Run run;
  run.variant = "mine";
  run.encoder.name = run.decoder.name = "mlp";
  run.prior.name = "standard_normal";
  run.likelihood.name = "bernoulli";
  run.objective = objective;
  return run;
}

TEST(Explain, NamesThePluginsInTheFormula) {
  EXPECT_EQ(explained(run_of({.beta = 4})),
            "mine\n  maximises, per datum,\n"
            "    + 1       reconstruction  E_mlp(z | x)[log bernoulli(x | mlp(z))]\n"
            "    - 4       kl              KL(mlp(z | x) || standard_normal(z))\n"
            "  a lower bound of log p(x)\n  1 latent sample a datum\n");
}

TEST(Explain, NamesThePosteriorFamilyAndTheFlowOnIt) {
  elbo::Run run = run_of({});
  run.encoder.settings = {{"posterior", std::string("full_normal")}, {"flow", std::string("none")}};
  run.prior.name = "vamp";
  EXPECT_NE(explained(run).find("KL(full_normal(z | mlp(x)) || vamp(z))"), std::string::npos) << explained(run);
  run.encoder.settings = {{"posterior", std::string("diagonal_normal")}, {"flow", std::string("iaf")}};
  EXPECT_NE(explained(run).find("E_diagonal_normal+iaf(z | mlp(x))[log bernoulli(x | mlp(z))]"), std::string::npos) << explained(run);
}

TEST(Explain, SaysWhichGradientIsBiasedAndWhatIsNoBound) {
  const std::string text = explained(run_of({.bound = "iwae", .samples = 5, .gradient = "stl"}));
  EXPECT_NE(text.find("log (1/5) sum_k bernoulli(x | mlp(z_k)) standard_normal(z_k) / mlp(z_k | x)"), std::string::npos) << text;
  EXPECT_NE(text.find("biased for K > 1"), std::string::npos) << text;
  EXPECT_NE(explained(run_of({.bound = "wake_sleep"})).find("no bound of log p(x)"), std::string::npos);
}

TEST(Explain, SaysHowBetaRises) {
  EXPECT_NE(explained(run_of({.beta = 2, .warmup_epochs = 10})).find("beta rises from 0 to 2 over 10 epochs"), std::string::npos);
}

}  // namespace
}  // namespace elbo
