#include "train/step_metrics.hpp"

#include <cmath>

#include "metrics/metrics.hpp"

namespace elbo::host {

StepMetrics::StepMetrics(const ObjectiveValue& objective, int64_t count) : count_(count) {
  if (objective.value.is_cpu()) take(objective);
  else queue(objective);
}

void StepMetrics::take(const ObjectiveValue& objective) {
  const auto add = [this](Name name, const std::optional<double>& value) {
    if (!value) return;
    names_.push_back(std::move(name));
    numbers_.push_back(*value);
  };
  const Means& means = objective.means;
  add({metrics::objective}, sum_of(objective.value));
  add({metrics::kl}, means.kl);
  add({metrics::kl_sampled}, means.kl_sampled);
  add({metrics::reconstruction}, means.reconstruction);
  add({metrics::elbo}, means.elbo);
  for (const WeightedTerm& term : objective.weighted) add({term.name, false, term.weight}, term.value());
  numbers_.insert(numbers_.end(), means.kl_per_dim.begin(), means.kl_per_dim.end());
}

void StepMetrics::queue(const ObjectiveValue& objective) {
  std::vector<Tensor> scalars;
  const auto add = [&](Name name, const Tensor& scalar) {
    names_.push_back(std::move(name));
    scalars.push_back(scalar.detach().to(at::kDouble));
  };
  const Terms& terms = objective.terms;
  add({metrics::objective}, objective.value);
  for (const auto& [metric, t] :
       {std::pair(metrics::kl, terms.kl), std::pair(metrics::kl_sampled, terms.kl_sampled),
        std::pair(metrics::reconstruction, terms.reconstruction), std::pair(metrics::elbo, terms.elbo)})
    if (t.defined()) add({metric, true}, t.detach().to(at::kDouble).sum());
  for (const WeightedTerm& term : objective.weighted) add({term.name, false, term.weight}, term.mean.value());
  packed_ = elbo::stack(scalars, 0);
  if (terms.kl_per_dim.defined()) packed_ = elbo::cat({packed_, terms.kl_per_dim.detach().to(at::kDouble).sum(0)}, 0);
}

StepMetrics StepMetrics::kept() const {
  StepMetrics other = *this;
  if (packed_.defined()) other.packed_ = packed_.clone();
  return other;
}

void StepMetrics::fetch(std::vector<StepMetrics>& steps) {
  std::vector<Tensor> parts;
  for (const StepMetrics& r : steps)
    if (r.packed_.defined()) parts.push_back(r.packed_);
  if (parts.empty()) return;
  const Tensor all = elbo::cat(parts, 0).to(at::kCPU);
  const auto* next = all.data_ptr<double>();
  for (StepMetrics& r : steps) {
    if (!r.packed_.defined()) continue;
    r.numbers_.assign(next, next + r.packed_.numel());
    next += r.packed_.numel();
  }
}

std::map<std::string, double> StepMetrics::means() const {
  std::map<std::string, double> means;
  for (size_t i = 0; i < names_.size(); ++i) {
    const auto& [name, is_sum, weight] = names_[i];
    means.emplace(name, is_sum ? numbers_[i] / static_cast<double>(count_) : numbers_[i]);
    if (!weight) continue;
    means[name + "_weight"] = *weight;
    means[name + "_weighted"] = *weight * numbers_[i];
  }
  return means;
}

std::vector<double> StepMetrics::kl_per_dim_sums() const {
  return {numbers_.begin() + static_cast<std::ptrdiff_t>(names_.size()), numbers_.end()};
}

std::string StepMetrics::not_finite() const {
  if (std::isfinite(numbers_.front())) return {};
  for (size_t i = 1; i < names_.size(); ++i)
    if (!std::isfinite(numbers_[i])) return names_[i].name + (std::isnan(numbers_[i]) ? " is nan" : " is infinite");
  return "every term is finite, but not their sum";
}

}  // namespace elbo::host
