// Monte Carlo EM (Wei & Tanner 1990) as the baseline of Kingma & Welling (2014): each training data point has a chain of its own
// that Hamiltonian Monte Carlo moves towards p(z|x) whenever the data point is shown.
#include <ATen/core/grad_mode.h>
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class Mcem final : public elbo::Objective {
 public:
  struct Config {
    elbo::KlOptions kl;
    int64_t updates = 5, leapfrog_steps = 10;
    double acceptance = 0.9;
  };
  static void describe(elbo::Options<Config>& o) {
    o.include(&Config::kl);
    o.add("updates", &Config::updates, "updates of the weights for each move of the chains").range(1, 1e4);
    o.add("leapfrog_steps", &Config::leapfrog_steps, "leapfrog steps of a move").range(1, 1e4);
    o.add("acceptance", &Config::acceptance, "share of moves that the step size is tuned to have accepted")
        .range(0.01, 0.99);
  }
  Mcem(const Config& config, const elbo::Context&) : config_(config) {}

 private:
  std::vector<elbo::ObjectiveTerm> do_terms(double) const override {
    return {
        {"chain", 1, "log p(x|z) + log p(z) at a draw z ~ p(z|x) of Hamiltonian Monte Carlo, for decoder and prior"},
        {"elbo", 1, "E_q(z|x)[log p(x|z) + log p(z) - log q(z|x)] for the encoder, which only evaluates"}};
  }
  elbo::Sampling do_sampling() const override {
    elbo::Sampling s = config_.kl.sampling();
    s.updates = config_.updates;
    s.is_replayable = false;
    return s;
  }
  bool do_is_bound() const override { return false; }

  /// One chain a training data point, drawn from the prior. The states are buffers: a run resumes bit for bit.
  void do_begin(const elbo::ModelParts& model, int64_t train_data, const elbo::Rng& rng) override {
    if (model.prior->is_on_sphere())
      throw elbo::UserError(model.prior->label() +
                            ": its latents lie on a sphere, which the Hamiltonian Monte Carlo of " + label() +
                            " would leave; expected a prior of the whole space; choose one, or another objective");
    constexpr double first_step = 0.1;
    const at::NoGradGuard no_gradients;
    elbo::Rng chains = rng.fork("chains");
    z_ = buffer("z", model.prior->sample(train_data, chains).to(at::kFloat).clone());
    step_ = buffer("step", elbo::full({1}, first_step));
  }

  /// One move of the batch's chains towards p(z|x); the step size of all of them follows the acceptance.
  void do_prepare(const elbo::TrainingStep& step) override {
    const elbo::HeldParameters held(step.model);
    const Tensor size = elbo::full({1}, step_.item<double>(), z_).to(at::kDouble);
    const elbo::Move move = elbo::hmc_move(step.log_joint, chains_of(step), size, config_.leapfrog_steps,
                                           step.rng.fork("chain").for_data(step.ids));
    const at::NoGradGuard no_gradients;
    z_.index_copy_(0, step.ids, move.z.detach().squeeze(0).to(z_.scalar_type()));
    step_.fill_(elbo::adapted(size, {move.z, move.acceptance.mean(1, true)}, config_.acceptance).item<double>());
  }

  elbo::ObjectiveValues do_values(const elbo::Pass& pass, const elbo::TrainingStep& step) override {
    const elbo::Summand chain = elbo::mean_of(step.log_joint(chains_of(step)).squeeze(0)),
                        bound = elbo::mean_of(pass.elbo_each());
    return {{{"chain", chain}, {"elbo", bound}},
            {{chain.value(), step.model.generative_parameters()}, {bound.value(), step.model.inference_parameters()}}};
  }

  Tensor chains_of(const elbo::TrainingStep& step) const { return z_.index_select(0, step.ids).unsqueeze(0); }

  Config config_;
  Tensor z_, step_;  // [N, L], [1]
};

}  // namespace

ELBO_OBJECTIVE(mcem, Mcem,
               "Decoder and prior climb at draws of Hamiltonian Monte Carlo, one chain a data point (Wei and Tanner "
               "1990); no bound");
