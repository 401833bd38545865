#include "worker/assemble.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "base/files.hpp"
#include "log/run_log.hpp"
#include "model/load_plugin.hpp"
#include "train/weights.hpp"

namespace elbo::host::worker {
namespace {

constexpr int64_t most_data_shown = 1000;  // to the prior, before training

/// A binary likelihood that is shown grey values must give the mean of log p over their draws: for a distribution of independent
/// values, log p at 1/2 is half way between those at 0 and at 1.
void check_mean_over_draws(const Likelihood& likelihood) {
  const Shape x = Shape{1} + likelihood.context().observation.shape;
  const auto params = likelihood.params();
  const auto at = [&](double value) {
    return likelihood.log_prob(full(x, value), Theta(params, full({1, 1, numel(params)}, 0.5))).item<double>();
  };
  const double half_way = (at(0) + at(1)) / 2;
  if (!(std::abs(at(0.5) - half_way) <= 1e-4 * std::abs(half_way)))
    throw UserError(
        likelihood.label() +
        ": does not say the mean of log p(x) over binary draws, which observe = \"soft_binary\" needs; expected a "
        "likelihood of {0, 1} that takes values between them as shares; set observe = \"binary\"");
}

/// A likelihood that scores the values of a row together cannot leave one out.
void check_leaves_out(const Likelihood& likelihood) {
  if (has_log_prob_per_value(likelihood)) return;
  std::string who = likelihood.label(), columns;
  for (const LikelihoodPart& part : likelihood.context().parts)
    if (!has_log_prob_per_value(*part.likelihood))
      who = part.likelihood->label(), columns = " of the columns " + part.name;
  throw UserError(who + ": scores its values" + columns +
                  " together and cannot leave missing ones out; dataset.missing = \"mask\" expected a likelihood that "
                  "gives the log-density of each value (log_prob_per_value); choose another one, or set "
                  "missing = \"drop\"");
}

/// Some training data for the prior to begin with; and a first posterior, so that a pair whose KL is infinite or cannot be
/// had is refused in words before anything is trained.
void show_data_to_prior(const Model& model, const BatchSource& source, Rng rng) {
  const at::NoGradGuard no_gradients;
  const int64_t rows = source.size(Part::train);
  const Tensor ids = rng.permutation(rows).slice(0, 0, std::min(rows, most_data_shown));
  const Tensor x = source.batch(Part::train, ids, rng).input;
  model.prior->init_from(x);
  const auto q = model.encoder->encode(x.slice(0, 0, 1));
  model.prior->kl(*q);
  model.prior->log_prob(q->draw(1, rng).z);
}

}  // namespace

Observation stored_observation(const data::Dataset& dataset) {
  Observation stored{dataset.shape, dataset.support, dataset.levels};
  for (const std::string& name : dataset.columns) stored.columns.push_back({name, dataset.support, dataset.levels});
  return stored;
}

std::vector<observation::ColumnScorer> scorers_of(const Likelihood& likelihood) {
  const Context& context = likelihood.context();
  const auto name = [](const Likelihood& l) { return l.label().substr(l.label().find(':') + 1); };
  std::vector<observation::ColumnScorer> scorers(context.observation.columns.size(),
                                                 {name(likelihood), likelihood.support()});
  for (const LikelihoodPart& part : context.parts)
    for (const int64_t place : part.columns)
      scorers.at(static_cast<size_t>(place)) = {name(*part.likelihood), part.likelihood->support()};
  return scorers;
}

void Assembly::move_to(const at::Device& device) {
  if (device == source->like().device()) return;
  source->move_to(device);
  model.to_like(source->like());
}

namespace {

/// What is given stands behind the values where an encoder takes data of any shape; one of images alone sees it as planes.
std::pair<std::shared_ptr<Encoder>, Observation> encoder_for(const Run& run, Context context,
                                                             observation::ObservationModel& observed) {
  using observation::ShownCondition;
  const bool sees = !observed.given.empty() && run.data.encoder_sees_condition;
  observed.shown = sees ? ShownCondition::as_values : ShownCondition::not_at_all;
  context.observation = observed.encoder_observation();
  try {
    return {plugins::make_plugin<Encoder>(run.encoder, context), context.observation};
  } catch (const UserError&) {
    if (!sees || observed.observation.shape.size() < 2) throw;
  }
  observed.shown = ShownCondition::as_planes;
  context.observation = observed.encoder_observation();
  return {plugins::make_plugin<Encoder>(run.encoder, context), context.observation};
}

}  // namespace

Assembly assemble(const Run& run) {
  Assembly a;
  a.dataset = std::make_unique<data::Dataset>(data::load_planned(run.data, run.data_record));
  const Observation stored = stored_observation(*a.dataset);

  // The likelihood is made first: what it asks of the decoder is part of the decoder's context. How it observes
  // the data is only known once it has said which values it takes.
  const Rng rng = Rng(static_cast<uint64_t>(run.seed)).fork("init");
  Context context{
      .observation = stored, .latent_dim = run.latent_dim, .decoder_output = {}, .rng = rng.fork("likelihood")};
  const auto probe = plugins::make_plugin<Likelihood>(run.likelihood, context);
  observation::ObservationModel observed = observation::observation_model(
      stored, probe->support(), has_interval_log_prob(*probe), run.data, run.likelihood.name);
  observation::complete(observed, *a.dataset, scorers_of(*probe));
  context.observation = observed.observation;
  a.source = std::make_unique<BatchSource>(*a.dataset, observed);

  a.model.latent_dim = run.latent_dim;
  a.model.likelihood = plugins::make_plugin<Likelihood>(run.likelihood, context);
  if (observed.shows_means()) check_mean_over_draws(*a.model.likelihood);
  if (observed.masked()) check_leaves_out(*a.model.likelihood);
  context.decoder_output = a.model.likelihood->params();
  const auto with_rng = [&](const char* kind) {
    Context c = context;
    c.rng = rng.fork(kind);
    return c;
  };
  Context encoder = with_rng("encoder"), decoder = with_rng("decoder");
  std::tie(a.model.encoder, encoder.observation) = encoder_for(run, encoder, observed);
  a.source->show_condition(observed.shown);
  decoder.condition_dim = static_cast<int64_t>(observed.given_names.size());
  decoder.latent_dim += decoder.condition_dim;
  a.model.decoder = plugins::make_plugin<Decoder>(run.decoder, decoder);
  Context prior = with_rng("prior");
  prior.observation = encoder.observation;  // it is shown data as the encoder sees them
  prior.encode = [encoder = a.model.encoder](const Tensor& x) { return encoder->encode(x); };
  a.model.prior = plugins::make_plugin<Prior>(run.prior, prior);
  initialise(a.model, a.source->statistics());
  show_data_to_prior(a.model, *a.source, rng.fork("shown to the prior"));
  a.model.objective = plugins::make_plugin<Objective>(run.objective, with_rng("objective"));
  a.model.objective->begin(a.model, a.source->size(Part::train), rng);
  for (const auto& [name, t] : a.model.named_parameters()) a.parameters += t.numel();
  return a;
}

Trained load_trained(const std::filesystem::path& folder) {
  Trained t;
  t.run = read_run(folder);
  t.assembly = assemble(t.run);
  const auto& texts = log::read_summary(folder / "log.h5").texts;
  const auto digest = texts.find("weights_sha256");
  load_weights(folder, digest == texts.end() ? "" : digest->second, t.assembly.model);
  return t;
}

BatchSource scored_source(const BatchSource& source) {
  const observation::ObservationModel& model = source.observation_model();
  return model.on_levels ? source.with_observation_model(model.evaluated()) : source;
}

observation::MeasureKey scored_key(const Run& run, const Assembly& a, const BatchSource& scored) {
  return measure_key(scored.observation_model(), a.model.likelihood->support(),
                     run.data_record.evaluation_fingerprint(), scored.size(Part::test),
                     a.model.likelihood->conditioning());
}

}  // namespace elbo::host::worker
