#include "worker/torchscript.hpp"

#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include "sdk/src/fused.hpp"

#include <iostream>
#include <sstream>

#include "base/files.hpp"
#include "worker/trained.hpp"

namespace elbo::worker {
namespace fs = std::filesystem;
using torch::jit::IValue;
using torch::jit::Stack;
namespace {

using Function = std::function<std::vector<Tensor>(const Tensor&)>;

/// What is recorded, and on what.
struct Network {
  std::string name;
  const Module& module;
  Function function;
  Tensor some, others;  // inputs: to trace, and more of them to check
};

/// "body.0.weight" -> "body_0_weight": a dot would be a submodule.
std::string attribute_name(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

Stack recorded(const Network& part, Stack inputs) {
  Stack outputs;
  for (const Tensor& t : part.function(inputs.at(0).toTensor())) outputs.emplace_back(t);
  if (outputs.size() == 1) return outputs;
  return {c10::ivalue::Tuple::create(std::move(outputs))};
}

torch::jit::Module traced(const Network& part) {
  torch::jit::Module module("elbo." + part.name);
  for (const auto& [name, t] : part.module.named_parameters())
    module.register_parameter(attribute_name(name), t, false);
  for (const auto& [name, t] : part.module.named_buffers()) module.register_buffer(attribute_name(name), t);
  const auto result = torch::jit::tracer::trace(
      {part.some}, [&](Stack inputs) { return recorded(part, std::move(inputs)); }, [](const auto&) { return ""; },
      false, false, &module);
  const auto function = module._ivalue()->compilation_unit()->create_function(
      c10::QualifiedName(*module.type()->name(), "forward"), result.first->graph);
  module.type()->addMethod(function);
  return module;
}

std::vector<Tensor> outputs_of(torch::jit::Module& module, const Tensor& input) {
  const IValue value = module.forward({input});
  if (value.isTensor()) return {value.toTensor()};
  std::vector<Tensor> outputs;
  for (const IValue& one : value.toTupleRef().elements()) outputs.push_back(one.toTensor());
  return outputs;
}

/// A trace holds the operations of one run: whatever depended on values or sizes would show on other input.
bool agrees(torch::jit::Module& module, const Network& part) {
  constexpr double relative = 1e-5, absolute = 1e-6;
  const auto expected = part.function(part.others), found = outputs_of(module, part.others);
  for (size_t i = 0; i < expected.size(); ++i)
    if (!found[i].sizes().equals(expected[i].sizes()) || !found[i].allclose(expected[i], relative, absolute))
      return false;
  return true;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// Throws Error saying why there can be no such file.
void write(const Network& part, const fs::path& folder) {
  const fs::path file = folder / (part.name + ".pt");
  std::ostringstream bytes;
  try {
    torch::jit::Module module = traced(part);
    if (!agrees(module, part)) throw Error("what it does depends on the values or the number of its input");
    module.save(bytes);
  } catch (const c10::Error& error) {
    throw Error(file.string() + ": cannot be traced: " + first_line(error.what_without_backtrace()));
  } catch (const std::exception& error) {
    throw Error(file.string() + ": cannot be traced: " + first_line(error.what()));
  }
  write_atomically(file, std::move(bytes).str());
  std::cout << file.string() << '\n';
}

}  // namespace

int torchscript(const fs::path& run_folder, const fs::path& folder) {
  const at::NoGradGuard no_gradients;
  use_fused_kernels(false);  // theirs are no operations that a trace can record
  Assembly a = std::move(load_trained(run_folder).assembly);
  a.model.set_training(false);
  for (const auto& [name, t] : a.model.named_parameters())
    t.requires_grad_(false);  // those of the likelihood become constants

  const Tensor some = a.source->batch(Part::test, 0, 3, Rng(0)).input,
               others = a.source->batch(Part::test, 0, 8, Rng(0)).input;
  const Function encode = [&](const Tensor& x) -> std::vector<Tensor> {
    const auto q = a.model.encoder->encode(x);
    const auto normal = q->diagonal_normal();
    return normal ? std::vector{normal->mean, normal->log_scale.exp()} : std::vector{q->mean()};
  };
  const Function decode_raw = [&](const Tensor& z) -> std::vector<Tensor> { return {a.model.decoder->decode(z)}; };
  const Function mean = [&](const Tensor& raw) -> std::vector<Tensor> {
    return {a.model.likelihood->mean(Theta(a.model.likelihood->params(), raw.unsqueeze(0))).squeeze(0)};
  };
  try {
    write({"encoder", *a.model.encoder, encode, some, others}, folder);
  } catch (const Error& error) {
    std::cout << error.what() << '\n';  // the decoder may do without
  }
  const Tensor code = a.model.encoder->encode(some)->mean(), codes = a.model.encoder->encode(others)->mean();
  write({"decoder", *a.model.decoder, decode_raw, code, codes}, folder);
  if (!a.model.likelihood->has_mean()) {
    std::cout << a.model.likelihood->label() << ": has no mean of x; mean.pt is left out\n";
    return 0;
  }
  // The likelihood splits the parameters of so and so many data: what is recorded is of that many, so of one.
  const Tensor raw = a.model.decoder->decode(codes);
  write({"mean", *a.model.likelihood, mean, raw.narrow(0, 0, 1), raw.narrow(0, 1, 1)}, folder);
  return 0;
}

}  // namespace elbo::worker
