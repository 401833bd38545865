// Logs as runs leave them, without training.
#pragma once
#include <nlohmann/json.hpp>

#include "log/run_log.hpp"
#include "metrics/metrics.hpp"
#include "program.hpp"

namespace elbo::host {

struct Result {
  std::string variant;
  int64_t seed = 1;
  std::vector<double> bounds;  // of each test data point
  nlohmann::ordered_json key;  // measure key
  std::string measure = "mass on 256 levels";
  nlohmann::ordered_json plan = {};  // beside the seed
  double seconds = 1;
  std::string program = "0.1.0";  // that wrote it
};

inline nlohmann::ordered_json key(const std::string& base, const std::string& quantisation,
                                  const std::string& binarisation = "none") {
  return {{"data", "d"},
          {"test_ids", "t"},
          {"dimensions", 4},
          {"unit", "nat"},
          {"base", base},
          {"levels", quantisation == "none" ? 0 : 256},
          {"quantisation", quantisation},
          {"binarisation", binarisation},
          {"transforms", nlohmann::json::array()},
          {"conditioning", "none"},
          {"given", "nothing"},
          {"observed", "all"},
          {"direction", "lower"},
          {"estimator", {{"name", "iwae"}, {"samples", 100}, {"images", 4}}}};
}

inline const auto on_levels = key("C256", "tiles k/levels, tails folded");

class Compare : public Program {
 protected:
  /// `is_finished`: with a result; else as a run leaves it that was stopped.
  void log_of(const std::string& folder, const Result& result, bool is_finished = true) const {
    std::filesystem::create_directories(scratch.path / folder);
    log::Layout layout;
    layout.title = result.variant;
    nlohmann::ordered_json plan = {{"seed", result.seed}};
    if (!result.plan.is_null()) plan.update(result.plan);
    layout.plan_json = plan.dump();
    layout.provenance = {{"elbo", result.program}};
    layout.latent_dim = 2;
    layout.test_rows = static_cast<int64_t>(result.bounds.size());
    layout.train_columns = layout.test_columns = {{"elbo", "nat", "elbo"}};
    auto log = log::RunLog::create(scratch.path / folder / (is_finished ? "log.h5" : "log.h5.partial"), layout);
    if (!is_finished) return log.close("stopped");
    double mean = 0;
    for (const double b : result.bounds) mean += b / static_cast<double>(result.bounds.size());
    std::vector<double> elbo = result.bounds;
    for (double& nats : elbo) nats -= 1;
    log.finish(
        {{{"log_px", "nat", "bound"}, result.bounds}, {{"elbo", "nat", "bound"}, elbo}},
        {{"elbo", mean - 1, "nat", "elbo"},
         {"log_px", mean, "nat", "bound"},
         {"log_px_samples", 100, "1", "K"},
         {"pareto_k_high", 0, "1", "share"},
         {metrics::train_seconds, result.seconds}},
        {{"measure", result.measure}, {"measure_key", result.key.dump()}, {"bound", "elbo"}, {"likelihood", "x"}});
  }
};

}  // namespace elbo::host
