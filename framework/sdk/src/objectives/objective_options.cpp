// The options that several objectives have.
#include <elbo/objective_parts.hpp>

#include <algorithm>
#include <cmath>

namespace elbo {

void KlOptions::describe(Options<KlOptions>& o) {
  o.add("samples", &KlOptions::samples, "latent samples for each data point").range(1, 100000);
  o.add("kl", &KlOptions::kl,
        "closed form where prior and posterior have one, or Monte Carlo: the mean of log q(z|x) - log p(z)")
      .one_of({"analytic", "monte_carlo"});
}

ObjectiveTerm KlOptions::term(double weight) const {
  return {"kl", weight, is_sampled() ? "E_q(z|x)[log q(z|x) - log p(z)]" : "KL(q(z|x) || p(z))"};
}

void KlGradientOptions::describe(Options<KlGradientOptions>& o) {
  o.include(&KlGradientOptions::kl);
  o.add("gradient", &KlGradientOptions::gradient,
        "total, or stl: without the score of q, which a closed form of the KL does not have")
      .one_of({"total", "stl"})
      .only_with("kl", {"monte_carlo"});
}

Sampling KlGradientOptions::sampling() const {
  Sampling s = kl.sampling();
  if (gradient == "stl") s.latent = Latent::path;
  return s;
}

std::vector<std::string> KlGradientOptions::remarks() const {
  if (gradient == "stl") return {"gradient without the score of q (sticking the landing)"};
  return {};
}

double linear_rise(double epoch, int64_t epochs) {
  return epochs > 0 ? std::min(1.0, epoch / static_cast<double>(epochs)) : 1.0;
}

void BetaSchedule::describe(Options<BetaSchedule>& o) {
  o.add("beta", &BetaSchedule::beta, "weight of the KL term; the ELBO with beta = 1 is logged as well").range(0, 1e6);
  o.add("cycle_epochs", &BetaSchedule::cycle_epochs,
        "epochs of one cycle, where beta rises anew in each; 0 is no cycles")
      .range(0, 1e6)
      .only_with("beta")
      .at_most("train.max_epochs");
  o.add("cycle_rise", &BetaSchedule::cycle_rise, "share of a cycle in which beta rises")
      .range(0.001, 1)
      .only_with("cycle_epochs");
  o.add("warmup_epochs", &BetaSchedule::warmup_epochs, "epochs over which beta rises linearly from 0, once")
      .range(0, 1e6)
      .only_with("beta")
      .only_with("cycle_epochs", {int64_t{0}})
      .at_most("train.max_epochs");
}

double BetaSchedule::at(double epoch) const {
  if (cycle_epochs == 0) return beta * linear_rise(epoch, warmup_epochs);
  if (std::isinf(epoch)) return beta;
  const double phase = std::fmod(epoch, static_cast<double>(cycle_epochs)) / static_cast<double>(cycle_epochs);
  return beta * std::min(1.0, phase / cycle_rise);
}

std::vector<std::string> BetaSchedule::remarks() const {
  const std::string rises = "beta rises from 0 to " + in_formula(beta);
  if (cycle_epochs > 0)
    return {rises + " in the first " + in_formula(cycle_rise) + " of each " + std::to_string(cycle_epochs) + " epochs"};
  if (warmup_epochs > 0)
    return {rises + " over " + std::to_string(warmup_epochs) + " epochs; the weights are those after it"};
  return {};
}

void ImportanceOptions::describe(Options<ImportanceOptions>& o) {
  o.add("samples", &ImportanceOptions::samples, "K, importance samples for each data point, of each group")
      .range(1, 100000);
  o.add("gradient", &ImportanceOptions::gradient,
        "total; stl leaves out the score of q (biased for more than one sample); dreg doubly "
        "reparameterises, with beta = 1 throughout")
      .one_of({"total", "stl", "dreg"});
}

std::vector<std::string> ImportanceOptions::remarks() const {
  if (is_doubly_reparameterised()) return {"doubly reparameterised gradient"};
  if (gradient == "stl")
    return {std::string("gradient without the score of q (sticking the landing)") +
            (samples > 1 ? ", biased for K > 1" : "")};
  return {};
}

void ImportanceOptions::check(bool beta_is_one) const {
  if (is_doubly_reparameterised() && !beta_is_one)
    throw UserError(
        "gradient is \"dreg\" with a beta that is not 1 throughout; expected beta = 1 without warm-up or cycles");
}

}  // namespace elbo
