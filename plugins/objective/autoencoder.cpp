// Neither noise nor KL: log p(x|z) at the mean of q(z|x). No bound.
#include <elbo/sdk.hpp>

namespace {

class Autoencoder final : public elbo::Objective {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  Autoencoder(const Config&, const elbo::Context&) {}

 private:
  std::vector<elbo::ObjectiveTerm> do_terms(double) const override {
    return {{"reconstruction", 1, "log p(x|z) at z = E_q(z|x)[z]"}};
  }
  elbo::Sampling do_sampling() const override { return {.latent = elbo::Latent::mean}; }
  bool do_is_bound() const override { return false; }

  elbo::ObjectiveValues do_values(const elbo::Pass& pass, const elbo::TrainingStep&) override {
    return {{{"reconstruction", pass.reconstruction()}}};
  }
};

}  // namespace

ELBO_OBJECTIVE(autoencoder, Autoencoder, "log p(x|z) at the posterior's mean: no noise, no KL, no bound");
