// torch's Adam and AdamW with the fused update. State, and so a checkpoint, is torch's own: the two can be exchanged
// between any two steps.
#pragma once
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/version.h>

#include <algorithm>

#include <elbo/fused.hpp>

#include "kernels/adam.hpp"

namespace elbo {

template <class Rule>
class FusedAdam final : public Rule {
  static constexpr bool decoupled = std::is_same_v<Rule, torch::optim::AdamW>;
  using Options = std::conditional_t<decoupled, torch::optim::AdamWOptions, torch::optim::AdamOptions>;
  using State = std::conditional_t<decoupled, torch::optim::AdamWParamState, torch::optim::AdamParamState>;

 public:
  using Rule::Rule;

  Tensor step(typename Rule::LossClosure closure = nullptr) override {
    if (closure || !fused_kernels() || !suits()) return Rule::step(closure);
    const at::NoGradGuard no_gradients;
    for (auto& group : this->param_groups_) {
      const auto& options = static_cast<const Options&>(group.options());
      const kernels::AdamRates rates = {options.lr(),  std::get<0>(options.betas()), std::get<1>(options.betas()),
                                        options.eps(), options.weight_decay(),       decoupled};
      for (Tensor& p : group.params())
        if (p.grad().defined()) update(p, rates);
    }
    return {};
  }

 private:
  bool suits() const {
    const auto each = [](const Tensor& p) { return !p.grad().defined() || kernels::adam_suits(p, p.grad()); };
    return std::all_of(this->param_groups_.begin(), this->param_groups_.end(), [&](const auto& group) {
      return std::all_of(group.params().begin(), group.params().end(), each);
    });
  }

  /// torch keeps the states by address, as text in its first versions.
  auto& state_of(const Tensor& p) {
#if TORCH_VERSION_MAJOR >= 2
    return this->state_[p.unsafeGetTensorImpl()];
#else
    return this->state_[c10::guts::to_string(p.unsafeGetTensorImpl())];
#endif
  }

  void update(Tensor& p, const kernels::AdamRates& rates) {
    auto& stored = state_of(p);
    if (!stored) {
      auto state = std::make_unique<State>();
      state->exp_avg(p.detach().clone().zero_());
      state->exp_avg_sq(p.detach().clone().zero_());
      stored = std::move(state);
    }
    auto& state = static_cast<State&>(*stored);
    state.step(state.step() + 1);
    kernels::adam_step(p, p.grad(), state.exp_avg(), state.exp_avg_sq(), state.step(), rates);
  }
};

}  // namespace elbo
