// A small run whose every number is known, for the tests of the log.
#pragma once
#include "log/run_log.hpp"

namespace elbo::host::log::example {

inline constexpr int64_t latent_dim = 3, latent_rows = 50, test_rows = 60, height = 8, width = 12;

inline Layout layout(bool colour = false) {
  Layout l;
  l.title = "example: gaussian, seed 1";
  l.experiment_toml = "name = \"example\"  # \u00e4\n";
  l.plan_json = "{\"seed\": 1}";
  l.provenance = {{"command", "elbo run example.toml"}, {"seed", "1"}};
  l.plugins = {{{"kind", "encoder"}, {"name", "mlp"}, {"sha256", "00ff"}},
               {{"kind", "likelihood"}, {"name", "gaussian"}, {"sha256", "11ee"}}};
  l.train_columns = {{"loss", "nat", "what is minimised"},
                     {"elbo", "nat", "evidence lower bound"},
                     {"kl", "nat", "KL(q(z|x) || p(z))"},
                     {"lr", "1", "learning rate"}};
  l.test_columns = {{"elbo", "nat", "evidence lower bound"}, {"kl", "nat", "KL(q(z|x) || p(z))"}};
  l.step_columns = {{"loss", "nat", "what is minimised"}};
  l.latent_dim = latent_dim;
  l.latent_rows = latent_rows;
  for (int64_t i = 0; i < latent_rows; ++i) l.latent_labels.push_back(i % 10);
  l.test_rows = test_rows;
  l.sheet_shape = colour ? Shape{height, width, 3} : Shape{height, width};
  l.manifold = true;
  return l;
}

inline double elbo(int64_t epoch) { return -100.0 - 1.0 / static_cast<double>(epoch); }
inline std::vector<double> kl_per_dim(int64_t epoch) {
  const auto e = static_cast<double>(epoch);
  return {e, e / 2, e / 4};
}
inline std::vector<float> mean(int64_t epoch) {
  std::vector<float> values(latent_rows * latent_dim);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(epoch) + static_cast<float>(i) / 1024;
  return values;
}
inline std::vector<uint8_t> pixels(int64_t epoch, const Layout& l) {
  std::vector<uint8_t> values(static_cast<size_t>(numel(l.sheet_shape)));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<uint8_t>(epoch + static_cast<int64_t>(i * i));
  return values;
}

/// Everything that belongs to an epoch, then a flush.
inline void write_epoch(RunLog& log, int64_t epoch, const Layout& l) {
  for (int64_t step = 2 * epoch - 1; step <= 2 * epoch; ++step)
    log.step(step, {{"loss", 0.5 * static_cast<double>(step)}});
  log.epoch(Pass::train, epoch, {{"loss", -elbo(epoch)}, {"elbo", elbo(epoch)}, {"kl", 2.0}, {"lr", 1e-3}},
            kl_per_dim(epoch));
  log.epoch(Pass::test, epoch, {{"elbo", elbo(epoch) - 1}, {"kl", 2.5}}, kl_per_dim(epoch));
  log.latents(epoch, mean(epoch), std::vector<float>(latent_rows * latent_dim, 0.5F));
  for (const char* name : {"samples", "reconstructions", "manifold"}) log.image(name, epoch, pixels(epoch, l));
  log.flush();
}

/// Where the log stands after this epoch.
inline Position after(int64_t epoch) { return {.epoch = epoch, .step = 2 * epoch, .tested = epoch, .snapshot = epoch}; }

inline void finish(RunLog& log) {
  std::vector<double> bound(test_rows);
  for (size_t i = 0; i < bound.size(); ++i) bound[i] = -72.0 - static_cast<double>(i);  // -101.5 on average
  log.finish(
      {{{"elbo", "nat", "evidence lower bound of each image"}, bound},
       {{"log_px", "nat", "importance-weighted bound"}, {-1.0, -2.0}}},
      {{"elbo", -101.5, "nat", "test evidence lower bound"}, {"active_units", 2, "1", "active latent dimensions"}},
      {{"measure", "counting on 256 levels"}});
}

}  // namespace elbo::host::log::example
