#include "conformance/upkeep.hpp"

#include <ATen/Parallel.h>
#include <malloc.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>

#include <set>

#include "conformance/tools.hpp"

namespace elbo::conformance {
namespace {

constexpr int first_calls = 48, calls = 1000;
constexpr size_t allowed_bytes = 32 * calls;  // less than a small tensor in eight calls

size_t bytes_in_use() {
  const auto now = ::mallinfo2();
  return now.uordblks + now.hblkhd;
}

class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

/// The leaves of the graph of `value` that require a gradient.
std::vector<Tensor> leaves_of(const Tensor& value) {
  std::vector<Tensor> leaves;
  std::set<torch::autograd::Node*> seen;
  std::vector<torch::autograd::Node*> open = {value.grad_fn().get()};
  while (!open.empty()) {
    torch::autograd::Node* node = open.back();
    open.pop_back();
    if (!node || !seen.insert(node).second) continue;
    if (const auto* leaf = dynamic_cast<const torch::autograd::AccumulateGrad*>(node)) leaves.push_back(leaf->variable);
    for (const auto& edge : node->next_edges()) open.push_back(edge.function.get());
  }
  return leaves;
}

}  // namespace

void expect_steady_memory(const std::function<void()>& call) {
  for (int i = 0; i < first_calls; ++i) call();
  const size_t before = bytes_in_use();
  for (int i = 0; i < calls; ++i) call();
  const size_t after = bytes_in_use();
  if (after > before + allowed_bytes)
    fail("{} calls leave {} bytes more in use than before; keep no tensor from one call to the next", calls,
         after - before);
}

void expect_same_on_two_threads(const std::function<std::vector<Tensor>()>& results) {
  std::vector<Tensor> one, two;
  {
    const Threads threads(1);
    one = results();
  }
  {
    const Threads threads(2);
    two = results();
  }
  for (size_t i = 0; i < one.size(); ++i) expect_close(two[i], one[i], 1e-10, "on two threads, not one, a result");
}

void expect_all_registered(const Module& module, const Tensor& value, const std::vector<Tensor>& given) {
  const NamedTensors parameters = module.named_parameters();
  std::set<const void*> known;
  for (const Tensor& t : given) known.insert(t.unsafeGetTensorImpl());
  for (const auto& [name, t] : parameters)
    if (!known.insert(t.unsafeGetTensorImpl()).second)
      fail("its parameter {} is registered under two names; register each tensor once", name);
  if (!value.requires_grad()) return;
  for (const Tensor& leaf : leaves_of(value))
    if (!known.count(leaf.unsafeGetTensorImpl()))
      fail(
          "a tensor {} that requires a gradient is used but not registered, so it is neither trained nor stored; make "
          "it with "
          "parameter(), or its layer with part() or add_module()",
          to_string(leaf.sizes().vec()));
}

}  // namespace elbo::conformance
