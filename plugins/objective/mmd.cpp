// The maximum mean discrepancy between q(z) and the prior, for a share of the KL: InfoVAE (Zhao et al. 2019).
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class Mmd final : public elbo::Objective {
 public:
  struct Config {
    elbo::KlOptions kl;
    elbo::BetaSchedule schedule;
    double mmd_weight = 10, info = 0;
    std::string mmd_kernel = "rbf";
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("mmd_weight", &Config::mmd_weight, "lambda, weight of MMD^2(q(z), p(z)) in InfoVAE").range(0, 1e9);
    o.add("info", &Config::info, "alpha of InfoVAE, the share of the KL that the MMD replaces").range(-1e6, 1);
    o.include(&Config::kl);
    o.include(&Config::schedule);
    for (const char* of_the_kl : {"kl", "beta"}) o.at(of_the_kl).not_with("info", {1.0});
    o.add("mmd_kernel", &Config::mmd_kernel, "exp(-d^2 / 2L), or 2L / (2L + d^2)").one_of({"rbf", "imq"});
  }
  Mmd(const Config& config, const elbo::Context&) : config_(config) {
    if (mmd_weight() == 0)
      throw elbo::UserError(
          "the MMD has a weight of 0, since mmd_weight + info = 1; expected another sum; choose other weights, or the "
          "objective beta");
  }

 private:
  std::vector<elbo::ObjectiveTerm> do_terms(double epoch) const override {
    return {elbo::reconstruction_term(),
            {"kl", -config_.schedule.at(epoch) * (1 - config_.info), "KL(q(z|x) || p(z))"},
            {"mmd", -mmd_weight(), "MMD^2(q(z), p(z))"}};
  }
  elbo::Sampling do_sampling() const override { return config_.kl.sampling(); }
  bool do_is_bound() const override { return false; }
  std::vector<elbo::Scheduled> do_scheduled(double epoch) const override { return config_.schedule.scheduled(epoch); }
  std::vector<std::string> do_remarks() const override { return config_.schedule.remarks(); }

  elbo::ObjectiveValues do_values(const elbo::Pass& pass, const elbo::TrainingStep& step) override {
    elbo::Rng rng = step.rng.fork("prior");
    const Tensor p = step.model.prior->sample(pass.z.size(1), rng).to(pass.z.scalar_type());
    const Tensor mmd = elbo::mmd_squared(pass.z.select(0, 0), p.detach(), config_.mmd_kernel);
    return {{{"reconstruction", pass.reconstruction()}, {"kl", pass.kl()}, {"mmd", elbo::mean_of(mmd)}}};
  }

  double mmd_weight() const { return config_.info + config_.mmd_weight - 1; }

  Config config_;
};

}  // namespace

ELBO_OBJECTIVE(mmd, Mmd, "The maximum mean discrepancy for a share of the KL: InfoVAE (Zhao et al. 2019)");
