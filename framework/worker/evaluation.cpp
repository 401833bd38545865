#include "worker/evaluation.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "evaluate/pareto.hpp"
#include "model/load_plugin.hpp"

namespace elbo::worker {
namespace {

std::vector<double> first_of(const std::vector<double>& values, int64_t count) {
  return {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count)};
}

double bits_per_dim(double log_p, const BatchSource& source) {
  return -log_p / (static_cast<double>(numel(source.observation_model().observation.shape)) * std::numbers::ln2);
}

bool has_bits(const BatchSource& source) {
  return source.observation_model().scoring() == observation::Scoring::interval ||
         source.observation_model().observation.support == Support::levels;
}

/// The bound must not lie above the exact value beyond its standard error; both are means over the same data.
void compare_with_exact(const BatchSource& source, const std::vector<double>& log_px, Conclusion& c) {
  const auto& exact = source.split(Part::test).exact_log_px;
  if (exact.empty() || log_px.empty()) return;
  const std::vector<double> same = first_of(exact, static_cast<int64_t>(log_px.size()));
  std::vector<double> differences;
  for (size_t i = 0; i < log_px.size(); ++i) differences.push_back(log_px[i] - same[i]);
  c.add("exact_log_px", mean_of(same), "nat", "exact log p(x) of the law that made the data");
  c.add("log_px_minus_exact_se", standard_error(differences), "nat",
        "standard error of the mean difference to the exact log p(x)");
  c.per_example.push_back({{"exact_log_px", "nat", "exact log p(x)"}, exact});
}

/// Test data whose bound is -inf, inf or nan (R12).
void add_non_finite(Conclusion& c, const char* name, int64_t images) {
  const std::vector<double> bounds = first_of(c.column(name), images);
  const auto count = std::count_if(bounds.begin(), bounds.end(), [](double v) { return !std::isfinite(v); });
  c.add("non_finite", static_cast<double>(count), "1", "test data whose bound is not finite");
}

void add_importance(const Run& run, Assembly& a, const BatchSource& source, const std::function<void(double)>& tick,
                    Conclusion& c) {
  const int64_t n = source.size(Part::test);
  const int64_t images = run.evaluate.images > 0 ? std::min(run.evaluate.images, n) : n;
  const Rng rng = source.rng(run.seed).fork("importance");
  const ImportanceResult r =
      importance_weighted(a.model, source, images, run.evaluate.importance_samples, run.evaluate.batch_size, rng, tick);
  const double log_px = mean_of(r.log_px);
  c.add("log_px", log_px, "nat", "importance-weighted lower bound of log p(x)");
  c.add("log_px_samples", static_cast<double>(run.evaluate.importance_samples), "1", "importance samples K per datum");
  c.add("log_px_images", static_cast<double>(images), "1", "test data on which log_px is estimated");
  c.add("log_px_se", standard_error(r.log_px), "nat", "standard error of log_px over test data");
  c.add("log_px_bias", trusted_bias(mean_of(r.bias), r.pareto_k), "nat",
        "first-order bias of log_px, -CV^2 / 2K; NaN where Pareto k-hat is high or unknown");
  if (run.evaluate.importance_samples > 1)
    c.add("log_px_rise", log_px - mean_of(r.half_log_px), "nat",
          "what the second half of the K samples added to log_px");
  c.add("gap", log_px - mean_of(first_of(c.column("elbo"), images)), "nat", "log_px - elbo, on the same test data");
  c.add("ess_median", quantile_of(r.effective_samples, 0.5), "1", "median effective sample size of the K weights");
  c.add("ess_low", quantile_of(r.effective_samples, 0.05), "1", "5 % quantile of the effective sample size");
  if (const auto shares = share_not_trusted(r.pareto_k))
    c.add("pareto_k_high", *shares, "1", "share of test data whose weights have Pareto k-hat above 0.7");
  if (has_bits(source)) c.add("bits_per_dim", bits_per_dim(log_px, source), "bit", "-log_px / (D ln 2)");
  const auto padded = [n](std::vector<double> values) {
    values.resize(static_cast<size_t>(n), std::numeric_limits<double>::quiet_NaN());
    return values;
  };
  c.per_example.push_back({{"log_px", "nat", "importance-weighted lower bound of log p(x)"}, padded(r.log_px)});
  c.per_example.push_back({{"bias", "nat", "first-order bias of log_px, -CV^2 / 2K"}, padded(r.bias)});
  c.per_example.push_back({{"ess", "1", "effective sample size of the K weights"}, padded(r.effective_samples)});
  c.per_example.push_back({{"pareto_k", "1", "Pareto k-hat of the largest of the K weights"}, padded(r.pareto_k)});
  compare_with_exact(source, r.log_px, c);
  add_non_finite(c, "log_px", images);
}

void add_test_pass(const Run& run, Assembly& a, const BatchSource& source, Conclusion& c) {
  const Rng rng = source.rng(run.seed).fork("test");
  const PassResult r = test_pass(a.model, source, Part::test, run.evaluate.batch_size, rng);
  const bool bound = has_posterior(a.model);
  if (bound) c.add("elbo", r.elbo, "nat", "test E_q log p(x|z) - KL(q(z|x) || p(z))");
  c.add("reconstruction", r.reconstruction, "nat",
        bound ? "test E_q log p(x|z)" : "test log p(x|z) at z = E[z|x]; not a bound");
  if (bound) c.add("kl", r.kl, "nat", "test KL(q(z|x) || p(z))");
  if (const auto& rows = source.split(Part::test).rows; !rows.empty())
    c.per_example.push_back({{"row", "1", "place of the datum in its file, from 0"}, {rows.begin(), rows.end()}});
  if (bound) c.per_example.push_back({{"elbo", "nat", "lower bound of log p(x)"}, r.elbo_each});
  c.per_example.push_back({{"reconstruction", "nat", "E_q log p(x|z)"}, r.reconstruction_each});
  if (bound) c.per_example.push_back({{"kl", "nat", "KL(q(z|x) || p(z))"}, r.kl_each});
  if (bound && run.evaluate.importance_samples == 0 && has_bits(source))
    c.add("bits_per_dim", bits_per_dim(r.elbo, source), "bit", "-elbo / (D ln 2)");
}

/// Of the final weights, so that the best of a sweep can be chosen without looking at the test data.
void add_validation(const Run& run, Assembly& a, const BatchSource& source, Conclusion& c) {
  if (source.size(Part::valid) == 0) return;
  const Rng rng = source.rng(run.seed).fork("valid");
  const PassResult r = test_pass(a.model, source, Part::valid, run.evaluate.batch_size, rng);
  c.add("valid_elbo", r.elbo, "nat", "elbo of the validation data, by which the best of a sweep is chosen");
  c.add("valid_data", static_cast<double>(source.size(Part::valid)), "1", "validation data");
  c.of_validation.push_back({{"elbo", "nat", "lower bound of log p(x)"}, r.elbo_each});
  c.of_validation.push_back({{"reconstruction", "nat", "E_q log p(x|z)"}, r.reconstruction_each});
  c.of_validation.push_back({{"kl", "nat", "KL(q(z|x) || p(z))"}, r.kl_each});
}

void add_latents(Assembly& a, const BatchSource& source, Conclusion& c) {
  const auto variances = activity(a.model, source, source.size(Part::test));
  const auto active = std::count_if(variances.begin(), variances.end(), [](double v) { return v > 0.01; });
  c.add("latents", static_cast<double>(a.model.latent_dim), "1", "latent dimensions");
  c.add("active_units", static_cast<double>(active), "1", "latent dimensions with Var_x(E[z|x]) > 0.01");
}

/// What a decoder without latents reaches when every datum gets the parameters of the training data's marginals: the
/// likelihood's own start. The gain of a model over it is what its latents explain.
void add_without_latents(const Run& run, const Assembly& a, const BatchSource& source, Conclusion& c) {
  const at::NoGradGuard no_gradients;
  Model model = a.model;
  model.likelihood = plugins::make_plugin<Likelihood>(run.likelihood, a.model.likelihood->context());
  const auto raw = model.likelihood->init_from(a.source->statistics());
  if (!raw) return;
  model.likelihood->to_like(source.like());
  const Tensor start = raw->to(source.like().options()).reshape({1, 1, -1});
  const int64_t rows = source.size(Part::test);
  std::vector<double> each;
  for (int64_t done = 0; done < rows; done += run.evaluate.batch_size) {
    const Batch batch = source.batch(Part::test, done, std::min(run.evaluate.batch_size, rows - done), Rng(0));
    const Theta theta(model.likelihood->params(), start.expand({1, batch.size(), start.size(2)}));
    const Tensor log_p =
        score(model, batch, source.observation_model().scoring(), theta).to(at::kCPU, at::kDouble).reshape({-1});
    each.insert(each.end(), log_p.data_ptr<double>(), log_p.data_ptr<double>() + log_p.numel());
  }
  constexpr const char* words = "test log p(x) with the parameters of the training marginals, no latents";
  c.add("without_latents", mean_of(each), "nat", words);
  c.per_example.push_back({{"without_latents", "nat", words}, std::move(each)});
}

}  // namespace

const std::vector<double>& Conclusion::column(const std::string& name) const {
  const auto named = [&](const auto& column) { return column.first.name == name; };
  return std::find_if(per_example.begin(), per_example.end(), named)->second;
}

Conclusion evaluated(const Run& run, Assembly& a, const BatchSource& source, const std::function<void(double)>& tick) {
  const bool bound = has_posterior(a.model);
  Conclusion c;
  add_test_pass(run, a, source, c);
  if (bound && run.evaluate.importance_samples > 0) add_importance(run, a, source, tick, c);
  else if (bound) add_non_finite(c, "elbo", source.size(Part::test));
  if (bound) add_without_latents(run, a, source, c);
  if (bound) add_validation(run, a, source, c);
  add_latents(a, source, c);
  return c;
}

}  // namespace elbo::worker
