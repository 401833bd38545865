#include "conformance/likelihood/likelihood.hpp"

#include "conformance/check.hpp"
#include "model/load_plugin.hpp"

namespace elbo::host::conformance {
namespace {

constexpr int64_t few_levels = 6;

Context context_of(const Shape& x, Support support, int64_t levels = 256, uint64_t seed = 0) {
  Context context;
  context.rng = Rng(seed);
  context.observation = {x, support, support == Support::levels ? levels : 0};
  context.latent_dim = 2;
  return context;
}

Distribution distribution_at(const LikelihoodSubject& subject, const Tensor& direction, double size, uint64_t seed) {
  const bool given_total = subject.support == Support::simplex_counts;
  const auto likelihood = subject.settled(given_total ? Shape{3} : Shape{1});
  if (seed > 1) perturb(*likelihood, 0.5, seed);
  const Tensor raw = direction.defined() ? direction : varied_raw(*likelihood, 1, 1, seed)[0][0];
  return Distribution(likelihood, raw * size);
}

/// The values of x as columns; the first half of them for the first part, if there are parts, the rest for the second.
PluginChoice with_columns(PluginChoice choice, Context& context) {
  if (choice.parts.empty()) return choice;
  const int64_t size = numel(context.observation.shape), half = (size + 1) / 2;
  for (int64_t i = 0; i < size; ++i) {
    context.observation.columns.push_back(
        {std::to_string(i + 1), context.observation.support, context.observation.levels});
    PluginPart& part = choice.parts.at(i < half ? 0 : choice.parts.size() - 1);
    part.columns.push_back(context.observation.columns.back().name);
    part.name = part.columns.front();
  }
  std::erase_if(choice.parts, [](const PluginPart& part) { return part.columns.empty(); });
  return choice;
}

std::shared_ptr<Likelihood> made(const PluginChoice& choice, Context context) {
  const PluginChoice chosen = with_columns(choice, context);
  return plugins::make_plugin<Likelihood>(chosen, context);
}

}  // namespace

std::shared_ptr<Likelihood> LikelihoodSubject::make(const Shape& x, const std::vector<Setting>& settings,
                                                    uint64_t seed) const {
  PluginChoice chosen = choice;
  chosen.settings = settings;
  auto likelihood = made(chosen, context_of(x, support, levels, seed));
  likelihood->to_like(at::empty({}, at::kDouble));
  likelihood->set_training(false);
  return likelihood;
}

// Learned totals start somewhere: at three values of 2 where their sum is given.
std::shared_ptr<Likelihood> LikelihoodSubject::settled(const Shape& x) const {
  auto likelihood = make(x);
  if (support == Support::simplex_counts)
    likelihood->init_from(statistics_of(at::full(Shape{8} + x, 2, at::kDouble), likelihood->context().observation));
  return likelihood;
}

std::vector<Distribution> LikelihoodSubject::distributions() const {
  std::vector<Distribution> distributions;
  for (uint64_t seed = 0; seed < 5; ++seed) distributions.push_back(distribution_at(*this, {}, 1, seed));
  return distributions;
}

std::vector<Distribution> LikelihoodSubject::pixel_distributions() const {
  if (support != Support::levels) return {};
  LikelihoodSubject pixel = *this;
  pixel.levels = few_levels;
  std::vector<Distribution> distributions;
  for (uint64_t seed = 0; seed < 3; ++seed) {
    const auto likelihood = pixel.make({3, 1, 1});
    distributions.emplace_back(likelihood, varied_raw(*likelihood, 1, 1, seed)[0][0]);
  }
  return distributions;
}

std::vector<Distribution> LikelihoodSubject::far_distributions() const {
  std::vector<Distribution> distributions;
  const int64_t size = numel(make(support == Support::simplex_counts ? Shape{3} : Shape{1})->params());
  for (const double far : {3., -3., 5., -5., 20., -20., 50., -50.})
    if (size > 0) distributions.push_back(distribution_at(*this, at::full({size}, far, at::kDouble), 1, 0));
  return distributions;
}

std::vector<Distribution> LikelihoodSubject::narrow_distributions() const {
  const auto params = make(support == Support::simplex_counts ? Shape{3} : Shape{1})->params();
  if (params.size() < 2) return {};
  const int64_t size = numel(params), head = numel(params.front().shape);
  std::vector<Distribution> distributions;
  for (const double scale : {-4., -20.})
    distributions.push_back(distribution_at(
        *this, at::cat({at::full({head}, 0.3, at::kDouble), at::full({size - head}, scale, at::kDouble)}), 1, 0));
  return distributions;
}

std::vector<Distribution> joined(const std::vector<std::vector<Distribution>>& parts) {
  std::vector<Distribution> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// A likelihood tells its support only once it is made, and may refuse to be made for another one: so each is tried.
LikelihoodSubject likelihood_subject(const PluginChoice& choice) {
  std::string refusal = "its support is none of those that it was made for";
  for (size_t i = 0; i < support_names.size(); ++i) {
    const auto support = static_cast<Support>(i);
    try {
      if (made(choice, context_of({1}, support))->support() == support) return {choice, support};
    } catch (const UserError& e) {
      refusal = e.what();
    }
  }
  throw Failure{refusal};
}

Theta theta_of(const Likelihood& likelihood, const Tensor& raw) { return Theta(likelihood.params(), raw); }

Tensor varied_raw(const Likelihood& likelihood, int64_t samples, int64_t batch, uint64_t seed, double size) {
  Rng rng = double_rng(seed).fork("raw");
  const Tensor raw = rng.normal({samples, batch, numel(likelihood.params())}) * size;
  return seed == 0 ? at::zeros_like(raw) : raw;
}

Tensor data_for(const Likelihood& likelihood, const Tensor& raw, uint64_t seed) {
  Rng rng = double_rng(seed).fork("data");
  return likelihood.sample(theta_of(likelihood, raw), rng).detach()[0].to(at::kDouble);
}

NamedTensors results_of(const Likelihood& likelihood, const Tensor& x, const Tensor& raw) {
  const Theta theta = theta_of(likelihood, raw);
  Rng rng = double_rng(4);
  NamedTensors all = {{"log_prob", likelihood.log_prob(x, theta)}, {"sample", likelihood.sample(theta, rng)}};
  if (likelihood.has_mean()) all.emplace_back("mean", likelihood.mean(theta));
  if (const auto each = likelihood.log_prob_per_value(x, theta)) all.emplace_back("log_prob_per_value", *each);
  if (const auto v = likelihood.variance(theta)) all.emplace_back("variance", *v);
  if (const auto m = likelihood.interval_log_prob(x * 0.9, x * 0.9 + 0.05, theta))
    all.emplace_back("interval_log_prob", *m);
  for (auto& [name, t] : all) t = t.detach();
  return all;
}

Statistics statistics_of(const Tensor& x, const Observation& observation) {
  Statistics s;
  s.count = x.size(0);
  s.mean = x.mean(0);
  s.variance = x.var(0, false);
  s.min = x.amin(0);
  s.max = x.amax(0);
  s.median = std::get<0>(x.median(0));
  s.mean_abs_deviation = (x - s.median).abs().mean(0);
  if (observation.support == Support::levels)
    s.histogram = at::one_hot(x.to(at::kLong), observation.levels).sum(0).movedim(-1, 0).to(at::kDouble);
  return s;
}

std::vector<Property> likelihood_properties(const PluginChoice& choice) {
  const auto made = std::make_shared<std::optional<LikelihoodSubject>>();
  std::vector<Property> properties = {{"made with its options", [=] { *made = likelihood_subject(choice); }, true}};
  const auto add = [&](const char* name, void (*check)(const LikelihoodSubject&), bool is_groundwork = false) {
    properties.push_back({name, [=] { check(made->value()); }, is_groundwork});
  };
  add("shapes", check_shapes, true);
  add("sums over the values of x", check_sums);
  add("each data point on its own", check_each_datum_alone);
  add("leaves its inputs as they are", check_leaves_inputs);
  add("every value and parameter counts", check_influence);
  add("normalisation", check_normalisation);
  add("interval masses", check_intervals);
  add("interval masses of the tails", check_tail_masses);
  add("what is given", check_given);
  add("mean and variance", check_moments);
  add("samples follow log_prob", check_draws);
  add("samples from the given generator", check_generator);
  add("expected gradient is zero", check_score);
  add("gradients", check_gradients);
  add("float32 agrees with float64", check_precision);
  add("finite at extreme parameters", check_extremes);
  add("outliers", check_outliers);
  add("-inf outside the support", check_outside);
  add("init_from fits the data", check_start);
  add("every option", check_options);
  add("stored state", check_state);
  add("training mode", check_training_mode);
  add("several objects at once", check_instances);
  add("1000 data at once", check_many_data);
  add("two threads", check_threads);
  add("memory of 1000 calls", check_memory);
  return properties;
}

}  // namespace elbo::host::conformance
