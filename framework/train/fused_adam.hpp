// torch's Adam and AdamW with the fused update. State, and so a checkpoint, is torch's own: the two can be exchanged
// between any two steps.
#pragma once
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/version.h>

#include <algorithm>
#include <limits>
#include <string>
#include <unordered_map>

#include "sdk/src/fused/fused.hpp"

#include "kernels/adam.hpp"

namespace elbo::host {

/// An update whose operations on the device can be recorded and replayed: all that changes from step to step lies there.
class TwoPartUpdate {
 public:
  virtual ~TwoPartUpdate() = default;
  /// Whether the parameters that have gradients now can be updated so.
  virtual bool is_in_two_parts() = 0;
  /// Counts a step and writes what it changes to the device; then apply() updates the parameters, now or when replayed.
  virtual void advance() = 0;
  virtual void apply() = 0;
};

template <class Rule>
class FusedAdam final : public Rule, public TwoPartUpdate {
  static constexpr bool decoupled = std::is_same_v<Rule, torch::optim::AdamW>;
  using Options = std::conditional_t<decoupled, torch::optim::AdamWOptions, torch::optim::AdamOptions>;
  using State = std::conditional_t<decoupled, torch::optim::AdamWParamState, torch::optim::AdamParamState>;

 public:
  using Rule::Rule;

  Tensor step(typename Rule::LossClosure closure = nullptr) override {
    if (closure || !is_in_two_parts()) return Rule::step(closure);
    advance();
    apply();
    return {};
  }

  bool is_in_two_parts() override {
    const bool has_one_rate = this->param_groups_.size() == 1;  // lists have one rate for all
    return fused_kernels() && (each(kernels::adam_suits) || (has_one_rate && each(suits_lists) && counts_agree()));
  }

  void advance() override {
    int64_t count = 0;
    for_each_parameter([&](Tensor& p, const Options& options) {
      State& state = state_of(p);
      count = state.step() + 1;
      state.step(count);
      if (p.is_cuda() && !count_.defined()) count_ = zeros({}, p.detach()), lr_ = zeros({}, p.detach());
      rate_ = options.lr();
    });
    if (!count_.defined()) return;
    count_.fill_(static_cast<double>(count));
    lr_.fill_(rate_);
  }

  void apply() override {
    const at::NoGradGuard no_gradients;
    kernels::AdamLists lists;
    kernels::AdamRates rates{};
    for_each_parameter([&](Tensor& p, const Options& options) {
      State& state = state_of(p);
      rates = rates_of(options);
      if (!p.is_cuda())
        return kernels::adam_step(p, p.grad(), state.exp_avg(), state.exp_avg_sq(), state.step(), rates);
      lists.parameters.push_back(p);
      lists.gradients.push_back(p.grad());
      lists.first.push_back(state.exp_avg());
      lists.second.push_back(state.exp_avg_sq());
    });
    if (!lists.parameters.empty()) kernels::adam_step(lists, count_, lr_, rates);
  }

 private:
  static kernels::AdamRates rates_of(const Options& o) {
    return {o.lr(), std::get<0>(o.betas()), std::get<1>(o.betas()), o.eps(), o.weight_decay(), decoupled};
  }

  static bool suits_lists(const Tensor& p, const Tensor& g) {
    return kernels::has_adam_lists() && p.is_cuda() && g.is_cuda() && p.scalar_type() == at::kFloat &&
           g.scalar_type() == at::kFloat;
  }

  /// Lists have one count for all.
  bool counts_agree() {
    int64_t fewest = std::numeric_limits<int64_t>::max(), most = 0;
    for_each_parameter([&](Tensor& p, const Options&) {
      fewest = std::min<int64_t>(fewest, state_of(p).step());
      most = std::max<int64_t>(most, state_of(p).step());
    });
    return fewest == most;
  }

  /// f(parameter, options) for each one that has a gradient.
  template <class F>
  void for_each_parameter(F&& f) {
    for (auto& group : this->param_groups_)
      for (Tensor& p : group.params())
        if (p.grad().defined()) f(p, static_cast<const Options&>(group.options()));
  }

  template <class F>
  bool each(F&& suits) {
    bool all = true;
    for_each_parameter([&](Tensor& p, const Options&) { all = all && suits(p, p.grad()); });
    return all;
  }

  /// torch keeps the states by address, as text in its first versions. A new one is zero.
  State& state_of(const Tensor& p) {
#if TORCH_VERSION_MAJOR >= 2
    auto& stored = this->state_[p.unsafeGetTensorImpl()];
#else
    auto& stored = this->state_[text_of(p.unsafeGetTensorImpl())];
#endif
    if (!stored) {
      auto state = std::make_unique<State>();
      state->exp_avg(p.detach().clone().zero_());
      state->exp_avg_sq(p.detach().clone().zero_());
      stored = std::move(state);
    }
    return static_cast<State&>(*stored);
  }

#if TORCH_VERSION_MAJOR < 2
  /// Written once: writing an address takes longer than updating a bias.
  const std::string& text_of(const at::TensorImpl* address) {
    std::string& text = texts_[address];
    if (text.empty()) text = c10::guts::to_string(address);
    return text;
  }
  std::unordered_map<const at::TensorImpl*, std::string> texts_;
#endif

  Tensor count_, lr_;  // on the device
  double rate_ = 0;
};

}  // namespace elbo::host
