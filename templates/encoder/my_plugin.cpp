// One hidden layer, then the mean and the log-scale of a normal posterior.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::nn::Linear;

class MyPlugin final : public elbo::Encoder {
 public:
  struct Config {
    int64_t width = 64;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("width", &Config::width, "units of the hidden layer").range(1, 1e6);
  }
  MyPlugin(const Config& config, const elbo::Context& context)
      : hidden_(part("hidden", std::make_shared<Linear>(elbo::numel(context.observation.shape), config.width,
                                                        context.rng.fork("hidden")))),
        mean_(part("mean", std::make_shared<Linear>(config.width, context.latent_dim, context.rng.fork("mean")))),
        log_scale_(part("log_scale",
                        std::make_shared<Linear>(config.width, context.latent_dim, context.rng.fork("log_scale")))) {}

 private:
  // x is [B, X...]; the posterior's mean and log-scale are [B, L].
  std::unique_ptr<elbo::Posterior> do_encode(const Tensor& x) override {
    const Tensor h = hidden_->forward(x.flatten(1)).relu();
    return elbo::posteriors::diagonal_normal(mean_->forward(h), elbo::soft_bound(log_scale_->forward(h), -7, 3));
  }

  std::shared_ptr<Linear> hidden_, mean_, log_scale_;
};

}  // namespace

ELBO_ENCODER(my_plugin, MyPlugin, "One hidden layer of rectified units, then a diagonal normal posterior");
