#include "evaluate/consistency.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linspace.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/forward.hpp"

namespace elbo::host {
namespace {

constexpr double rounding = 1e-4;  // of sums in float32, in another order; relative
constexpr int64_t few = 3, fewest_data = 10, samples_for_the_kl = 200;
constexpr double most_errors = 6;  // 2e-9 by chance of normal numbers, 1e-4 of t with 9 degrees of freedom
constexpr double least_share = 1e-3;

/// The places of the first, the last and the middle data point.
Tensor few_places(int64_t count, const Tensor& like) {
  return at::linspace(0, static_cast<double>(count - 1), std::min(few, count), like.options().dtype(at::kDouble))
      .round()
      .to(at::kLong);
}

/// "-12.5 among the others and -11.9 by itself", of the first number that differs; empty where none does.
std::string difference(const Tensor& among, const Tensor& alone) {
  const Tensor a = among.to(at::kCPU, at::kDouble).flatten(), b = alone.to(at::kCPU, at::kDouble).flatten();
  const Tensor differs =
      ((a - b).abs() > rounding * (1 + a.abs())).logical_and(a != b).logical_or(a.isnan() != b.isnan());
  if (!differs.any().item<bool>()) return "";
  const int64_t i = differs.to(at::kInt).argmax().item<int64_t>();
  return fmt::format("{:.6g} among {{}} and {:.6g} by itself", a[i].item<double>(), b[i].item<double>());
}

std::string depends(const Component& plugin, const char* what, const std::string& numbers, const Tensor& z) {
  return plugin.label() + ": " + what + " of a data point depends on the others that are computed with it: it is " +
         fmt::format(fmt::runtime(numbers), fmt::format("{} samples of {} data", z.size(0), z.size(1)));
}

std::string dependence(const Model& model, const Batch& batch, observation::Scoring scoring, const Pass& all,
                       const Rng& noise) {
  const Tensor data = few_places(batch.size(), batch.ids), first = few_places(1, batch.ids);
  const int64_t samples = std::min<int64_t>(2, all.z.size(0));
  const Batch some = batch.at(data);
  const auto same = [&](const Tensor& t) { return t.narrow(0, 0, samples).index_select(1, data); };
  const Tensor z = same(all.z);

  if (const auto found = difference(same(all.log_lik), score(model, some, scoring, decode(model, z, some.condition)));
      !found.empty()) {
    const bool is_decoder =
        !difference(same(decode(model, all.z, batch.condition).flat()), decode(model, z, some.condition).flat())
             .empty();
    return depends(is_decoder ? static_cast<const Component&>(*model.decoder) : *model.likelihood, "log p(x|z)", found,
                   all.z);
  }
  if (const auto found = difference(same(all.log_prior), model.prior->log_prob(z)); !found.empty())
    return depends(*model.prior, "log p(z)", found, all.z);
  Rng again = noise.for_data(some.ids);
  const Sample draw = model.encoder->encode(some.input)->draw(samples, again);
  if (const auto found = difference(z, draw.z); !found.empty())
    return depends(*model.encoder, "a sample of q(z|x)", found, all.z);
  if (const auto found = difference(same(all.log_q), draw.log_prob); !found.empty())
    return depends(*model.encoder, "log q(z|x)", found, all.z);
  return "";
}

/// log q(z|x) of a sample, against the density at it.
std::string two_densities(const Model& model, const Pass& pass) {
  const auto log_q = pass.posterior->log_prob(pass.z);
  const std::string found = log_q ? difference(pass.log_q, *log_q) : "";
  if (found.empty()) return "";
  const Tensor off = (pass.log_q - *log_q).abs();
  return fmt::format(
      "{}: log q(z|x) that comes with a sample differs from that of the posterior at this z by up to {:.3g} nat",
      model.encoder->label(), off.max().item<double>());
}

std::string wrong_kl(const Model& model, const Pass& pass) {
  if (!pass.kl_per_dim || pass.z.size(1) < fewest_data) return "";
  const Tensor said = pass.kl_per_dim->sum(1).to(at::kCPU, at::kDouble),
               sampled = (pass.log_q - pass.log_prior).to(at::kDouble).mean(0).to(at::kCPU), off = sampled - said;
  const double mean = off.mean().item<double>(),
               error = off.std().item<double>() / std::sqrt(static_cast<double>(off.numel()));
  const double kl = said.mean().item<double>();
  if (!(std::abs(mean) > most_errors * error && std::abs(mean) > least_share * std::max(1.0, std::abs(kl)))) return "";
  return fmt::format(
      "{}: the mean over its samples of log q(z|x) - log p(z) is {:.4g} nat on test data, where the KL divergence in "
      "closed form is "
      "{:.4g} (standard error of the difference {:.2g}): its samples do not follow the density that it declares, or {} "
      "has another KL "
      "divergence",
      model.encoder->label(), kl + mean, kl, error, model.prior->label());
}

}  // namespace

std::string inconsistency_of(Model& model, const BatchSource& source, int64_t batch_size, int64_t samples,
                             const Rng& rng) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  const int64_t data = std::min(batch_size, source.size(Part::test));
  const Batch batch = source.batch(Part::test, 0, data, rng);
  const observation::Scoring scoring = source.observation_model().scoring();
  const int64_t at_once = samples_at_once(model, source, data);
  const Rng noise = rng.fork("own numbers");
  const auto pass_of = [&](int64_t count) {
    Rng own = noise.for_data(batch.ids);
    return forward(model, batch, scoring, std::min(at_once, count), own);
  };
  const Pass pass = pass_of(samples);
  std::string fault = dependence(model, batch, scoring, pass, noise);
  if (fault.empty()) fault = two_densities(model, pass);
  if (fault.empty()) fault = wrong_kl(model, pass_of(std::max(samples, samples_for_the_kl)));
  model.set_training(true);
  return fault;
}

}  // namespace elbo::host
