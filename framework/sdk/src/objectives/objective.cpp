#include <elbo/objective.hpp>

#include <cstdio>

#include "sdk/src/plugin/call.hpp"

namespace elbo {
namespace {

Tensor mean_over_samples(const Tensor& t) { return t.size(0) == 1 ? t.squeeze(0) : t.mean(0); }

}  // namespace

Tensor Pass::reconstruction_each() const { return mean_over_samples(log_lik); }

Tensor Pass::kl_each() const {
  if (!log_q.defined()) return {};
  return has_closed_kl() ? kl_per_dim->sum(1) : mean_over_samples(log_q - log_prior);
}

Tensor Pass::elbo_each() const { return log_q.defined() ? reconstruction_each() - kl_each() : Tensor(); }

Objective::~Objective() = default;

std::vector<ObjectiveTerm> Objective::terms(double epoch) const {
  const Call call(label(), "terms");
  auto terms = do_terms(epoch);
  if (terms.empty()) throw Error(label() + ": terms returned none; expected at least one; name what is maximised");
  return terms;
}

Sampling Objective::sampling() const {
  const Call call(label(), "sampling");
  const Sampling s = do_sampling();
  if (s.samples < 1 || s.updates < 1)
    throw Error(label() + ": sampling returned " + std::to_string(s.samples) + " samples and " +
                std::to_string(s.updates) + " updates; expected at least one of each");
  return s;
}

bool Objective::is_bound() const {
  const Call call(label(), "is_bound");
  return do_is_bound();
}

std::vector<Scheduled> Objective::scheduled(double epoch) const {
  const Call call(label(), "scheduled");
  return do_scheduled(epoch);
}

std::vector<std::string> Objective::remarks() const {
  const Call call(label(), "remarks");
  return do_remarks();
}

void Objective::begin(const ModelParts& model, int64_t train_data, const Rng& rng) {
  const Call call(label(), "begin");
  do_begin(model, train_data, rng);
}

void Objective::prepare(const TrainingStep& step) {
  const Call call(label(), "prepare");
  do_prepare(step);
}

ObjectiveValues Objective::values(const Pass& pass, const TrainingStep& step) {
  const auto declared = terms(step.epoch);
  const Call call(label(), "values");
  ObjectiveValues values = do_values(pass, step);
  for (const ObjectiveTerm& term : declared)
    if (const auto at = values.terms.find(term.name); at == values.terms.end() || !at->second.t.defined())
      throw Error(label() + ": values gave no '" + term.name + "', which terms names; expected a value for each term");
  if (values.terms.size() != declared.size())
    throw Error(label() + ": values gave " + std::to_string(values.terms.size()) + " terms; expected the " +
                std::to_string(declared.size()) + " that terms names, and no others");
  for (const Ascent& ascent : values.ascents)
    if (!ascent.value.defined() || ascent.value.dim() != 0)
      throw Error(label() + ": values gave an ascent that is no scalar; expected the mean over the batch");
  return values;
}

Tensor Objective::tested(const Pass& pass) const {
  const Call call(label(), "tested");
  Tensor value = do_tested(pass);
  check_shape(value, {pass.z.size(1)}, "tested", "give one value for each data point");
  return value;
}

std::vector<Scheduled> Objective::do_scheduled(double) const { return {}; }
std::vector<std::string> Objective::do_remarks() const { return {}; }
void Objective::do_begin(const ModelParts&, int64_t, const Rng&) {}
void Objective::do_prepare(const TrainingStep&) {}
Tensor Objective::do_tested(const Pass& pass) const {
  return pass.log_q.defined() ? pass.elbo_each() : pass.reconstruction_each();
}

ObjectiveTerm reconstruction_term() { return {"reconstruction", 1, "E_q(z|x)[log p(x|z)]"}; }
ObjectiveTerm elbo_term(double weight) { return {"elbo", weight, "E_q(z|x)[log p(x|z) + log p(z) - log q(z|x)]"}; }

std::string in_formula(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

}  // namespace elbo
