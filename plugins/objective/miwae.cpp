// The mean of several importance-weighted bounds (Rainforth et al. 2018).
#include <elbo/sdk.hpp>

namespace {

class Miwae final : public elbo::Objective {
 public:
  struct Config {
    elbo::ImportanceOptions weights;
    elbo::BetaSchedule schedule;

    int64_t groups = 2;
  };
  static void describe(elbo::Options<Config>& o) {
    o.include(&Config::weights);
    o.add("groups", &Config::groups, "M, how many groups of `samples` latent samples are drawn").range(2, 100000);
    o.include(&Config::schedule);
  }
  Miwae(const Config& config, const elbo::Context&)
      : weights_(config.weights), schedule_(config.schedule), groups_(config.groups) {
    weights_.check(schedule_.is_one());
  }

 private:
  std::vector<elbo::ObjectiveTerm> do_terms(double) const override {
    return {{"iw_bound", 1,
             "mean over " + std::to_string(groups_) + " groups of " +
                 elbo::importance_formula(weights_.samples, !schedule_.is_one())}};
  }
  elbo::Sampling do_sampling() const override { return weights_.sampling(groups_); }
  bool do_is_bound() const override { return schedule_.beta == 1; }
  std::vector<elbo::Scheduled> do_scheduled(double epoch) const override { return schedule_.scheduled(epoch); }
  std::vector<std::string> do_remarks() const override {
    auto remarks = weights_.remarks();
    for (std::string& remark : schedule_.remarks()) remarks.push_back(std::move(remark));
    return remarks;
  }

  elbo::ObjectiveValues do_values(const elbo::Pass& pass, const elbo::TrainingStep& step) override {
    elbo::ObjectiveValues values{{{"iw_bound", elbo::mean_of(bound(pass, schedule_.at(step.epoch)))}}};
    if (weights_.is_doubly_reparameterised()) values.ascents = {{elbo::doubly_reparameterised(pass, groups_), {}}};
    return values;
  }
  elbo::Tensor do_tested(const elbo::Pass& pass) const override { return bound(pass, 1); }

  elbo::Tensor bound(const elbo::Pass& pass, double beta) const {
    return elbo::grouped_bound(elbo::log_weights(pass, beta), groups_);
  }

  elbo::ImportanceOptions weights_;
  elbo::BetaSchedule schedule_;
  int64_t groups_;
};

}  // namespace

ELBO_OBJECTIVE(miwae, Miwae,
               "The mean over M groups of importance-weighted bounds of K samples (Rainforth et al. 2018)");
