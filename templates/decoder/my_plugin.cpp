// One hidden layer, then every parameter that the likelihood asks for.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::nn::Linear;

class MyPlugin final : public elbo::Decoder {
 public:
  struct Config {
    int64_t width = 64;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("width", &Config::width, "units of the hidden layer").range(1, 1e6);
  }
  MyPlugin(const Config& config, const elbo::Context& context)
      : hidden_(part("hidden", std::make_shared<Linear>(context.latent_dim, config.width, context.rng.fork("hidden")))),
        head_(part("head", std::make_shared<Linear>(config.width, elbo::numel(context.decoder_output),
                                                    context.rng.fork("head")))) {}

 private:
  // z is [N, L]; what comes out is [N, values that the likelihood asks for], unbounded.
  Tensor do_decode(const Tensor& z) override { return head_->forward(hidden_->forward(z).relu()); }

  // Training begins at the data's marginal instead of at nothing.
  void do_set_output_bias(const Tensor& raw) override { head_->bias().detach().copy_(raw); }

  std::shared_ptr<Linear> hidden_, head_;
};

}  // namespace

ELBO_DECODER(my_plugin, MyPlugin, "One hidden layer of rectified units, then one linear layer");
