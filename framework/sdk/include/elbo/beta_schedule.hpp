// A weight that may rise while training, the same options for every objective that has one.
#pragma once
#include <string>
#include <vector>

#include <elbo/error.hpp>
#include <elbo/objective_term.hpp>
#include <elbo/options.hpp>

namespace elbo {

/// The share of its final value that a number has which rises linearly from 0 over so many epochs; 1 without any.
ELBO_EXPORT double linear_rise(double epoch, int64_t epochs);

/// The options of objectives that weigh their KL term; their Config derives from it.
struct ELBO_EXPORT BetaSchedule {
  double beta = 1;
  int64_t cycle_epochs = 0;
  double cycle_rise = 0.5;
  int64_t warmup_epochs = 0;

  template <class Config>
  static void describe(Options<Config>& o) {
    o.template add<double>("beta", &Config::beta, "weight of the KL term; the ELBO with beta = 1 is logged as well")
        .range(0, 1e6);
    o.template add<int64_t>("cycle_epochs", &Config::cycle_epochs,
                            "epochs of one cycle, where beta rises anew in each; 0 is no cycles")
        .range(0, 1e6)
        .only_with("beta")
        .at_most("train.max_epochs");
    o.template add<double>("cycle_rise", &Config::cycle_rise, "share of a cycle in which beta rises")
        .range(0.001, 1)
        .only_with("cycle_epochs");
    o.template add<int64_t>("warmup_epochs", &Config::warmup_epochs,
                            "epochs over which beta rises linearly from 0, once")
        .range(0, 1e6)
        .only_with("beta")
        .only_with("cycle_epochs", {int64_t{0}})
        .at_most("train.max_epochs");
  }

  /// In this epoch, as Objective::terms() counts them. In cycles: Fu et al. (2019).
  double at(double epoch) const;
  bool is_constant() const { return warmup_epochs == 0 && cycle_epochs == 0; }
  /// Whether it is 1 in every epoch.
  bool is_one() const { return beta == 1 && is_constant(); }
  std::vector<Scheduled> scheduled(double epoch) const { return {{"beta", at(epoch), "weight of the KL term"}}; }
  /// How it rises; none where it does not.
  std::vector<std::string> remarks() const;
};

}  // namespace elbo
