// The ELBO by the score function (Williams 1992): z carries no gradient, so that any posterior will do whose density can be taken. A
// learned baseline, which is a parameter of the objective itself, takes most of the noise away (Mnih & Gregor 2014).
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class MyScoreGradient final : public elbo::Objective {
 public:
  struct Config {
    int64_t samples = 1;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("samples", &Config::samples, "latent samples for each data point").range(1, 100000);
  }
  MyScoreGradient(const Config& config, const elbo::Context&)
      : samples_(config.samples), baseline_(parameter("baseline", elbo::zeros({1}))) {}

 private:
  std::vector<elbo::ObjectiveTerm> do_terms(double) const override { return {elbo::elbo_term(1)}; }
  elbo::Sampling do_sampling() const override {
    return {.samples = samples_, .latent = elbo::Latent::score, .sampled_kl = true};
  }
  bool do_is_bound() const override { return true; }
  std::vector<std::string> do_remarks() const override {
    return {"gradient by the score of q, with a learned baseline"};
  }

  elbo::ObjectiveValues do_values(const elbo::Pass& pass, const elbo::TrainingStep& step) override {
    const Tensor log_w = pass.log_weight(), surprise = log_w.detach() - baseline_;
    return {{{"elbo", elbo::mean_of(log_w)}},
            {{log_w.mean(), step.model.generative_parameters()},
             {(surprise.detach() * pass.log_q).mean(), step.model.inference_parameters()},
             {-surprise.square().mean(), {baseline_}}}};
  }

  int64_t samples_;
  Tensor baseline_;
};

}  // namespace

ELBO_OBJECTIVE(my_score_gradient, MyScoreGradient, "The ELBO by the score function, with a learned baseline");
