#include "conformance/tools.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>
#include <torch/csrc/autograd/variable.h>

#include <malloc.h>
#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.hpp"
#include "model/load_plugin.hpp"

namespace elbo::host::conformance {
namespace {

constexpr int64_t shown = 4;

std::string one(double value) { return std::isnan(value) ? "nan" : fmt::format("{:.6g}", value); }  // of either sign

/// Options may allow a million units a layer; what is learned from that is not worth its time.
double bounded(double value) { return std::min(value, 1000.); }

std::vector<Value> values_to_try(const Option& option) {
  std::vector<Value> values = {option.fallback};
  for (const std::string& choice : option.choices) values.push_back(choice);
  if (const bool* flag = std::get_if<bool>(&option.fallback)) values.push_back(!*flag);
  // A number may be right at its default alone.
  if (const int64_t* count = std::get_if<int64_t>(&option.fallback); count && static_cast<double>(*count) < option.max)
    values.push_back(*count + 1);
  for (const double end : {option.min, option.max}) {
    if (!std::isfinite(end)) continue;
    const auto whole = static_cast<int64_t>(bounded(end));
    if (std::holds_alternative<double>(option.fallback)) values.push_back(end);
    else if (std::holds_alternative<int64_t>(option.fallback)) values.push_back(whole);
    else if (std::holds_alternative<std::vector<int64_t>>(option.fallback)) values.push_back(std::vector{whole});
    else if (std::holds_alternative<std::vector<double>>(option.fallback)) values.push_back(std::vector{end});
  }
  return values;
}

constexpr int first_calls = 48;
constexpr size_t allowed_bytes = 32;  // a call: less than a small tensor in eight calls
constexpr int fewest_counted = 400;   // of fewer calls, what the allocator keeps would be seen

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

/// The tensors that a gradient of `value` would be added to.
std::vector<Tensor> leaves_of(const Tensor& value) {
  std::vector<Tensor> leaves;
  if (!value.requires_grad()) return leaves;
  std::set<torch::autograd::Node*> seen;
  std::vector<torch::autograd::Node*> open = {torch::autograd::impl::gradient_edge(value).function.get()};
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

Rng double_rng(uint64_t seed) { return Rng(seed).like(at::empty({}, at::kDouble)); }
Tensor doubles(const std::vector<double>& values) {
  return at::from_blob(const_cast<double*>(values.data()), {static_cast<int64_t>(values.size())}, at::kDouble).clone();
}
double number(const Tensor& scalar) { return scalar.item().toDouble(); }

std::string in_words(const Tensor& t) {
  const Tensor flat = t.detach().to(at::kDouble).flatten();
  if (flat.numel() == 1) return one(number(flat));
  if (flat.numel() > 1 && flat.eq(flat[0]).all().item<bool>()) return "all " + one(number(flat[0]));
  std::vector<std::string> words;
  for (int64_t i = 0; i < std::min(flat.numel(), shown); ++i) words.push_back(one(number(flat[i])));
  return "[" + join(words) + (flat.numel() > shown ? ", ...]" : "]");
}

std::string in_words(const std::vector<DecoderOutput>& params, const Tensor& raw) {
  std::vector<std::string> words;
  int64_t at = 0;
  for (const DecoderOutput& param : params) {
    const int64_t size = numel(param.shape);
    words.push_back("raw " + param.name + " = " + in_words(raw.flatten().slice(0, at, at + size)));
    at += size;
  }
  return words.empty() ? "no raw parameters" : join(words);
}

std::optional<int64_t> first_true(const Tensor& condition) {
  const Tensor places = condition.flatten().nonzero();
  if (places.size(0) == 0) return {};
  return places[0].item<int64_t>();
}

void expect_close(const Tensor& found, const Tensor& expected, double tolerance, const std::string& what) {
  const Tensor a = found.detach().to(at::kDouble), b = expected.detach().to(at::kDouble);
  const Tensor near = (a - b).abs() <= tolerance * b.abs().clamp_min(1);
  const auto i = first_true((near | (a == b) | (a.isnan() & b.isnan())).logical_not());
  if (i) fail("{} is {:.10g}; expected {:.10g}", what, number(a.flatten()[*i]), number(b.flatten()[*i]));
}

void expect_same(const NamedTensors& found, const NamedTensors& expected, double tolerance, const std::string& when) {
  for (size_t i = 0; i < expected.size(); ++i)
    expect_close(found.at(i).second, expected[i].second, tolerance, found[i].first + " " + when);
}

NamedTensors state_of(const Module& module) {
  NamedTensors state;
  for (const auto& part : {module.named_parameters(), module.named_buffers()})
    for (const auto& [name, t] : part) state.emplace_back(name, t.detach().clone());
  return state;
}

void set_state(Module& module, const NamedTensors& state) {
  NamedTensors own = module.named_parameters();
  for (const auto& buffer : module.named_buffers()) own.push_back(buffer);
  if (own.size() != state.size()) fail("one object registers {} tensors, another {}", state.size(), own.size());
  for (size_t i = 0; i < own.size(); ++i) {
    if (own[i].first != state[i].first || own[i].second.sizes() != state[i].second.sizes())
      fail("one object registers {} of shape {}, another {} of shape {} in its place", state[i].first,
           to_string(state[i].second.sizes().vec()), own[i].first, to_string(own[i].second.sizes().vec()));
    own[i].second.detach().copy_(state[i].second);
  }
}

void perturb(Module& module, double by, uint64_t seed) {
  Rng rng = double_rng(seed);
  for (const auto& [name, t] : module.named_parameters())
    t.detach().add_((rng.normal({1, 1, t.numel()}) * by).view_as(t).to(t.scalar_type()));
}

void differentiate(const Tensor& value, const NamedTensors& leaves) {
  for (const auto& [name, leaf] : leaves) leaf.mutable_grad() = Tensor();
  if (value.requires_grad()) value.backward();
}

NamedTensors gradients_of(const Tensor& value, const NamedTensors& leaves) {
  differentiate(value, leaves);
  NamedTensors gradients;
  for (const auto& [name, leaf] : leaves)
    gradients.emplace_back(name, leaf.grad().defined() ? leaf.grad().to(at::kDouble, false, true)
                                                       : at::zeros_like(leaf.detach(), at::kDouble));
  return gradients;
}

void expect_same_gradients_in_float32(const NamedTensors& single, const NamedTensors& exact, const std::string& what) {
  constexpr double relative = 5e-3, least = 1e-5;  // of a tensor's largest gradient, and of the largest of all
  double largest = 0;
  for (const auto& [name, gradient] : exact)
    if (gradient.numel() > 0) largest = std::max(largest, number(gradient.abs().max()));
  for (size_t i = 0; i < exact.size(); ++i) {
    const auto& [name, expected] = exact[i];
    if (expected.numel() == 0) continue;
    const double allowed = relative * number(expected.abs().max()) + least * std::max(1., largest);
    const Tensor& found = single.at(i).second;
    if (const auto place = first_true(((found - expected).abs() <= allowed).logical_not()))
      fail("the gradient of {} by {}{} is {:.6g} in float32 and {:.6g} in float64", what, name,
           expected.numel() > 1 ? fmt::format("[{}]", *place) : "", number(found.flatten()[*place]),
           number(expected.flatten()[*place]));
  }
}

void expect_gradient(const std::function<Tensor()>& value, const NamedTensors& leaves, const std::string& where) {
  constexpr double h = 1e-5;
  const Tensor total = value();
  differentiate(total, leaves);
  const double size = std::abs(number(total));
  for (const auto& [name, leaf] : leaves) {
    const Tensor there = leaf.detach().view(-1);
    const Tensor gradient = leaf.grad().defined() ? leaf.grad().flatten() : at::zeros_like(there);
    for (int64_t i = 0; i < there.numel(); ++i) {
      const double kept = number(there[i]);
      const auto moved = [&](double by) {
        there[i] = kept + by;
        const double result = number(value());
        there[i] = kept;
        return result;
      };
      const auto central = [&](double by) { return (moved(by) - moved(-by)) / (2 * by); };
      const double g = number(gradient[i]);
      double difference = central(h);
      if (std::abs(g - difference) > 1e-7 * std::abs(difference))
        difference = (4 * central(h / 2) - difference) / 3;  // Richardson: without the error of second order
      const double tolerance = 1e-6 * std::max(1., std::abs(difference)) + 1e-9 * size;
      if (!(std::abs(g - difference) <= tolerance))
        fail("{}: the gradient by {}{} is {:.8g}; its central difference is {:.8g}", where, name,
             there.numel() > 1 ? fmt::format("[{}]", i) : "", g, difference);
    }
  }
}

void expect_same_after_round_trip(const Module& first, Module& second,
                                  const std::function<NamedTensors(const Module&)>& results) {
  set_state(second, state_of(first));
  expect_same(results(second), results(first), 0, "with the stored state of another object");
}

std::vector<Trial> option_trials(const PluginChoice& choice) {
  std::vector<Trial> trials;
  for (const Option& option : plugins::options_of_plugin(choice))
    for (const Value& value : values_to_try(option)) {
      Trial trial{option.name + " = " + host::to_string(value), {}};
      for (const Setting& setting : choice.settings)
        if (setting.name != option.name) trial.settings.push_back(setting);
      trial.settings.push_back({option.name, value});
      trials.push_back(std::move(trial));
    }
  return trials;
}

void for_each_piece_of_thousand(const std::function<void(int64_t first, int64_t last)>& check) {
  int64_t first = 0;
  for (const int64_t size : {1, 2, 3, 10, 20, 64, 100, 128, 256, 416}) {
    check(first, first + size);
    first += size;
  }
}

void expect_follows_changes(const Tensor& input, const Tensor& other,
                            const std::function<NamedTensors(const Tensor&)>& results, const std::string& what) {
  for (const bool gradients : {false, true}) {
    const at::AutoGradMode mode(gradients);
    const Tensor changed = input.clone();
    results(changed);
    changed.copy_(other);
    const NamedTensors found = results(changed);
    expect_same(found, results(other.clone()), 1e-10,
                fmt::format("of {} whose numbers have changed in place, {},", what,
                            gradients ? "with gradients" : "without gradients"));
  }
}

void expect_steady_memory(const std::function<void()>& call, int calls) {
  for (int i = 0; i < first_calls; ++i) call();
  const size_t before = bytes_in_use();
  for (int i = 0; i < calls; ++i) call();
  const size_t after = bytes_in_use();
  if (after > before + allowed_bytes * static_cast<size_t>(std::max(calls, fewest_counted)))
    fail("{} calls leave {} bytes more in use than before; keep no tensor from one call to the next", calls,
         after - before);
}

void expect_same_on_two_threads(const std::function<NamedTensors()>& results) {
  const auto on = [&](int count) {
    const Threads threads(count);
    return results();
  };
  const NamedTensors one = on(1);
  for (int i = 0; i < 2; ++i) expect_same(on(2), one, 1e-10, "on two threads, not one,");
}

void expect_all_registered(const Module& module, const Tensor& value, const std::vector<Tensor>& given) {
  std::set<const void*> known;
  for (const Tensor& t : given) known.insert(t.unsafeGetTensorImpl());
  for (const auto& [name, t] : module.named_parameters()) known.insert(t.unsafeGetTensorImpl());
  for (const Tensor& leaf : leaves_of(value))
    if (!known.count(leaf.unsafeGetTensorImpl()))
      fail(
          "a tensor of shape {} that requires a gradient is used but not registered, so it is neither trained nor "
          "stored; make it with parameter(), or its layer with part() or add_module()",
          to_string(leaf.sizes().vec()));
}

void expect_one_name_each(const Module& module) {
  std::set<const void*> known;
  for (const auto& [name, t] : module.named_parameters())
    if (!known.insert(t.unsafeGetTensorImpl()).second)
      fail("its parameter {} is registered under two names; register each tensor once", name);
}

}  // namespace elbo::host::conformance
