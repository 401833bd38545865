#include <elbo/sdk.hpp>

#include "fault.hpp"

namespace {

/// Says nothing of x otherwise.
class Faulty final : public elbo::Encoder {
 public:
  using Config = fault::Config;
  static void describe(elbo::Options<Config>& o) { fault::describe(o); }
  Faulty(const Config& config, const elbo::Context& context) : config_(config) {
    mean_ = parameter("mean", elbo::zeros({context.latent_dim}));
    fault::happen(config, "constructor");
  }

 private:
  std::unique_ptr<elbo::Posterior> do_encode(const elbo::Tensor& x) override {
    fault::happen(config_, "call");
    const elbo::Tensor mean = mean_.expand({x.size(0), mean_.size(0)});
    return elbo::posteriors::diagonal_normal(mean, mean * 0);
  }

  Config config_;
  elbo::Tensor mean_;
};

}  // namespace

ELBO_ENCODER(faulty, Faulty, "goes wrong on request");
