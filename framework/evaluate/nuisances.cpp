#include "evaluate/nuisances.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace elbo::host::transfer {
namespace {

constexpr int64_t searched_values = 500'000;  // on which the search's error is far below the differences of interest
constexpr int64_t chunk = 500;                // data decoded at once
constexpr double least_raw = -12, most_raw = 12;

Tensor ids_of(int64_t first, int64_t count, int64_t step) {
  return at::arange(0, count, at::TensorOptions(at::kLong)) * step + first;
}

/// x - location of all training data.
Residuals residuals_of(const Location& location, int64_t rows, const std::function<Seen(const Tensor&)>& see) {
  Residuals residuals;
  for (int64_t first = 0; first < rows; first += chunk) {
    const Seen seen = see(ids_of(first, std::min(chunk, rows - first), 1));
    const Tensor x = seen.batch.x.flatten(1);
    residuals.add(x - location.raw(seen.mean).squeeze(0).narrow(1, 0, x.size(1)));
  }
  return residuals;
}

/// As many data, evenly spread, as the search can afford.
std::vector<Seen> sample_of(int64_t rows, int64_t values_each, const std::function<Seen(const Tensor&)>& see) {
  const int64_t count = std::min(rows, std::max<int64_t>(1, searched_values / values_each)), step = rows / count;
  std::vector<Seen> sample;
  for (int64_t first = 0; first < count; first += chunk)
    sample.push_back(see(ids_of(first * step, std::min(chunk, count - first), step)));
  return sample;
}

std::vector<double> searched(const Model& model, observation::Scoring scoring, Location& location,
                             const std::vector<Seen>& sample) {
  const auto params = model.likelihood->params();
  std::vector<double> values(location.nuisances().size(), 0.0);
  const auto log_prob = [&] {
    location.set(values);
    double sum = 0;
    for (const Seen& seen : sample)
      sum += score(model, seen.batch, scoring, Theta(params, location.raw(seen.mean))).sum().item<double>();
    return sum;
  };
  const int rounds = values.size() > 1 ? 2 : 1;
  for (int round = 0; round < rounds; ++round)
    for (double& value : values)
      value = argmax(least_raw, most_raw, [&](double candidate) {
        value = candidate;
        return log_prob();
      });
  return values;
}

/// Puts a likelihood's tensors back at the end.
class KeptState {
 public:
  explicit KeptState(const Likelihood& likelihood) {
    for (const auto& list : {likelihood.named_parameters(), likelihood.named_buffers()})
      for (const auto& [name, t] : list) kept_.emplace_back(t, t.detach().clone());
  }
  KeptState(const KeptState&) = delete;
  KeptState& operator=(const KeptState&) = delete;
  ~KeptState() {
    for (const auto& [t, before] : kept_) t.detach().copy_(before);
  }

 private:
  std::vector<std::pair<Tensor, Tensor>> kept_;
};

/// At least 500 numbers strictly between 0 and 1, evenly spaced, [rows, X...].
Tensor even_numbers(const Shape& x) {
  const int64_t rows = 500 / numel(x) + 1, n = rows * numel(x);
  return ((at::arange(n, at::TensorOptions(at::kFloat)) + 0.5) / static_cast<double>(n)).reshape(Shape{rows} + x);
}
Tensor skewed_residuals(const Shape& x) {
  const Tensor r = even_numbers(x).logit();
  return elbo::where(r > 0, r, r / 3);
}
Tensor level_residuals(const Shape& x) { return even_numbers(x) * 4 - 1; }

/// Whether init_from, told of these residuals, sets every parameter beside the location where the mean log_prob has no slope; and
/// whether the location is what x is measured from.
bool is_stationary(Likelihood& likelihood, const Tensor& residuals) {
  constexpr double flat = 1e-3;
  Residuals sizes;
  sizes.add(residuals);
  const std::vector<double> values = closed_form(likelihood, sizes);
  const auto params = likelihood.params();
  if (values.size() + 1 != params.size()) return false;
  std::vector<Tensor> leaves;
  for (const double value : values) leaves.push_back(full({1}, value).requires_grad_());
  const auto mean_at = [&](double location) {
    const int64_t rows = residuals.size(0);
    std::vector<Tensor> parts = {full({1, rows, numel(params.front().shape)}, location)};
    for (size_t i = 1; i < params.size(); ++i) parts.push_back(leaves[i - 1].expand({1, rows, numel(params[i].shape)}));
    return likelihood.log_prob(residuals + location, Theta(params, elbo::cat(parts, 2))).mean();
  };
  for (const auto& [name, t] : likelihood.named_parameters()) leaves.push_back(t);
  for (const Tensor& leaf : leaves) leaf.mutable_grad() = Tensor();
  const Tensor here = mean_at(0);
  if (here.requires_grad()) here.backward();
  const auto has_slope = [&](const Tensor& leaf) {
    const double values_each = static_cast<double>(numel(likelihood.context().observation.shape));
    const bool steep = leaf.grad().defined() && !leaf.grad().abs().le(flat * values_each).all().item<bool>();
    leaf.mutable_grad() = Tensor();
    return steep;
  };
  const double at_0 = here.item<double>(), moved = mean_at(0.75).item<double>();
  return std::count_if(leaves.begin(), leaves.end(), has_slope) == 0 &&
         std::abs(moved - at_0) <= 1e-4 * std::max(1.0, std::abs(at_0));
}

}  // namespace

