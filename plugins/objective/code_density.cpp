// A density of the codes of an encoder that is no longer trained: log p(z) at the mean of q(z|x). No bound; for models without noise,
// whose prior is fitted after the rest (Ghosh et al. 2020, "From Variational to Deterministic Autoencoders").
#include <elbo/sdk.hpp>

namespace {

class CodeDensity final : public elbo::Objective {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  CodeDensity(const Config&, const elbo::Context&) {}

 private:
  std::vector<elbo::ObjectiveTerm> do_terms(double) const override {
    return {{"log_prior", 1, "log p(z) at z = E_q(z|x)[z]"}};
  }
  elbo::Sampling do_sampling() const override { return {.latent = elbo::Latent::mean}; }
  bool do_is_bound() const override { return false; }
  std::vector<std::string> do_remarks() const override {
    return {"of codes alone: with a trained encoder it has no largest value, so freeze that (train.freeze)"};
  }

  elbo::ObjectiveValues do_values(const elbo::Pass& pass, const elbo::TrainingStep& step) override {
    return {{{"log_prior", elbo::mean_of(step.model.prior->log_prob(pass.z))}}};
  }
};

}  // namespace

ELBO_OBJECTIVE(code_density, CodeDensity,
               "log p(z) at the posterior's mean: a prior for the codes of a model that is trained already; no bound");
