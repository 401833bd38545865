// What is measured of a model on another device than the processor. See support/second_device.hpp for how that can be tested
// without one.
#include "support/second_device.hpp"

#include <gtest/gtest.h>

#include "data/dataset.hpp"
#include "evaluate/evaluate.hpp"
#include "evaluate/metrics/aggregate.hpp"
#include "evaluate/metrics/ais.hpp"
#include "evaluate/metrics/marginal.hpp"
#include "evaluate/metrics/reconstruction.hpp"
#include "evidence/evidence.hpp"
#include "metrics/metrics.hpp"
#include "support/toy_model.hpp"

namespace elbo::host {
namespace {

using testing::choice;
using Numbers = std::map<std::string, std::vector<double>>;

constexpr int64_t rows = 12;

Numbers measured_on(const at::Device& device, const std::string& flow) {
  DataConfig config{.name = "bars", .observe = "binary"};
  config.train = 50;
  config.test = rows;
  const data::Dataset dataset = data::load(data::description_of(config), config);
  const auto observed = observation::observation_model({dataset.shape, dataset.support, dataset.levels},
                                                       Support::binary, false, config, "bernoulli");
  BatchSource source(dataset, observed);
  const Setting small = {"hidden", std::vector<int64_t>{8}};
  Model model =
      testing::make_model(choice("encoder", "mlp", {small, {"flow", flow}}), choice("decoder", "mlp", {small}),
                          choice("likelihood", "bernoulli"), observed.observation, 2);
  source.move_to(device);
  model.to_like(source.like());
  const Rng rng = source.rng(3);
  const auto tick = [](double) {};

  Numbers all;
  const PassResult pass = test_pass(model, source, Part::test, 5, rng);
  all["elbo"] = pass.elbo_each;
  all["kl_per_dim"] = pass.kl_per_dim;
  const ImportanceResult bound = importance_weighted(model, source, rows, 60, 5, rng, tick);
  all["log_px"] = bound.log_px;
  all["pareto_k"] = bound.pareto_k;
  all["half_log_px"] = bound.half_log_px;
  for (const ImportancePoint& point : importance_curve(model, source, rows, {2, 30}, 5, rng, tick))
    all["bound of " + std::to_string(point.samples)] = point.log_px;
  const Latents codes = latents(model, source, rows);
  all["means"].assign(codes.mean.begin(), codes.mean.end());
  all["scales"].assign(codes.scale.begin(), codes.scale.end());
  all["activity"] = activity(model, source, rows);
  const AggregateKl kl = aggregate_kl(model, source, rows, 1, rng);
  all["aggregate"] = {kl.mutual_information, kl.aggregate_kl, kl.total_correlation, kl.dimension_kl};
  const ReconstructionError error = reconstruction_error(model, source, rows, 5, 0, 1, rng);
  all["errors"] = error.squared_of_draw;
  all["marginal"] = marginal_log_likelihood(model, source, Part::test, 3, {.samples = 8, .burn_in = 4}, rng, tick);
  for (const char* start : {"posterior", "prior"}) {
    const AisResult ais =
        annealed(model, source, 3, {.temperatures = 4, .chains = 2, .leapfrog_steps = 2, .start = start}, rng, tick);
    all[std::string("annealed from the ") + start] = ais.log_px;
    all[std::string("simulated from the ") + start] = ais.simulated_upper;
  }
  const EvidenceResult ladder =
      evidence(model, source, 4, {.mode_trials = 2, .simulated = 2, .annealed = 1}, rng, tick);
  for (const auto& [metric, values] : ladder.columns())
    if (metric.name != std::string(metrics::pareto_k)) all["ladder " + std::string(metric)] = values;
  all["gaps"] = ladder.certificate.gaps;
  return all;
}

TEST(EvaluationOnSecondDevice, EveryMeasureIsThatOfTheProcessor) {
  for (const char* flow : {"none", "realnvp"}) {
    SCOPED_TRACE(flow);
    const Numbers here = measured_on(at::kCPU, flow), there = measured_on(testing::SecondDevice::get(), flow);
    ASSERT_EQ(here.size(), there.size());
    for (const auto& [name, values] : here) {
      ASSERT_EQ(values.size(), there.at(name).size()) << name;
      for (size_t i = 0; i < values.size(); ++i) {
        if (std::isnan(values[i]) && std::isnan(there.at(name)[i])) continue;
        EXPECT_NEAR(values[i], there.at(name)[i], 1e-3 * std::max(1.0, std::abs(values[i]))) << name << ", " << i;
      }
    }
  }
}

}  // namespace
}  // namespace elbo::host
