// The KL is drawn towards a number of nats that rises while training (Burgess et al. 2018).
#include <elbo/sdk.hpp>

namespace {

class Capacity final : public elbo::Objective {
 public:
  struct Config {
    elbo::KlOptions kl;
    double capacity = 25;
    int64_t capacity_epochs = 0;
    double capacity_weight = 1000;
  };
  static void describe(elbo::Options<Config>& o) {
    o.include(&Config::kl);
    o.add("capacity", &Config::capacity, "nats towards which the KL is drawn").range(0, 1e6);
    o.add("capacity_epochs", &Config::capacity_epochs, "epochs over which it rises linearly from 0")
        .range(0, 1e6)
        .only_with("capacity")
        .at_most("train.max_epochs");
    o.add("capacity_weight", &Config::capacity_weight, "weight of the distance from it").range(1e-6, 1e9);
  }
  Capacity(const Config& config, const elbo::Context&) : config_(config) {}

 private:
  std::vector<elbo::ObjectiveTerm> do_terms(double) const override {
    const std::string aim = config_.capacity_epochs > 0 ? "C" : elbo::in_formula(config_.capacity);
    return {elbo::reconstruction_term(),
            {"capacity_gap", -config_.capacity_weight, "|batch mean of KL(q(z|x) || p(z)) - " + aim + "|"}};
  }
  elbo::Sampling do_sampling() const override { return config_.kl.sampling(); }
  bool do_is_bound() const override { return false; }
  std::vector<elbo::Scheduled> do_scheduled(double epoch) const override {
    return {{"capacity", at(epoch), "nats towards which the KL is drawn"}};
  }
  std::vector<std::string> do_remarks() const override {
    if (config_.capacity_epochs == 0) return {};
    return {"C rises from 0 to " + elbo::in_formula(config_.capacity) + " nat over " +
            std::to_string(config_.capacity_epochs) + " epochs"};
  }

  elbo::ObjectiveValues do_values(const elbo::Pass& pass, const elbo::TrainingStep& step) override {
    const elbo::Tensor gap = (pass.kl().value() - at(step.epoch)).abs();
    return {{{"reconstruction", pass.reconstruction()}, {"capacity_gap", elbo::mean_of(gap)}}};
  }

  double at(double epoch) const { return config_.capacity * elbo::linear_rise(epoch, config_.capacity_epochs); }

  Config config_;
};

}  // namespace

ELBO_OBJECTIVE(capacity, Capacity, "The KL drawn towards a capacity in nats that may rise (Burgess et al. 2018)");
