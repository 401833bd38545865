// The wake-sleep algorithm (Hinton et al. 1995), the baseline of Kingma & Welling (2014): two objectives, no bound.
#include <ATen/core/grad_mode.h>
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class WakeSleep final : public elbo::Objective {
 public:
  struct Config {
    int64_t samples = 1;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("samples", &Config::samples, "latent samples for each data point").range(1, 100000);
  }
  WakeSleep(const Config& config, const elbo::Context&) : samples_(config.samples) {}

 private:
  std::vector<elbo::ObjectiveTerm> do_terms(double) const override {
    return {{"wake", 1, "E_q(z|x)[log p(x|z) + log p(z)] for decoder and prior"},
            {"sleep", 1, "E_p(z) p(x|z)[log q(z|x)] for the encoder"}};
  }
  elbo::Sampling do_sampling() const override { return {.samples = samples_}; }
  bool do_is_bound() const override { return false; }

  elbo::ObjectiveValues do_values(const elbo::Pass& pass, const elbo::TrainingStep& step) override {
    const elbo::Summand wake = elbo::mean_of((pass.log_lik + pass.log_prior).mean(0)),
                        sleep = elbo::mean_of(asleep(pass, step));
    return {{{"wake", wake}, {"sleep", sleep}},
            {{wake.value(), step.model.generative_parameters()}, {sleep.value(), step.model.inference_parameters()}}};
  }

  /// log q(z|x) of as many dreams z ~ p(z), x ~ p(x|z) as the pass has data, [B].
  Tensor asleep(const elbo::Pass& pass, const elbo::TrainingStep& step) const {
    const elbo::ModelParts& model = step.model;
    elbo::Rng dream = step.rng.fork("dream");
    Tensor z, x;
    {
      const at::NoGradGuard awake_parts_rest;
      const Tensor like = pass.z.detach();
      elbo::Rng prior = dream.fork("prior"), likelihood = dream.fork("likelihood");
      z = model.prior->sample(like.size(1), prior).to(like.scalar_type()).unsqueeze(0);
      x = step.input_of(model.likelihood->sample(elbo::decode(model, z, step.condition), likelihood)
                            .squeeze(0)
                            .to(like.scalar_type()));
    }
    if (const auto log_q = model.encoder->encode(x)->log_prob(z)) return log_q->squeeze(0);
    throw elbo::Error(model.encoder->label() + ": log q(z|x) cannot be taken at a given z; " + label() +
                      " expected a posterior that can; choose another "
                      "posterior or objective");
  }

  int64_t samples_;
};

}  // namespace

ELBO_OBJECTIVE(wake_sleep, WakeSleep,
               "Decoder and prior climb awake, the encoder in dreams (Hinton et al. 1995); no bound");
