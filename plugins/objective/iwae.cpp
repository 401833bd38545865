// The importance-weighted bound (Burda et al. 2016).
#include <elbo/sdk.hpp>

namespace {

class Iwae final : public elbo::Objective {
 public:
  struct Config {
    elbo::ImportanceOptions weights;
    elbo::BetaSchedule schedule;
  };
  static void describe(elbo::Options<Config>& o) {
    o.include(&Config::weights);
    o.include(&Config::schedule);
  }
  Iwae(const Config& config, const elbo::Context&) : weights_(config.weights), schedule_(config.schedule) {
    weights_.check(schedule_.is_one());
  }

 private:
  std::vector<elbo::ObjectiveTerm> do_terms(double) const override {
    return {{"iw_bound", 1, elbo::importance_formula(weights_.samples, !schedule_.is_one())}};
  }
  elbo::Sampling do_sampling() const override { return weights_.sampling(); }
  bool do_is_bound() const override { return schedule_.beta == 1; }
  std::vector<elbo::Scheduled> do_scheduled(double epoch) const override { return schedule_.scheduled(epoch); }
  std::vector<std::string> do_remarks() const override {
    auto remarks = weights_.remarks();
    for (std::string& remark : schedule_.remarks()) remarks.push_back(std::move(remark));
    return remarks;
  }

  elbo::ObjectiveValues do_values(const elbo::Pass& pass, const elbo::TrainingStep& step) override {
    elbo::ObjectiveValues values{{{"iw_bound", elbo::mean_of(bound(pass, schedule_.at(step.epoch)))}}};
    if (weights_.is_doubly_reparameterised()) values.ascents = {{elbo::doubly_reparameterised(pass, 1), {}}};
    return values;
  }
  elbo::Tensor do_tested(const elbo::Pass& pass) const override { return bound(pass, 1); }

  elbo::Tensor bound(const elbo::Pass& pass, double beta) const {
    return elbo::grouped_bound(elbo::log_weights(pass, beta), 1);
  }

  elbo::ImportanceOptions weights_;
  elbo::BetaSchedule schedule_;
};

}  // namespace

ELBO_OBJECTIVE(iwae, Iwae,
               "The importance-weighted bound of K samples (Burda et al. 2016), with the gradients of Roeder et al. "
               "and Tucker et al.");
