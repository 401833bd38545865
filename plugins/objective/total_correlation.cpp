// The KL in three parts, each with a weight of its own: what z says of x, how its dimensions depend on each other, and how each
// differs from the prior's (Chen et al. 2018).
#include <elbo/sdk.hpp>

namespace {

class TotalCorrelation final : public elbo::Objective {
 public:
  struct Config {
    elbo::BetaSchedule schedule;
    int64_t samples = 1;
    double mi_weight = 1, tc_weight = 6, dimension_weight = 1;
    std::string tc_estimator = "stratified";
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("samples", &Config::samples, "latent samples for each data point").range(1, 100000);
    o.include(&Config::schedule);
    o.add("mi_weight", &Config::mi_weight, "weight of the mutual information I(x; z)").range(0, 1e6).only_with("beta");
    o.add("tc_weight", &Config::tc_weight, "weight of KL(q(z) || prod_j q(z_j))").range(0, 1e6).only_with("beta");
    o.add("dimension_weight", &Config::dimension_weight, "weight of sum_j KL(q(z_j) || p(z_j))")
        .range(0, 1e6)
        .only_with("beta");
    o.add("tc_estimator", &Config::tc_estimator,
          "how q(z) is estimated from the batch: without bias, or low by up to log(N B)")
        .one_of({"stratified", "weighted"})
        .only_with("beta");
  }
  TotalCorrelation(const Config& config, const elbo::Context&) : config_(config) {
    if (config.mi_weight == 0 && config.tc_weight == 0 && config.dimension_weight == 0)
      throw elbo::UserError(
          "mi_weight, tc_weight and dimension_weight are all 0; expected a weight on one part of the KL; raise one, or "
          "choose the objective beta with beta = 0");
  }

 private:
  std::vector<elbo::ObjectiveTerm> do_terms(double epoch) const override {
    const double beta = config_.schedule.at(epoch);
    return {elbo::reconstruction_term(),
            {"mutual_information", -beta * config_.mi_weight, "E[log q(z|x) - log q(z)]"},
            {"total_correlation", -beta * config_.tc_weight, "E[log q(z) - sum_j log q(z_j)]"},
            {"dimension_kl", -beta * config_.dimension_weight, "E[sum_j log q(z_j) - log p(z)]"}};
  }
  elbo::Sampling do_sampling() const override { return {.samples = config_.samples}; }
  bool do_is_bound() const override { return false; }
  std::vector<elbo::Scheduled> do_scheduled(double epoch) const override { return config_.schedule.scheduled(epoch); }
  std::vector<std::string> do_remarks() const override { return config_.schedule.remarks(); }

  elbo::ObjectiveValues do_values(const elbo::Pass& pass, const elbo::TrainingStep& step) override {
    const auto q = pass.posterior->diagonal_normal();
    if (!q)
      throw elbo::Error(step.model.encoder->label() + ": " + label() +
                        " expected a diagonal normal posterior; choose that one");
    const elbo::KlParts parts = elbo::kl_parts(pass.z, *q, *step.model.prior, step.train_data, config_.tc_estimator);
    return {{{"reconstruction", pass.reconstruction()},
             {"mutual_information", elbo::mean_of(parts.mutual_information)},
             {"total_correlation", elbo::mean_of(parts.total_correlation)},
             {"dimension_kl", elbo::mean_of(parts.dimension_kl)}}};
  }

  Config config_;
};

}  // namespace

ELBO_OBJECTIVE(total_correlation, TotalCorrelation, "The KL in three weighted parts: beta-TCVAE (Chen et al. 2018)");
