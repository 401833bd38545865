#include <ATen/core/grad_mode.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/linspace.h>
#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <elbo/networks.hpp>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <sstream>

#include "sdk/src/fused/fused.hpp"

#include "base/files.hpp"
#include "evaluate/metrics/reconstruction.hpp"
#include "model/forward.hpp"
#include "worker/assemble.hpp"
#include "worker/decoder_export.hpp"
#include "worker/sheets.hpp"
#include "worker/verbs.hpp"

namespace elbo::host::worker {
namespace fs = std::filesystem;
using torch::jit::IValue;
using torch::jit::Stack;
namespace {

constexpr int64_t most_weights = 1'000'000;  // 4 MB
constexpr double tolerance = 1e-5;           // of the range of values, to which the copy must agree
constexpr int64_t codes_probed = 256, codes_kept = 8;

/// Layers in order of registration; none when the shapes do not fit together.
std::vector<std::pair<Tensor, Tensor>> layers_of(const Decoder& decoder, int64_t in, int64_t out) {
  const NamedTensors all = decoder.named_parameters();
  std::vector<std::pair<Tensor, Tensor>> layers;
  int64_t width = in, weights = 0;
  for (size_t i = 0; i + 1 < all.size(); i += 2) {
    const Tensor &weight = all[i].second, &bias = all[i + 1].second;
    if (weight.dim() != 2 || bias.dim() != 1 || weight.size(1) != width || weight.size(0) != bias.size(0)) return {};
    width = weight.size(0);
    weights += weight.numel() + bias.numel();
    layers.emplace_back(weight.detach(), bias.detach());
  }
  const bool fits = all.size() % 2 == 0 && width == out && weights <= most_weights;
  return fits ? layers : decltype(layers)();
}

Tensor through(const std::vector<std::pair<Tensor, Tensor>>& layers, const std::string& activation, const Tensor& z) {
  Tensor h = z;
  for (size_t i = 0; i < layers.size(); ++i) {
    h = at::linear(h, layers[i].first, layers[i].second);
    if (i + 1 < layers.size()) h = nn::activation(activation, h);
  }
  return h;
}

double furthest(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

bool agree(const Tensor& a, const Tensor& b) {
  return furthest(a, b) <= tolerance * std::max(1.0, b.abs().max().item<double>());
}

/// Means [n, values] of raw outputs [n, outputs].
Tensor likelihood_means(const Model& model, const Tensor& raw) {
  return model.likelihood->mean(Theta(model.likelihood->params(), raw.unsqueeze(0))).squeeze(0).flatten(1);
}

/// The means when the outputs first .. first + values - 1 are all `value` and the others those of `others` [n, outputs].
Tensor means_with(const Model& model, const Tensor& others, int64_t first, int64_t values, const Tensor& value) {
  Tensor raw = others.clone();
  raw.narrow(1, first, values).copy_(value.expand({raw.size(0), values}));
  return likelihood_means(model, raw);
}

/// Whether the mean of each value is one function of one output, the same function for all.
bool depends_on_block(const Model& model, const Tensor& some_raw, int64_t first, int64_t values) {
  double before = std::nan("");
  for (const double probe : {-1.3, 0.2, 1.7}) {
    const Tensor means = means_with(model, some_raw.narrow(0, 0, 2), first, values, elbo::full({1}, probe, some_raw));
    const double low = means.min().item<double>(), high = means.max().item<double>();
    if (!(high - low <= tolerance * std::max(1.0, std::abs(high))) || high == before) return false;
    before = high;
  }
  return true;
}

std::optional<int64_t> block_of_the_mean(const Model& model, const Tensor& some_raw, int64_t values) {
  int64_t first = 0;
  for (const DecoderOutput& param : model.likelihood->params()) {
    if (numel(param.shape) == values && depends_on_block(model, some_raw, first, values)) return first;
    first += numel(param.shape);
  }
  return {};
}

std::vector<float> floats(const Tensor& t) {
  const Tensor flat = t.to(at::kCPU, at::kFloat).contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

void add_table(log::DecoderExport& chain, const Model& model, const Tensor& raw, int64_t values) {
  constexpr int64_t points = 4096;
  const Tensor block = raw.narrow(1, chain.first, values);
  const double low = block.min().item<double>(), high = block.max().item<double>(), margin = 0.25 * (high - low) + 1;
  const Tensor at = at::linspace(low - margin, high + margin, points, raw.options());
  const Tensor means =
      means_with(model, raw.narrow(0, 0, 1).expand({points, raw.size(1)}), chain.first, values, at.unsqueeze(1))
          .select(1, 0);
  const std::vector<float> from = floats(at), to = floats(means);
  chain.table_raw.assign(from.begin(), from.end());
  chain.table_mean.assign(to.begin(), to.end());
}

double looked_up(const log::DecoderExport& chain, double raw) {
  const auto& x = chain.table_raw;
  const auto above = std::upper_bound(x.begin() + 1, x.end() - 1, raw) - x.begin();
  const double share = (raw - x[above - 1]) / (x[above] - x[above - 1]);
  return chain.table_mean[above - 1] + share * (chain.table_mean[above] - chain.table_mean[above - 1]);
}

bool table_agrees(const log::DecoderExport& chain, const Tensor& raw, const Tensor& means) {
  const std::vector<float> from = floats(raw.narrow(1, chain.first, means.size(1))), to = floats(means);
  const double allowed = 5 * tolerance * (chain.white - chain.black);
  for (size_t i = 0; i < from.size(); ++i)
    if (!(std::abs(looked_up(chain, from[i]) - to[i]) <= allowed)) return false;
  return true;
}

std::optional<log::DecoderExport> copied(Model& model, const BatchSource& source) {
  const Shape observation = source.observation_model().observation.shape;
  const auto image = image_shape(observation);
  if (!image || model.prior->is_on_sphere() || !model.likelihood->has_mean() ||
      !source.observation_model().given.empty())
    return {};  // the codes to choose from fill their space, and nothing else is to be chosen
  const int64_t values = numel(observation);
  const auto layers = layers_of(*model.decoder, model.latent_dim, numel(model.likelihood->params()));
  if (layers.empty()) return {};

  Rng rng = source.rng(0).fork("chain");
  const Tensor z = model.prior->sample(codes_probed, rng);
  const Tensor raw = model.decoder->decode(z), means = likelihood_means(model, raw);
  const auto& known = nn::activations();
  const auto activation =
      std::find_if(known.begin(), known.end(), [&](const auto& name) { return agree(through(layers, name, z), raw); });
  const auto first = block_of_the_mean(model, raw, values);
  if (activation == known.end() || !first) return {};

  const observation::ValueRange range = value_range(source);
  log::DecoderExport chain{
      .activation = *activation, .first = *first, .black = range.low, .white = range.high, .image = *image};
  for (const auto& [weight, bias] : layers)
    chain.layers.push_back({weight.size(0), weight.size(1), floats(weight), floats(bias)});
  add_table(chain, model, raw, values);
  if (!table_agrees(chain, raw, means)) return {};
  chain.check_z = floats(z.narrow(0, 0, codes_kept));
  chain.check_mean = floats(means.narrow(0, 0, codes_kept));
  return chain;
}

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

std::optional<log::DecoderExport> decoder_export_of(Model& model, const BatchSource& source) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  auto chain = copied(model, source);
  model.set_training(true);
  return chain;
}

int torchscript(const Words& words) {
  const fs::path folder = words[1];
  const at::NoGradGuard no_gradients;
  use_fused_kernels(false);  // theirs are no operations that a trace can record
  Assembly a = std::move(load_trained(words[0]).assembly);
  a.model.set_training(false);
  for (const auto& [name, t] : a.model.named_parameters())
    t.requires_grad_(false);  // those of the likelihood become constants

  const Batch three = a.source->batch(Part::test, 0, 3, Rng(0)), eight = a.source->batch(Part::test, 0, 8, Rng(0));
  const Tensor &some = three.input, &others = eight.input;
  const Function encode = [&](const Tensor& x) -> std::vector<Tensor> {
    const auto q = a.model.encoder->encode(x);
    const auto normal = q->diagonal_normal();
    return normal ? std::vector{normal->mean, normal->log_scale.exp()} : std::vector{posterior_mean(a.model, *q)};
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
  const auto code_of = [&](const Batch& batch) {  // with what is given behind it
    const Tensor z = posterior_mean(a.model, *a.model.encoder->encode(batch.input));
    return with_condition(z.unsqueeze(0), batch.condition).squeeze(0);
  };
  const Tensor code = code_of(three), codes = code_of(eight);
  write({"decoder", *a.model.decoder, decode_raw, code, codes}, folder);
  // The likelihood splits the parameters of so and so many data: what is recorded is of that many, so of one.
  const Tensor raw = a.model.decoder->decode(codes);
  write({"mean", *a.model.likelihood, mean, raw.narrow(0, 0, 1), raw.narrow(0, 1, 1)}, folder);
  return 0;
}

}  // namespace elbo::host::worker
