#include "train/accumulation.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>

#include <algorithm>

#include <elbo/tensor.hpp>

namespace elbo::host {
namespace {

void add(std::optional<double>& to, const std::optional<double>& value, double share) {
  if (value) to = to.value_or(0) + share * *value;
}

Means joined_means(const std::vector<ObjectiveValue>& values, const std::vector<PartOfStep>& parts) {
  Means all;
  for (size_t i = 0; i < values.size(); ++i) {
    const Means& one = values[i].means;
    all.reconstruction += parts[i].share * one.reconstruction;
    add(all.elbo, one.elbo, parts[i].share);
    add(all.kl, one.kl, parts[i].share);
    add(all.kl_sampled, one.kl_sampled, parts[i].share);
    all.kl_per_dim.resize(one.kl_per_dim.size());  // sums
    for (size_t j = 0; j < one.kl_per_dim.size(); ++j) all.kl_per_dim[j] += one.kl_per_dim[j];
  }
  return all;
}

Terms joined_terms(const std::vector<ObjectiveValue>& values) {
  Terms all;
  for (Tensor Terms::* term :
       {&Terms::elbo, &Terms::reconstruction, &Terms::kl, &Terms::kl_sampled, &Terms::kl_per_dim}) {
    std::vector<Tensor> each;
    for (const ObjectiveValue& value : values)
      if ((value.terms.*term).defined()) each.push_back(value.terms.*term);
    if (!each.empty()) all.*term = elbo::cat(each, 0);
  }
  return all;
}

}  // namespace

std::vector<PartOfStep> parts_of_step(const BatchSource& source, const Tensor& ids, int64_t batch_size,
                                      const Rng& rng) {
  const int64_t n = ids.size(0);
  if (n <= batch_size) return {{source.batch(Part::train, ids, rng), {}, 1}};
  std::vector<PartOfStep> parts;
  for (int64_t first = 0; first < n; first += batch_size) {
    const int64_t count = std::min(batch_size, n - first);
    const Tensor places = first == 0 ? Tensor() : at::arange(first, first + count, ids.options());
    parts.push_back({source.batch(Part::train, ids.narrow(0, first, count), rng), places,
                     static_cast<double>(count) / static_cast<double>(n)});
  }
  return parts;
}

ObjectiveValue without_graph(ObjectiveValue value) {
  value.value = value.value.detach();
  for (WeightedTerm& term : value.weighted) term.mean = {term.mean.t.detach(), term.mean.factor};
  for (Tensor Terms::* term :
       {&Terms::elbo, &Terms::reconstruction, &Terms::kl, &Terms::kl_sampled, &Terms::kl_per_dim})
    if ((value.terms.*term).defined()) value.terms.*term = (value.terms.*term).detach();
  value.ascents.clear();
  return value;
}

ObjectiveValue joined(std::vector<ObjectiveValue> values, const std::vector<PartOfStep>& parts) {
  if (values.size() == 1) return std::move(values.front());
  const at::NoGradGuard no_gradients;
  ObjectiveValue all;
  all.means = joined_means(values, parts);
  all.terms = joined_terms(values);
  for (size_t i = 0; i < values.size(); ++i) {
    const double share = parts[i].share;
    const Tensor value = values[i].value * share;
    all.value = i == 0 ? value : all.value + value;
    for (size_t t = 0; t < values[i].weighted.size(); ++t) {
      const WeightedTerm& term = values[i].weighted[t];
      const Tensor mean = term.mean.value() * share;
      if (i == 0) all.weighted.push_back({term.name, term.weight, {mean, 1}});
      else all.weighted[t].mean.t = all.weighted[t].mean.t + mean;
    }
  }
  return all;
}

}  // namespace elbo::host
