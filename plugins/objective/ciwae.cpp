// A mixture of the ELBO and the importance-weighted bound (Rainforth et al. 2018).
#include <elbo/sdk.hpp>

namespace {

class Ciwae final : public elbo::Objective {
 public:
  struct Config {
    elbo::KlOptions kl;
    elbo::BetaSchedule schedule;
    double mix = 0.5;
    std::string gradient = "total";
    Config() { kl.samples = 5; }
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("mix", &Config::mix, "weight of the ELBO beside the importance-weighted bound").range(0, 1);
    o.include(&Config::kl);
    o.add("gradient", &Config::gradient, "total, or stl: without the score of q, biased for more than one sample")
        .one_of({"total", "stl"});
    o.include(&Config::schedule);
    o.at("kl").not_with("mix", {0.0});
    o.at("beta").not_with("mix", {1.0});
  }
  Ciwae(const Config& config, const elbo::Context&) : config_(config) {}

 private:
  std::vector<elbo::ObjectiveTerm> do_terms(double) const override {
    return {elbo::elbo_term(config_.mix),
            {"iw_bound", 1 - config_.mix, elbo::importance_formula(config_.kl.samples, !config_.schedule.is_one())}};
  }
  elbo::Sampling do_sampling() const override {
    elbo::Sampling s = config_.kl.sampling();
    if (config_.gradient == "stl") s.latent = elbo::Latent::path;
    return s;
  }
  bool do_is_bound() const override { return config_.schedule.beta == 1; }
  std::vector<elbo::Scheduled> do_scheduled(double epoch) const override { return config_.schedule.scheduled(epoch); }
  std::vector<std::string> do_remarks() const override {
    auto remarks = config_.schedule.remarks();
    if (config_.gradient == "stl")
      remarks.push_back(std::string("gradient without the score of q (sticking the landing)") +
                        (config_.kl.samples > 1 ? ", biased for K > 1" : ""));
    return remarks;
  }

  elbo::ObjectiveValues do_values(const elbo::Pass& pass, const elbo::TrainingStep& step) override {
    return {{{"elbo", elbo::mean_of(pass.elbo_each())},
             {"iw_bound", elbo::mean_of(bound(pass, config_.schedule.at(step.epoch)))}}};
  }
  elbo::Tensor do_tested(const elbo::Pass& pass) const override {
    return config_.mix * pass.elbo_each() + (1 - config_.mix) * bound(pass, 1);
  }

  elbo::Tensor bound(const elbo::Pass& pass, double beta) const {
    return elbo::grouped_bound(elbo::log_weights(pass, beta), 1);
  }

  Config config_;
};

}  // namespace

ELBO_OBJECTIVE(ciwae, Ciwae, "A mixture of the ELBO and the importance-weighted bound (Rainforth et al. 2018)");
