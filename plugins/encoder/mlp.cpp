// The encoder of Kingma & Welling (2014), Eq. 12: an MLP with a mean head and a log-scale head.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class Mlp final : public elbo::Encoder {
 public:
  struct Config {
    std::vector<int64_t> hidden = {500};
    std::string activation = "tanh";
    double min_log_scale = -7.0;
    double max_log_scale = 3.0;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("hidden", &Config::hidden, "units of each hidden layer, from the data to the latents").range(1, 1e6);
    o.add("activation", &Config::activation, "function after each hidden layer").one_of(elbo::nn::activations());
    o.add("min_log_scale", &Config::min_log_scale, "soft lower bound of log sigma(x)").range(-30, 0);
    o.add("max_log_scale", &Config::max_log_scale, "soft upper bound of log sigma(x)").range(0.1, 10);
  }

  Mlp(const Config& config, const elbo::Context& context)
      : config_(config),
        body_(part("body", std::make_shared<elbo::nn::Mlp>(elbo::numel(context.observation.shape), config.hidden,
                                                           config.activation, context.rng.fork("body")))),
        mean_(part("mean", std::make_shared<elbo::nn::Linear>(body_->out(), context.latent_dim, context.rng.fork("mean")))),
        log_scale_(part("log_scale", std::make_shared<elbo::nn::Linear>(body_->out(), context.latent_dim,
                                                                        context.rng.fork("log_scale")))) {}

 private:
  std::unique_ptr<elbo::Posterior> do_encode(const Tensor& x) override {
    const Tensor h = body_->forward(x.flatten(1));
    return elbo::diagonal_normal(mean_->forward(h), elbo::soft_bound(log_scale_->forward(h), config_.min_log_scale,
                                                                     config_.max_log_scale));
  }

  Config config_;
  std::shared_ptr<elbo::nn::Mlp> body_;
  std::shared_ptr<elbo::nn::Linear> mean_, log_scale_;
};

}  // namespace

ELBO_ENCODER(mlp, Mlp, "fully connected layers, then a diagonal normal posterior");
