#include <elbo/once_differentiable.hpp>
#include <elbo/tensor.hpp>

namespace elbo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// The derivative at k is 1 - p_k, which is the sum of the other probabilities.
struct LogSoftmaxAt : OnceDifferentiable<LogSoftmaxAt> {
  static constexpr const char* name = "elbo::log_softmax_at";

  static Variable forward(AutogradContext* context, const Variable& logits, const Variable& index) {
    const Tensor log_p = logits.log_softmax(2);
    context->save_for_backward({log_p, index});
    return log_p.gather(2, index).squeeze(2);
  }

  static variable_list gradients(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &index = saved[1], others = saved[0].exp().scatter_(2, index, 0), rest = others.sum(2, true);
    return {others.neg_().scatter_(2, index, rest).mul_(grads[0].unsqueeze(2)), Variable()};
  }
};

}  // namespace

Tensor log_softmax_at(const Tensor& k, const Tensor& logits) {
  Shape one = logits.sizes().vec();
  one[2] = 1;
  return LogSoftmaxAt::apply(logits, k.unsqueeze(0).unsqueeze(2).expand(one).contiguous());
}

}  // namespace elbo
