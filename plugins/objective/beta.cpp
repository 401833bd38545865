// The ELBO with a weight on its KL term, which may rise while training (Higgins et al. 2017; Bowman et al. 2016).
#include <elbo/sdk.hpp>

namespace {

class Beta final : public elbo::Objective {
 public:
  struct Config {
    elbo::BetaSchedule schedule;
    elbo::KlGradientOptions kl;
  };
  static void describe(elbo::Options<Config>& o) {
    o.include(&Config::schedule);
    o.include(&Config::kl);
    o.at("kl").only_with("beta");
  }
  Beta(const Config& config, const elbo::Context&) : schedule_(config.schedule), kl_(config.kl) {}

 private:
  std::vector<elbo::ObjectiveTerm> do_terms(double epoch) const override {
    return {elbo::reconstruction_term(), kl_.term(-schedule_.at(epoch))};
  }
  elbo::Sampling do_sampling() const override { return kl_.sampling(); }
  bool do_is_bound() const override { return schedule_.beta >= 1 && schedule_.cycle_epochs == 0; }
  std::vector<elbo::Scheduled> do_scheduled(double epoch) const override { return schedule_.scheduled(epoch); }
  std::vector<std::string> do_remarks() const override {
    auto remarks = kl_.remarks();
    for (std::string& remark : schedule_.remarks()) remarks.push_back(std::move(remark));
    return remarks;
  }

  elbo::ObjectiveValues do_values(const elbo::Pass& pass, const elbo::TrainingStep&) override {
    return {{{"reconstruction", pass.reconstruction()}, {"kl", pass.kl()}}};
  }

  elbo::BetaSchedule schedule_;
  elbo::KlGradientOptions kl_;
};

}  // namespace

ELBO_OBJECTIVE(
    beta, Beta,
    "The ELBO with a weight on the KL: beta-VAE, KL warm-up and cycles (Higgins et al. 2017; Fu et al. 2019)");
