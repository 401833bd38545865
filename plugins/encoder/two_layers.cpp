// Two stochastic layers (Burda et al. 2016): q(h1 | x) q(h2 | h1), with z = (h1, h2).
#include <elbo/sdk.hpp>

#include <ATen/core/grad_mode.h>

namespace {
using elbo::Tensor, elbo::ConditionalNormal;

class TwoLayerPosterior final : public elbo::Posterior {
 public:
  TwoLayerPosterior(elbo::DiagonalNormalParams lower, std::shared_ptr<ConditionalNormal> upper)
      : lower_(std::move(lower)), upper_(std::move(upper)), is_fixed_(!at::GradMode::is_enabled()) {}

  elbo::Sample draw(int64_t samples, elbo::Rng& rng) const override {
    elbo::Rng own = rng.like(lower_.mean.detach());
    const int64_t batch = lower_.mean.size(0);
    const auto noise = [&](int64_t size) { return own.normal({samples, batch, size}); };
    const Tensor h1 = lower_.mean + lower_.log_scale.exp() * noise(lower_.mean.size(1));
    const auto above = upper_->of(h1);
    const Tensor h2 = above.mean + above.log_scale.exp() * noise(above.mean.size(2));
    return {elbo::cat({h1, h2}, 2), elbo::normal_log_prob(lower_, h1) + elbo::normal_log_prob(above, h2)};
  }

  /// Of the upper layer, the mean where the lower one is at its own.
  Tensor mean() const override { return elbo::cat({lower_.mean, upper_->of(lower_.mean).mean}, 1); }

  std::optional<Tensor> log_prob(const Tensor& z) const override {
    const elbo::HeldFixed held({upper_.get()}, is_fixed_);
    const int64_t first = lower_.mean.size(1);
    const Tensor h1 = z.slice(2, 0, first);
    return elbo::normal_log_prob(lower_, h1) + elbo::normal_log_prob(upper_->of(h1), z.slice(2, first));
  }

 private:
  elbo::DiagonalNormalParams lower_;
  std::shared_ptr<ConditionalNormal> upper_;
  bool is_fixed_;  // encoded without gradients: log_prob has none either, but for z
};

class TwoLayers final : public elbo::Encoder {
 public:
  struct Config {
    int64_t first = 0;
    std::vector<int64_t> hidden = {200, 200};
    std::vector<int64_t> upper_hidden = {100, 100};
    std::string activation = "tanh";
    std::string init = "fan_in";
    double initial_log_scale = -1;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("first", &Config::first, "latents of the lower layer h1, the rest are h2; 0 is half of them")
        .range(0, 1e6)
        .below("latent_dim");
    o.add("hidden", &Config::hidden, "units of each hidden layer from x to h1").range(1, 1e6);
    o.add("upper_hidden", &Config::upper_hidden, "units of each hidden layer from h1 to h2").range(1, 1e6);
    o.add("activation", &Config::activation, "function after each hidden layer")
        .one_of(elbo::nn::activations())
        .only_with("hidden")
        .or_with("upper_hidden");
    elbo::nn::MlpConfig::describe_init(o);
    o.add("initial_log_scale", &Config::initial_log_scale,
          "log of the scales of both layers before training, the same for all data")
        .range(-7, 3)
        .not_with("objective.plugin", {"autoencoder"});
  }

  TwoLayers(const Config& config, const elbo::Context& context) {
    const int64_t all = context.latent_dim, first = config.first ? std::min(config.first, all) : (all + 1) / 2;
    const auto layer = [&](const std::string& name, int64_t in, const std::vector<int64_t>& hidden, int64_t out) {
      const elbo::nn::MlpConfig body{.hidden = hidden, .activation = config.activation, .init = config.init};
      return part(name,
                  std::make_shared<ConditionalNormal>(in, body, out, config.initial_log_scale, context.rng.fork(name)));
    };
    lower_ = layer("lower", elbo::numel(context.observation.shape), config.hidden, first);
    upper_ = layer("upper", first, config.upper_hidden, all - first);
  }

 private:
  std::unique_ptr<elbo::Posterior> do_encode(const Tensor& x) override {
    return std::make_unique<TwoLayerPosterior>(lower_->of(x.flatten(1)), upper_);
  }

  std::shared_ptr<ConditionalNormal> lower_, upper_;
};

}  // namespace

ELBO_ENCODER(
    two_layers, TwoLayers,
    "two stochastic layers, q(h1 | x) q(h2 | h1): goes with the prior two_layers and a decoder of its first latents");
