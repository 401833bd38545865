// The ELBO with a baseline of its own that is learned beside it, and one of many faults.
#include <ATen/ops/rand_like.h>
#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor;

class FaultyObjective final : public elbo::Objective {
 public:
  struct Config {
    std::string fault = "none";
    std::string constant;
    double kl_weight = 1;
    int64_t samples = 1;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("fault", &Config::fault, "what is wrong")
        .one_of({"none", "above_the_evidence", "tested_above_the_evidence", "another_kl", "gradient_of_another",
                 "other_names", "names_that_change", "own_noise", "hidden_state", "late_state", "moves_the_model",
                 "freezes_the_model", "forgotten_parameter", "infinite_at_first", "refuses_by_error", "short_kl",
                 "short_kl_by_another_name", "light_until_the_end", "light_values_until_the_end"});
    o.add("constant", &Config::constant, "log_5 or minus_log_5: added to a bound of K samples unless K is 5");
    o.add("kl_weight", &Config::kl_weight, "below 1 it is no bound, which is not said").range(0.5, 1);
    o.add("samples", &Config::samples, "latent samples for each data point").range(1, 100000);
  }
  FaultyObjective(const Config& config, const elbo::Context&)
      : config_(config),
        baseline_(parameter("baseline", elbo::zeros({1}))),
        steps_(buffer("steps", elbo::zeros({1}))) {}

 private:
  bool has(const char* fault) const { return config_.fault == fault; }
  bool is_importance_weighted() const { return !config_.constant.empty(); }

  std::vector<elbo::ObjectiveTerm> do_terms(double epoch) const override {
    const elbo::ObjectiveTerm error = {"baseline_error", 0, "(log p(x|z) - b)^2"};
    if (is_importance_weighted()) return {{"iw_bound", 1, "log (1/K) sum_k w_k"}, error};
    if (has("short_kl_by_another_name")) return {{"bound", 1, "E[log p(x|z)] - KL(q(z|x) || p(z))"}, error};
    const std::string kl = has("names_that_change") && epoch > 0.7 ? "later_kl" : "kl";
    const bool is_light = has("light_until_the_end") && std::isfinite(epoch);
    return {elbo::reconstruction_term(),
            {kl,
             has("above_the_evidence") ? -0.1
             : is_light                ? -0.8
                                       : -config_.kl_weight,
             "KL(q(z|x) || p(z))"},
            error};
  }
  elbo::Sampling do_sampling() const override {
    if (has("refuses_by_error") && config_.samples > 1) throw elbo::Error("more than one sample");
    return {.samples = is_importance_weighted() ? config_.samples + 4 : config_.samples, .sampled_kl = has("short_kl")};
  }
  bool do_is_bound() const override { return true; }

  void do_prepare(const elbo::TrainingStep& step) override {
    const Tensor weight = step.model.generative_parameters().front();
    if (has("moves_the_model")) weight.detach().add_(1e-3);
    if (has("freezes_the_model")) weight.set_requires_grad(false);
    steps_.add_(1);
    ++hidden_steps_;
  }

  elbo::ObjectiveValues do_values(const elbo::Pass& pass, const elbo::TrainingStep& step) override {
    Tensor kl = pass.kl().value();
    if (has("another_kl")) kl = 0.9 * kl;
    if (has("gradient_of_another")) kl = 0.5 * kl + 0.5 * kl.detach();
    if (has("short_kl") || has("short_kl_by_another_name")) kl = 0.99 * kl;
    if (has("light_values_until_the_end") && std::isfinite(step.epoch)) kl = 0.8 * kl;
    if (has("own_noise")) kl = kl + at::rand_like(kl);
    if (has("hidden_state")) kl = kl + 1e-3 * static_cast<double>(hidden_steps_);
    if (has("late_state") && hidden_steps_ > 200) kl = 0.5 * kl;
    if (has("infinite_at_first") && step.epoch == 0) kl = kl / 0.;
    const Tensor error =
        (pass.log_lik.detach().mean() - (has("forgotten_parameter") ? baseline_.detach() : baseline_)).square().sum();
    const Tensor reconstruction = pass.reconstruction().value();
    if (is_importance_weighted()) {
      const Tensor bound = elbo::grouped_bound(pass.log_weight(), 1).mean();
      const double off = pass.z.size(0) == 5 ? 0 : config_.constant == "log_5" ? std::log(5) : -std::log(5);
      return {{{"iw_bound", {bound + off}}, {"baseline_error", {error}}}};
    }
    if (has("short_kl_by_another_name")) return {{{"bound", {reconstruction - kl}}, {"baseline_error", {error}}}};
    elbo::ObjectiveValues values{
        {{"reconstruction", {reconstruction}}, {do_terms(step.epoch)[1].name, {kl}}, {"baseline_error", {error}}}};
    if (has("other_names")) values.terms["another"] = {kl};
    values.ascents = {{reconstruction - kl, step.model.generative_parameters()},
                      {reconstruction - kl, step.model.inference_parameters()}};
    if (!has("forgotten_parameter")) values.ascents.push_back({-error, {baseline_}});
    if (has("gradient_of_another")) values.ascents.clear();
    return values;
  }
  Tensor do_tested(const elbo::Pass& pass) const override {
    return pass.elbo_each() + (has("tested_above_the_evidence") ? 1 : 0);
  }

  Config config_;
  Tensor baseline_, steps_;
  int64_t hidden_steps_ = 0;
};

}  // namespace

ELBO_OBJECTIVE(faulty_objective, FaultyObjective, "The ELBO with a baseline, and a fault");
