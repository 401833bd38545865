// Reads the rows of an image, or the values of other data, one after the other with a gated recurrent unit.
#include <torch/nn/modules/rnn.h>
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class Gru final : public elbo::Encoder {
 public:
  struct Config {
    int64_t units = 32;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("units", &Config::units, "units of the recurrent layer").range(1, 1e4);
  }
  Gru(const Config& config, const elbo::Context& context)
      : columns_(context.observation.shape.size() > 1 ? context.observation.shape.back() : 1),
        gru_(add_module("gru", torch::nn::GRU(torch::nn::GRUOptions(columns_, config.units).batch_first(true)))),
        head_(part("head", std::make_shared<elbo::nn::Linear>(config.units, 2 * context.latent_dim,
                                                              context.rng.fork("head")))) {}

 private:
  std::unique_ptr<elbo::Posterior> do_encode(const Tensor& x) override {
    const Tensor rows = x.reshape({x.size(0), -1, columns_});
    const auto [outputs, last] = gru_->forward(rows);  // [B, rows, units], [1, B, units]
    const std::vector<Tensor> parts = head_->forward(last[0]).chunk(2, 1);
    return elbo::posteriors::diagonal_normal(parts[0], elbo::soft_bound(parts[1], -7, 7));
  }

  int64_t columns_;
  torch::nn::GRU gru_;
  std::shared_ptr<elbo::nn::Linear> head_;
};

}  // namespace

ELBO_ENCODER(gru, Gru, "reads the rows of an image one after the other with a gated recurrent unit");
