// Models and data sets for tests, made of the shipped plugins as the host makes them.
#pragma once
#include <map>
#include <string>

#include "model/load_plugin.hpp"
#include "model/model.hpp"
#include "support/tensors.hpp"

namespace elbo::host::testing {

inline PluginChoice choice(const std::string& kind, const std::string& name, std::vector<Setting> settings = {}) {
  return {kind, name, std::string(ELBO_BUILD_DIR) + "/lib/elbo/plugins/" + kind + "/" + name + ".so", "",
          std::move(settings)};
}

/// Gives the model the objective of that name, for so many training data.
inline void set_objective(Model& model, const std::string& name, std::vector<Setting> settings = {},
                          int64_t train_data = 0) {
  model.objective =
      plugins::make_plugin<Objective>(choice("objective", name, std::move(settings)), model.likelihood->context());
  model.objective->begin(model, train_data, Rng(4));
  if (const NamedTensors own = model.decoder->named_parameters(); !own.empty())
    model.objective->to_like(own.front().second);
}

/// Encoder, decoder and likelihood by name, a standard normal prior, the ELBO for objective, float64.
inline Model make_model(const PluginChoice& encoder, const PluginChoice& decoder, const PluginChoice& likelihood,
                        const Observation& observation, int64_t latent_dim, uint64_t seed = 1) {
  Context context{.observation = observation, .latent_dim = latent_dim, .decoder_output = {}, .rng = Rng(seed)};
  Model m;
  m.latent_dim = latent_dim;
  m.likelihood = plugins::make_plugin<Likelihood>(likelihood, context);
  context.decoder_output = m.likelihood->params();
  m.encoder = plugins::make_plugin<Encoder>(encoder, context);
  m.decoder = plugins::make_plugin<Decoder>(decoder, context);
  m.prior = plugins::make_plugin<Prior>(choice("prior", "standard_normal"), context);
  set_objective(m, "elbo");
  m.to_like(zeros(Shape{1}).to(at::kDouble));
  return m;
}

/// Overwrites the parameter of that name.
inline void set(const Model& model, const std::string& name, const Tensor& value) {
  for (const auto& [known, t] : model.named_parameters())
    if (known == name) {
      t.detach().copy_(value);
      return;
    }
  throw Error("no parameter '" + name + "'");
}

}  // namespace elbo::host::testing
