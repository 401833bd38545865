#include <elbo/once_differentiable.hpp>
#include <elbo/tensor.hpp>

namespace elbo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// With e = exp(logits - their maximum): of the most likely level log p is -log(1 + the sum of the other e), which keeps the digits
// that log_softmax loses beside 1; and the derivative at k, 1 - p_k, is the other levels' share.
struct LogSoftmaxAt : OnceDifferentiable<LogSoftmaxAt> {
  static constexpr const char* name = "elbo::log_softmax_at";

  static Variable forward(AutogradContext* context, const Variable& logits, const Variable& index) {
    const Tensor largest = logits.amax(2, true), below = logits.gather(2, index) - largest, own = below.exp();
    const Tensor others = (logits - largest).exp_().scatter_(2, index, 0), rest = others.sum(2, true);
    context->save_for_backward({others, rest, (rest + own).reciprocal(), index});
    return elbo::where(below == 0, rest.log1p().neg(), below - (rest + own).log()).squeeze(2);
  }

  static variable_list gradients(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &others = saved[0], &rest = saved[1], &index = saved[3], share = grads[0].unsqueeze(2) * saved[2];
    return {(others * -share).scatter_(2, index, rest * share), Variable()};
  }
};

}  // namespace

Tensor log_softmax_at(const Tensor& k, const Tensor& logits) {
  Shape one = logits.sizes().vec();
  one[2] = 1;
  return LogSoftmaxAt::apply(logits, k.unsqueeze(0).unsqueeze(2).expand(one).contiguous());
}

}  // namespace elbo
