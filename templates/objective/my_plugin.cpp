// The Renyi bound (Li & Turner 2016): between the ELBO at alpha = 1 and the importance-weighted bound at alpha = 0.
#include <cmath>

#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class MyPlugin final : public elbo::Objective {
 public:
  struct Config {
    int64_t samples = 5;
    double alpha = 0.5;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("samples", &Config::samples, "K, importance samples for each data point").range(1, 100000);
    o.add("alpha", &Config::alpha, "order of the divergence that the bound lacks to log p(x)").range(0, 0.99);
  }
  MyPlugin(const Config& config, const elbo::Context&) : config_(config) {}

 private:
  std::vector<elbo::ObjectiveTerm> do_terms(double) const override {
    return {{"renyi_bound", 1, "(1 / (1 - alpha)) log (1/K) sum_k (p(x|z_k) p(z_k) / q(z_k|x))^(1 - alpha)"}};
  }
  elbo::Sampling do_sampling() const override { return {.samples = config_.samples}; }
  bool do_is_bound() const override { return true; }

  elbo::ObjectiveValues do_values(const elbo::Pass& pass, const elbo::TrainingStep&) override {
    return {{{"renyi_bound", elbo::mean_of(bound(pass))}}};
  }
  Tensor do_tested(const elbo::Pass& pass) const override { return bound(pass); }

  /// [B], from log w [K, B]
  Tensor bound(const elbo::Pass& pass) const {
    const double power = 1 - config_.alpha, log_k = std::log(static_cast<double>(config_.samples));
    return ((power * pass.log_weight()).logsumexp(0) - log_k) / power;
  }

  Config config_;
};

}  // namespace

ELBO_OBJECTIVE(my_plugin, MyPlugin, "The Renyi bound (Li and Turner 2016)");
