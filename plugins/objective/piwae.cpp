// The encoder climbs the mean of M bounds of K samples, decoder and prior the bound of all M K (Rainforth et al. 2018): more samples
// make a bound tighter, and the encoder's gradient noisier.
#include <elbo/sdk.hpp>

namespace {

class Piwae final : public elbo::Objective {
 public:
  struct Config {
    elbo::BetaSchedule schedule;
    int64_t samples = 5, groups = 2;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("samples", &Config::samples, "K, importance samples for each data point, of each group").range(1, 100000);
    o.add("groups", &Config::groups, "M, how many groups of `samples` latent samples are drawn").range(2, 100000);
    o.include(&Config::schedule);
  }
  Piwae(const Config& config, const elbo::Context&)
      : schedule_(config.schedule), samples_(config.samples), groups_(config.groups) {}

 private:
  std::vector<elbo::ObjectiveTerm> do_terms(double) const override {
    const auto formula = [&](int64_t samples) { return elbo::importance_formula(samples, !schedule_.is_one()); };
    return {{"iw_bound", 1,
             formula(samples_ * groups_) + " for decoder and prior, mean over " + std::to_string(groups_) +
                 " groups of " + formula(samples_) + " for the encoder"}};
  }
  elbo::Sampling do_sampling() const override { return {.samples = samples_ * groups_}; }
  bool do_is_bound() const override { return schedule_.beta == 1; }
  std::vector<elbo::Scheduled> do_scheduled(double epoch) const override { return schedule_.scheduled(epoch); }
  std::vector<std::string> do_remarks() const override { return schedule_.remarks(); }

  elbo::ObjectiveValues do_values(const elbo::Pass& pass, const elbo::TrainingStep& step) override {
    const elbo::Tensor log_w = elbo::log_weights(pass, schedule_.at(step.epoch));
    const elbo::Summand whole = elbo::mean_of(elbo::grouped_bound(log_w, 1));
    const elbo::Tensor of_groups = elbo::grouped_bound(log_w, groups_).mean();
    return {{{"iw_bound", whole}},
            {{whole.value(), step.model.generative_parameters()}, {of_groups, step.model.inference_parameters()}}};
  }
  elbo::Tensor do_tested(const elbo::Pass& pass) const override {
    return elbo::grouped_bound(elbo::log_weights(pass, 1), 1);
  }

  elbo::BetaSchedule schedule_;
  int64_t samples_, groups_;
};

}  // namespace

ELBO_OBJECTIVE(piwae, Piwae,
               "Partially importance-weighted: M bounds of K samples for the encoder, one of M K for the rest "
               "(Rainforth et al. 2018)");