void Residuals::add(const Tensor& residuals) {
  const Tensor r = residuals.to(at::kDouble);
  count_ += r.numel();
  squares_ += r.square().sum().item<double>();
  sizes_ += r.abs().sum().item<double>();
}

double Residuals::root_mean_square() const { return std::sqrt(squares_ / static_cast<double>(count_)); }
double Residuals::mean_size() const { return sizes_ / static_cast<double>(count_); }

std::vector<double> closed_form(Likelihood& likelihood, const Residuals& residuals) {
  const Shape& x = likelihood.context().observation.shape;
  const Tensor zero = zeros(x).to(at::kDouble);
  Statistics s;
  s.count = residuals.count();
  s.mean = s.median = s.min = s.max = zero;
  s.variance = zero + std::pow(residuals.root_mean_square(), 2);
  s.mean_abs_deviation = zero + residuals.mean_size();
  const auto start = likelihood.init_from(s);
  if (!start) return {};
  const Tensor raw = start->detach().to(at::kDouble);
  std::vector<double> values;
  for (int64_t at = numel(x); at < raw.numel(); at += numel(x)) values.push_back(raw[at].item<double>());
  return values;
}

bool has_closed_form(Likelihood& likelihood) {
  const auto params = likelihood.params();
  const Shape& x = likelihood.context().observation.shape;
  if (likelihood.support() != Support::real || likelihood.conditioning() != Conditioning::nothing || params.empty() ||
      params.front().shape != x)
    return false;
  const at::AutoGradMode with_gradients(true);
  const KeptState kept(likelihood);
  return is_stationary(likelihood, skewed_residuals(x)) && is_stationary(likelihood, level_residuals(x));
}

Fit fit(const Model& model, observation::Scoring scoring, Location& location, int64_t rows,
        const std::function<Seen(const Tensor&)>& see) {
  Fit fit;
  std::vector<double> values(location.nuisances().size(), 0.0);
  if (scoring == observation::Scoring::direct && has_closed_form(*model.likelihood)) {
    location.set(values);
    values = closed_form(*model.likelihood, residuals_of(location, rows, see));
    fit.how = "closed form";
  } else if (!values.empty()) {
    values =
        searched(model, scoring, location, sample_of(rows, numel(model.likelihood->context().observation.shape), see));
    fit.how = "search";
  }
  location.set(values);
  for (size_t i = 0; i < values.size(); ++i) fit.values.emplace_back(location.nuisances()[i], values[i]);
  return fit;
}

double argmax(double low, double high, const std::function<double(double)>& f) {
  constexpr int coarse = 12, fine = 14;
  const auto finite = [&](double at) {
    const double value = f(at);
    return std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
  };
  double best = low, most = finite(low);
  const double step = (high - low) / coarse;
  for (int i = 1; i <= coarse; ++i)
    if (const double value = finite(low + i * step); value > most) most = value, best = low + i * step;
  double a = std::max(low, best - step), b = std::min(high, best + step);
  const double golden = (std::sqrt(5.0) - 1) / 2;
  double left = b - golden * (b - a), right = a + golden * (b - a), at_left = finite(left), at_right = finite(right);
  for (int i = 0; i < fine; ++i) {
    if (at_left < at_right) {
      a = left, left = right, at_left = at_right;
      at_right = finite(right = a + golden * (b - a));
    } else {
      b = right, right = left, at_right = at_left;
      at_left = finite(left = b - golden * (b - a));
    }
  }
  return (a + b) / 2;
}

}  // namespace elbo::host::transfer
