#include "plan/show.hpp"

#include <gtest/gtest.h>

namespace elbo::host {
namespace {

const ObjectiveTerm reconstruction = {"reconstruction", 1, "E_q(z|x)[log p(x|z)]"};

elbo::host::Run run_of(const plugins::ObjectiveSummary& summary) {
  elbo::host::Run run;
  run.variant = "mine";
  run.encoder.name = run.decoder.name = "mlp";
  run.prior.name = "standard_normal";
  run.likelihood.name = "bernoulli";
  run.objective_summary = summary;
  return run;
}

TEST(Explain, NamesThePluginsInTheFormula) {
  EXPECT_EQ(explained(run_of({.terms = {reconstruction, {"kl", -4, "KL(q(z|x) || p(z))"}}, .is_bound = true})),
            "mine\n  maximises, per data point,\n"
            "    + 1       reconstruction  E_mlp(z | x)[log bernoulli(x | mlp(z))]\n"
            "    - 4       kl              KL(mlp(z | x) || standard_normal(z))\n"
            "  a lower bound of log p(x)\n  1 latent sample a data point\n");
}

TEST(Explain, NamesThePosteriorFamilyAndTheFlowOnIt) {
  elbo::host::Run run = run_of({.terms = {reconstruction, {"kl", -1, "KL(q(z|x) || p(z))"}}});
  run.encoder.settings = {{"posterior", std::string("full_normal")}, {"flow", std::string("none")}};
  run.prior.name = "vamp";
  EXPECT_NE(explained(run).find("KL(full_normal(z | mlp(x)) || vamp(z))"), std::string::npos) << explained(run);
  run.encoder.settings = {{"posterior", std::string("diagonal_normal")}, {"flow", std::string("iaf")}};
  EXPECT_NE(explained(run).find("E_diagonal_normal+iaf(z | mlp(x))[log bernoulli(x | mlp(z))]"), std::string::npos)
      << explained(run);
}

TEST(Explain, SaysWhatTheObjectiveRemarksAndWhatIsNoBound) {
  const std::string text = explained(run_of({.terms = {{"iw_bound", 1, "log (1/5) sum_k p(x|z_k) p(z_k) / q(z_k|x)"}},
                                             .samples = 5,
                                             .remarks = {"biased for K > 1"}}));
  EXPECT_NE(text.find("log (1/5) sum_k bernoulli(x | mlp(z_k)) standard_normal(z_k) / mlp(z_k | x)"), std::string::npos)
      << text;
  EXPECT_NE(text.find("\n  no bound of log p(x); the elbo is logged beside it\n  5 latent samples a data point\n  "
                      "biased for K > 1\n"),
            std::string::npos)
      << text;
  EXPECT_NE(explained(run_of({.terms = {reconstruction}, .has_posterior = false}))
                .find("\n  no bound of log p(x)\n  no sampling\n"),
            std::string::npos);
}

TEST(Explain, AddsThePriorOfTheParametersWhichMakesNoBound) {
  elbo::host::Run run = run_of({.terms = {reconstruction}, .is_bound = true});
  run.train.parameter_prior = "normal";
  EXPECT_NE(explained(run).find("+ 1       parameter_log_prior  (1/N) log N(theta; 0, I)"), std::string::npos)
      << explained(run);
  EXPECT_NE(explained(run).find("no bound of log p(x)"), std::string::npos);
}

}  // namespace
}  // namespace elbo::host
