#include "evaluate/location.hpp"

#include <ATen/ops/cummax.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/searchsorted.h>

#include <cmath>

namespace elbo::host::transfer {
namespace {

constexpr int64_t grid_points = 8192;

/// For each mean the place between the two tabulated ones around it; ends are held.
Tensor inverted(const Tensor& mean, const Tensor& means, const Tensor& grid) {
  const Tensor flat = mean.flatten().to(at::kDouble).contiguous();
  const Tensor right = at::searchsorted(means, flat).clamp(1, means.numel() - 1), left = right - 1;
  const Tensor low = means.index_select(0, left), high = means.index_select(0, right);
  const Tensor share = ((flat - low) / (high - low).clamp_min(1e-300)).clamp(0, 1);
  const Tensor a = grid.index_select(0, left), b = grid.index_select(0, right);
  return (a + share * (b - a)).reshape(mean.sizes());
}

}  // namespace

Location::Location(std::shared_ptr<Likelihood> likelihood, double reach)
    : likelihood_(std::move(likelihood)), params_(likelihood_->params()), reach_(reach) {
  const Shape& x = likelihood_->context().observation.shape;
  if (params_.empty() || params_.front().shape != x)
    throw UserError(likelihood_->label() +
                    ": has no parameter that a mean could set; expected its first one, a location or a logit, to have "
                    "the shape of x; "
                    "train a decoder for it instead");
}

std::vector<std::string> Location::nuisances() const {
  std::vector<std::string> names;
  for (size_t i = 1; i < params_.size(); ++i) names.push_back(params_[i].name);
  return names;
}

void Location::set(const std::vector<double>& nuisances) {
  nuisances_ = nuisances;
  const Shape& x = likelihood_->context().observation.shape;
  const int64_t rows = (grid_points + numel(x) - 1) / numel(x);
  // Dense about 0, where logits and scaled locations are, and still wide.
  const double end = std::asinh(reach_);
  grid_ = at::linspace(-end, end, rows * numel(x), at::TensorOptions(at::kDouble)).sinh();
  std::vector<Tensor> parts = {grid_.to(at::kFloat).reshape({1, rows, numel(x)})};
  for (size_t i = 1; i < params_.size(); ++i)
    parts.push_back(full({1, rows, numel(params_[i].shape)}, nuisances_.at(i - 1)));
  means_ = likelihood_->mean(Theta(params_, elbo::cat(parts, 2))).flatten().to(at::kDouble).contiguous();
  const Tensor finite = means_.isfinite().nonzero().flatten();
  grid_ = grid_.index_select(0, finite);
  means_ = std::get<0>(means_.index_select(0, finite).cummax(0));  // rounding may break the order
  if (means_.numel() < 2 || !(means_[-1].item<double>() > means_[0].item<double>()))
    throw UserError(likelihood_->label() + ": its mean does not rise with its parameter '" + params_.front().name +
                    "'; expected a likelihood whose first parameter is its location");
}

Tensor Location::raw(const Tensor& mean) const {
  const int64_t s = mean.size(0), b = mean.size(1);
  std::vector<Tensor> parts = {inverted(mean, means_, grid_).to(at::kFloat).reshape({s, b, -1})};
  for (size_t i = 1; i < params_.size(); ++i)
    parts.push_back(full({s, b, numel(params_[i].shape)}, nuisances_.at(i - 1)));
  return elbo::cat(parts, 2);
}

TransferDecoder::TransferDecoder(const Model& trained, Units units, std::shared_ptr<const Location> location)
    : trained_(trained), units_(units), location_(std::move(location)) {}

Tensor TransferDecoder::mean(const Tensor& z) const {
  const Tensor mean = trained_.likelihood->mean(elbo::decode(trained_, z));
  return (mean * units_.factor + units_.shift).clamp(units_.low, units_.high);
}

Tensor TransferDecoder::do_decode(const Tensor& z) { return location_->raw(mean(z.unsqueeze(0))).squeeze(0); }

}  // namespace elbo::host::transfer
