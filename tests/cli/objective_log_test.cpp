// What a log says of an objective must be all of it: its weighted terms sum to what was maximised, in every epoch.
#include <cmath>

#include "log/layout.hpp"
#include "program.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

using ObjectiveLog = Program;

TEST_F(ObjectiveLog, WeightedTermsSumToTheObjectiveInEveryEpoch) {
  write("x.toml", tiny_model + R"(
log = { images = 0, latents = 0 }
evaluate = { importance_samples = 2, images = 10 }
[[variant]]
name = "beta with warm-up"
objective = { plugin = "beta", beta = 4, warmup_epochs = 2 }
[[variant]]
name = "iwae, dreg"
objective = { plugin = "iwae", samples = 5, gradient = "dreg" }
[[variant]]
name = "piwae"
objective = { plugin = "piwae", samples = 3, groups = 2 }
[[variant]]
name = "free bits"
objective = { plugin = "free_bits", free_bits = 0.5 }
[[variant]]
name = "total correlation"
objective = { plugin = "total_correlation", tc_weight = 5 }
[[variant]]
name = "mmd"
objective = { plugin = "mmd", info = 0.5 }
[[variant]]
name = "wake-sleep, parameter prior"
objective = { plugin = "wake_sleep" }
train.parameter_prior = "normal"
)");
  const Said said = elbo("run x.toml --out out --set train.max_epochs=3");
  ASSERT_EQ(said.code, 0) << said.err << said.out;
  int runs = 0;
  for (const auto& entry : fs::recursive_directory_iterator(scratch.path / "out")) {
    if (entry.path().filename() != "log.h5") continue;
    ++runs;
    const h5::File log = log::open_log(entry.path());
    const auto of = [&](const std::string& column) { return log.dataset("/train/" + column).read<double>(0, 3); };
    std::vector<double> sum(3, 0), objective = of("objective"), loss = of("loss");
    for (const std::string& name : log.names("/train")) {
      if (!name.ends_with("_weighted")) continue;
      const std::string term = name.substr(0, name.size() - 9);
      const auto weighted = of(name), weight = of(term + "_weight"), value = of(term);
      for (size_t epoch = 0; epoch < 3; ++epoch) {
        sum[epoch] += weighted[epoch];
        if (weight[0] != weight[2]) continue;  // of one that changes the mean of the product is not that of the means
        EXPECT_NEAR(weight[epoch] * value[epoch], weighted[epoch], 1e-6 * (1 + std::fabs(weighted[epoch])))
            << entry.path() << " " << term;
      }
    }
    for (size_t epoch = 0; epoch < 3; ++epoch) {
      EXPECT_NEAR(sum[epoch], objective[epoch], 1e-6 * (1 + std::fabs(objective[epoch])))
          << entry.path() << ", epoch " << epoch + 1;
      EXPECT_EQ(loss[epoch], -objective[epoch]) << entry.path();
    }
  }
  EXPECT_EQ(runs, 7);
}

}  // namespace
}  // namespace elbo::host
