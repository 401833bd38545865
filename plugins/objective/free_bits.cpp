// Each latent dimension has some nats of KL for nothing (Kingma et al. 2016, Eq. 15).
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class FreeBits final : public elbo::Objective {
 public:
  struct Config {
    elbo::BetaSchedule schedule;
    int64_t samples = 1;
    double free_bits = 0.1;
    bool per_example = false;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("samples", &Config::samples, "latent samples for each data point").range(1, 100000);
    o.include(&Config::schedule);
    o.add("free_bits", &Config::free_bits, "nats of KL that each latent dimension has for nothing")
        .range(1e-6, 1e6)
        .only_with("beta");
    o.add("per_example", &Config::per_example,
          "a floor for each data point, instead of one under the mean over the batch: another objective")
        .only_with("beta");
  }
  FreeBits(const Config& config, const elbo::Context&) : config_(config) {}

 private:
  std::vector<elbo::ObjectiveTerm> do_terms(double epoch) const override {
    const std::string kl = config_.per_example ? "KL_j(q(z|x) || p(z))" : "batch mean of KL_j(q(z|x) || p(z))";
    return {elbo::reconstruction_term(),
            {"kl_floored", -config_.schedule.at(epoch),
             "sum_j max(" + elbo::in_formula(config_.free_bits) + ", " + kl + ")"}};
  }
  elbo::Sampling do_sampling() const override { return {.samples = config_.samples}; }
  bool do_is_bound() const override { return false; }
  std::vector<elbo::Scheduled> do_scheduled(double epoch) const override { return config_.schedule.scheduled(epoch); }
  std::vector<std::string> do_remarks() const override { return config_.schedule.remarks(); }

  elbo::ObjectiveValues do_values(const elbo::Pass& pass, const elbo::TrainingStep& step) override {
    const Tensor floored = elbo::floored_kl(closed_form_kl(pass, step.model), config_.free_bits, config_.per_example);
    return {{{"reconstruction", pass.reconstruction()}, {"kl_floored", elbo::mean_of(floored)}}};
  }

  const Tensor& closed_form_kl(const elbo::Pass& pass, const elbo::ModelParts& model) const {
    if (pass.kl_per_dim) return *pass.kl_per_dim;
    throw elbo::Error("free bits are counted for each latent dimension, and " + model.prior->label() +
                      " with the posterior of " + model.encoder->label() +
                      " has no KL in closed form; use another prior, posterior or objective");
  }

  Config config_;
};

}  // namespace

ELBO_OBJECTIVE(free_bits, FreeBits,
               "The ELBO whose latent dimensions each have some nats of KL for nothing (Kingma et al. 2016)");
