// Two stochastic layers (Burda et al. 2016): p(h2) = N(0, I), and p(h1 | h2) normal, learned, with z = (h1, h2).
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::ConditionalNormal;

class TwoLayers final : public elbo::Prior {
 public:
  struct Config {
    int64_t first = 0;
    std::vector<int64_t> hidden = {100, 100};
    std::string activation = "tanh";
    std::string init = "fan_in";
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("first", &Config::first, "latents of the lower layer h1, the rest are h2; 0 is half of them")
        .range(0, 1e6)
        .below("latent_dim");
    o.add("hidden", &Config::hidden, "units of each hidden layer from h2 to h1").range(1, 1e6);
    o.add("activation", &Config::activation, "function after each hidden layer")
        .one_of(elbo::nn::activations())
        .only_with("hidden");
    elbo::nn::MlpConfig::describe_init(o);
  }

  TwoLayers(const Config& config, const elbo::Context& context)
      : all_(context.latent_dim),
        first_(config.first ? std::min(config.first, all_) : (all_ + 1) / 2),
        lower_(part("lower", std::make_shared<ConditionalNormal>(
                                 all_ - first_,
                                 elbo::nn::MlpConfig{
                                     .hidden = config.hidden, .activation = config.activation, .init = config.init},
                                 first_, /*initial_log_scale=*/0, context.rng.fork("lower")))) {}

 private:
  Tensor do_log_prob(const Tensor& z) const override {
    const Tensor h2 = z.slice(2, first_);
    return elbo::normal_log_prob(lower_->of(h2), z.slice(2, 0, first_)) -
           (0.5 * h2.square() + elbo::half_log_2pi).sum(2);
  }

  Tensor do_sample(int64_t n, elbo::Rng& rng) const override {
    const Tensor h2 = rng.normal({1, n, all_ - first_})[0];
    const auto below = lower_->of(h2);
    return elbo::cat({below.mean + below.log_scale.exp() * rng.normal({1, n, first_})[0], h2}, 1);
  }

  int64_t all_, first_;
  std::shared_ptr<ConditionalNormal> lower_;
};

}  // namespace

ELBO_PRIOR(two_layers, TwoLayers,
           "N(0, I) above, a learned normal distribution of it below: for the encoder two_layers and a decoder of the "
           "first latents");
