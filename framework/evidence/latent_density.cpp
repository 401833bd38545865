#include "evidence/latent_density.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_cholesky.h>

#include <algorithm>

#include <elbo/posterior.hpp>

#include "model/forward.hpp"

namespace elbo::host {
namespace {

constexpr int64_t fewest_location_samples = 64;
constexpr int64_t gradients_cost = 4;  // times the memory of values alone

Tensor index_of(const std::vector<int64_t>& rows, const Tensor& like) {
  return elbo::tensor_of({rows.begin(), rows.end()}, {static_cast<int64_t>(rows.size())})
      .to(at::kDouble)
      .to(at::kLong)
      .to(like.device());
}

Tensor here(const Tensor& t) { return t.detach().to(at::kCPU, at::kDouble); }

/// Mean and covariance of rows [n, M]. A root that is not finite where some row is not.
Location location_of(const Tensor& rows) {
  const Tensor mean = rows.mean(0), centred = rows - mean;
  const Tensor covariance = centred.t().matmul(centred) / static_cast<double>(rows.size(0) - 1);
  if (!covariance.isfinite().all().item<bool>()) return {mean, covariance};
  const Tensor ridge = 1e-9 + 1e-6 * covariance.diagonal().mean();
  return {mean, at::linalg_cholesky(covariance + ridge * at::eye(mean.size(0), covariance.options()))};
}

}  // namespace

Batch rows_of(const Batch& batch, const std::vector<int64_t>& rows) { return batch.at(index_of(rows, batch.ids)); }

LatentDensity::LatentDensity(const Model& model, Batch batch, observation::Scoring scoring, const LatentSpace& space,
                             int64_t samples_at_once, std::function<void()> pulse)
    : model_(model),
      batch_(std::move(batch)),
      scoring_(scoring),
      space_(space),
      samples_at_once_(samples_at_once),
      pulse_(std::move(pulse)),
      passes_(static_cast<size_t>(batch_.size())) {
  const at::NoGradGuard no_gradients;
  posterior_ = model_.encoder->encode(batch_.input);
  if (space_.is_on_sphere()) poles_ = onto_sphere(posterior_->mean());
}

Rng LatentDensity::noise_of(const Rng& rng, const std::vector<int64_t>& data) const {
  return rng.like(elbo::zeros({1}).to(at::kDouble)).for_data(rows_of(batch_, data).ids.to(at::kCPU));
}

Tensor LatentDensity::poles_of(const std::vector<int64_t>& data) const {
  return poles_.defined() ? poles_.index_select(0, index_of(data, poles_)) : Tensor();
}

void LatentDensity::count(const std::vector<int64_t>& data, double passes) const {
  for (const int64_t b : data) passes_[static_cast<size_t>(b)] += passes;
}

/// Summed in float64: log p(x|z) of thousands of nats leaves float32 few digits for a sum.
Tensor LatentDensity::joint(const Batch& batch, const Tensor& z) const {
  pulse_();
  const Tensor log_likelihood = score(model_, batch, scoring_, decode(model_, z, batch.condition));
  if (at::GradMode::is_enabled() && z.requires_grad() && !log_likelihood.requires_grad())
    throw UserError(model_.decoder->label() + ", " + model_.likelihood->label() +
                    ": log p(x|z) has no gradient with respect to z, which the refined proposal needs; expected a "
                    "differentiable one; use evaluate.evidence = \"importance\"");
  return log_likelihood.to(at::kDouble) + model_.prior->log_prob(z).to(at::kDouble);
}

Tensor LatentDensity::joint_in_y(const Batch& batch, const Tensor& poles, const Tensor& y) const {
  const Tensor log_p = joint(batch, space_.z_of(y, poles)), jacobian = space_.log_jacobian(y);
  return jacobian.defined() ? log_p + jacobian : log_p;
}

Tensor LatentDensity::values(const Tensor& y, const std::vector<int64_t>& data) const {
  const at::NoGradGuard no_gradients;
  const Batch batch = rows_of(batch_, data);
  const Tensor poles = poles_of(data), all = y.to(batch_.input.options());
  const int64_t at_once = std::max<int64_t>(1, samples_at_once_ / static_cast<int64_t>(data.size()));
  std::vector<Tensor> parts;
  for (int64_t first = 0; first < y.size(0); first += at_once)
    parts.push_back(here(joint_in_y(batch, poles, all.narrow(0, first, std::min(at_once, y.size(0) - first)))));
  count(data, static_cast<double>(y.size(0)));
  return elbo::cat(parts, 0);
}

Scores LatentDensity::scores(const Tensor& y, const std::vector<int64_t>& data) const {
  const at::AutoGradMode gradients(true);
  const Batch batch = rows_of(batch_, data);
  const Tensor poles = poles_of(data), all = y.detach().to(batch_.input.options());
  const int64_t at_once = std::max<int64_t>(1, samples_at_once_ / gradients_cost / static_cast<int64_t>(data.size()));
  std::vector<Tensor> values, slopes;
  for (int64_t first = 0; first < y.size(0); first += at_once) {
    const Tensor leaf = all.narrow(0, first, std::min(at_once, y.size(0) - first)).clone().requires_grad_(true);
    const Tensor value = joint_in_y(batch, poles, leaf);
    value.sum().backward({}, false, false, {leaf});
    values.push_back(here(value));
    slopes.push_back(here(leaf.grad()));
  }
  count(data, 2 * static_cast<double>(y.size(0)));
  return {elbo::cat(values, 0), elbo::cat(slopes, 0)};
}

Tensor LatentDensity::log_joint(const Tensor& y, int64_t datum) const {
  const std::vector<int64_t> data = {datum};
  count(data, static_cast<double>(y.size(0)) * (y.requires_grad() ? 2 : 1));
  const Tensor moved = y.to(batch_.input.options()).unsqueeze(1);
  return joint_in_y(rows_of(batch_, data), poles_of(data), moved).squeeze(1).to(at::kCPU);
}

Tensor LatentDensity::encoder_log_weights(int64_t samples, const Rng& rng) const {
  const at::NoGradGuard no_gradients;
  std::vector<int64_t> all(static_cast<size_t>(data()));
  for (size_t b = 0; b < all.size(); ++b) all[b] = static_cast<int64_t>(b);
  const Rng noise = rng.like(batch_.input).for_data(batch_.ids);
  const int64_t at_once = std::max<int64_t>(1, samples_at_once_ / data());
  std::vector<Tensor> parts;
  for (int64_t first = 0; first < samples; first += at_once) {
    Rng from_here = noise.from_sample(first);
    const Sample draw = posterior_->draw(std::min(at_once, samples - first), from_here);
    parts.push_back(here(joint(batch_, draw.z) - draw.log_prob.to(at::kDouble)));
  }
  count(all, static_cast<double>(samples));
  return elbo::cat(parts, 0);
}

Tensor LatentDensity::encoder_log_weights_at(const Tensor& y, int64_t datum) const {
  const at::NoGradGuard no_gradients;
  const Batch batch = rows_of(batch_, {datum});
  const Tensor z = space_.z_of(y.to(batch_.input.options()).unsqueeze(1), poles_of({datum}));
  const auto log_q = model_.encoder->encode(batch.input)->log_prob(z);
  if (!log_q) return {};
  count({datum}, static_cast<double>(y.size(0)));
  return here(joint(batch, z) - log_q->to(at::kDouble)).squeeze(1);
}

Location LatentDensity::prior_location() const {
  const Tensor& covariance = space_.prior_covariance();
  return {elbo::zeros({covariance.size(0)}, covariance), at::linalg_cholesky(covariance)};
}

std::vector<Location> LatentDensity::encoder_locations(const Rng& rng) const {
  const at::NoGradGuard no_gradients;
  const auto diagonal = posterior_->diagonal_normal();
  const auto full = posterior_->full_normal();
  Tensor means, roots, y;
  if (space_.is_plain() && (diagonal || full)) {
    means = here(diagonal ? diagonal->mean : full->mean);
    roots = diagonal ? here(diagonal->log_scale).exp().diag_embed() : here(full->scale);
  } else {
    Rng noise = rng.like(batch_.input).for_data(batch_.ids);
    const Tensor z = posterior_->draw(std::max(fewest_location_samples, 4 * space_.dims()), noise).z;
    y = here(space_.y_of(z, poles_));
  }
  std::vector<Location> all;
  for (int64_t b = 0; b < data(); ++b) {
    Location at = y.defined() ? location_of(y.select(1, b)) : Location{means[b], roots[b]};
    const bool usable = at.mean.isfinite().all().item<bool>() && at.root.isfinite().all().item<bool>();
    all.push_back(usable ? std::move(at) : prior_location());
  }
  return all;
}

Tensor LatentDensity::prior_samples(int64_t n, const std::vector<int64_t>& data, const Rng& rng) const {
  const at::NoGradGuard no_gradients;
  return here(space_.y_of(prior_draws(model_, rows_of(batch_, data), n, rng), poles_of(data)));
}

Tensor LatentDensity::y_of(const Tensor& z, int64_t datum) const {
  return here(space_.y_of(z.unsqueeze(1), poles_of({datum}))).squeeze(1);
}

Tensor log_weights(const LatentDensity& f, const std::vector<int64_t>& data, const std::vector<StudentT>& proposals,
                   int64_t n, const Rng& rng) {
  std::vector<Tensor> samples, log_q;
  for (size_t i = 0; i < data.size(); ++i) {
    samples.push_back(proposals[i].sample(n, f.noise_of(rng, {data[i]})));
    log_q.push_back(proposals[i].log_prob(samples.back()));
  }
  return f.values(elbo::stack(samples, 1), data) - elbo::stack(log_q, 1);
}

std::vector<double> values_of(const Tensor& t) {
  const Tensor values = here(t).contiguous();
  return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

}  // namespace elbo::host
