// The evidence lower bound itself: estimators A (Monte Carlo KL) and B (closed form) of Kingma & Welling (2014), Eqs. 6 and 7.
#include <elbo/sdk.hpp>

namespace {

class Elbo final : public elbo::Objective {
 public:
  using Config = elbo::KlGradientOptions;
  static void describe(elbo::Options<Config>& o) { Config::describe(o); }
  Elbo(const Config& config, const elbo::Context&) : config_(config) {}

 private:
  std::vector<elbo::ObjectiveTerm> do_terms(double) const override {
    return {elbo::reconstruction_term(), config_.term(-1)};
  }
  elbo::Sampling do_sampling() const override { return config_.sampling(); }
  bool do_is_bound() const override { return true; }
  std::vector<std::string> do_remarks() const override { return config_.remarks(); }

  elbo::ObjectiveValues do_values(const elbo::Pass& pass, const elbo::TrainingStep&) override {
    return {{{"reconstruction", pass.reconstruction()}, {"kl", pass.kl()}}};
  }

  Config config_;
};

}  // namespace

ELBO_OBJECTIVE(elbo, Elbo, "The evidence lower bound (Kingma and Welling 2014)");
