#include <elbo/once_differentiable.hpp>
#include <elbo/tensor.hpp>

namespace elbo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// The derivative at k is 1 - p_k, which is the sum of the other probabilities; and where that is small, log p_k is taken from it,
// because log_softmax loses it beside 1.
struct LogSoftmaxAt : OnceDifferentiable<LogSoftmaxAt> {
  static constexpr const char* name = "elbo::log_softmax_at";

  static Variable forward(AutogradContext* context, const Variable& logits, const Variable& index) {
    constexpr double small = 0.1;
    const Tensor log_p = logits.log_softmax(2), value = log_p.gather(2, index);
    const Tensor others = log_p.exp_().scatter_(2, index, 0), rest = others.sum(2, true);
    context->save_for_backward({others, rest, index});
    return elbo::where(rest < small, rest.clamp_max(small).neg().log1p(), value).squeeze(2);
  }

  static variable_list gradients(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &others = saved[0], &rest = saved[1], &index = saved[2];
    return {others.neg().scatter_(2, index, rest).mul_(grads[0].unsqueeze(2)), Variable()};
  }
};

}  // namespace

Tensor log_softmax_at(const Tensor& k, const Tensor& logits) {
  Shape one = logits.sizes().vec();
  one[2] = 1;
  return LogSoftmaxAt::apply(logits, k.unsqueeze(0).unsqueeze(2).expand(one).contiguous());
}

}  // namespace elbo
