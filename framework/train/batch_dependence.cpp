#include "train/batch_dependence.hpp"

#include <ATen/ops/arange.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "train/accumulation.hpp"
#include "train/weights.hpp"

namespace elbo::host {
namespace {

constexpr int64_t data_tried = 8;
constexpr double smallest_factors[] = {1e-3, 1};  // of the KL of the first data point, in each trial
constexpr double factor_range = 1e3;              // from there to the last one's
constexpr double rounding = 1e-4;

/// Gives the data points KLs of all magnitudes, by their places: a floor under the mean over the batch, say, is then another than one under each.
void spread_kl(Pass& pass, const PartOfStep& part, int64_t data, double smallest) {
  if (!pass.log_q.defined()) return;
  const Tensor places = part.places.defined() ? part.places : at::arange(part.batch.size(), part.batch.ids.options());
  const double step = std::log(factor_range) / static_cast<double>(std::max<int64_t>(1, data - 1));
  const Tensor factors = (places.to(pass.log_q.scalar_type()) * step + std::log(smallest)).exp();
  pass.log_q = pass.log_prior + (pass.log_q - pass.log_prior) * factors;
  if (pass.kl_per_dim) pass.kl_per_dim = *pass.kl_per_dim * factors.unsqueeze(1);
}

/// The terms of the objective, as the mean over batches of at most `batch_size` of these data.
std::vector<double> terms_on(const Run& run, const Model& model, const BatchSource& source, const Tensor& ids,
                             int64_t batch_size, double smallest) {
  const Rng rng = source.rng(run.seed).fork("accumulation");
  const Sampling sampling = model.objective->sampling();
  std::vector<double> terms;
  for (const PartOfStep& part : parts_of_step(source, ids, batch_size, rng)) {
    Rng noise = rng.fork("posterior").for_data(part.batch.ids);
    Pass pass =
        forward(model, part.batch, source.observation_model().scoring(), sampling.samples, noise, sampling.latent);
    pass.sampled_kl = sampling.sampled_kl;
    spread_kl(pass, part, ids.size(0), smallest);
    const TrainingStep step = step_on(model, source, part.batch, static_cast<double>(run.train.max_epochs),
                                      part.placed(rng.fork("objective")));
    const ObjectiveValue value = objective_of(model, pass, step, run.train);
    terms.resize(value.weighted.size());
    for (size_t i = 0; i < terms.size(); ++i) terms[i] += part.share * value.weighted[i].value();
  }
  return terms;
}

/// Numbers that are not finite say nothing.
bool differ(const std::vector<double>& a, const std::vector<double>& b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (std::abs(a[i] - b[i]) > rounding * (1 + std::abs(a[i]))) return true;
  return false;
}

bool depends_on_batch(const Run& run, const Model& model, const BatchSource& source, const Tensor& ids) {
  try {
    return std::any_of(std::begin(smallest_factors), std::end(smallest_factors), [&](double smallest) {
      return differ(terms_on(run, model, source, ids, ids.size(0), smallest),
                    terms_on(run, model, source, ids, 1, smallest));
    });
  } catch (const Error&) {
    return true;  // of one data point it cannot be taken
  }
}

}  // namespace

std::string why_not_one_batch(const Run& run, Model& model, const BatchSource& source) {
  const Tensor ids = at::arange(std::min(data_tried, source.size(Part::train)),
                                at::TensorOptions(at::kLong).device(source.like().device()));
  const NamedTensors before = copy_of_state(model);
  model.set_training(false);  // dropout has other noise each time
  const bool depends = depends_on_batch(run, model, source, ids);
  set_state(model, before);
  model.set_training(true);
  if (!depends) return "";
  return fmt::format(
      "{}: what it comes to for a data point depends on the others in its batch, so a step of train.accumulate = {} "
      "follows the mean of the gradients of batches of {}, not the gradient of one batch of {}",
      model.objective->label(), run.train.accumulate, run.train.batch_size, data_in_a_step(run.train));
}

}  // namespace elbo::host
