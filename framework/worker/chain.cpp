#include "worker/chain.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/linspace.h>
#include <elbo/networks.hpp>

#include <algorithm>
#include <cmath>

#include "evaluate/metrics/reconstruction.hpp"
#include "worker/sheets.hpp"

namespace elbo::worker {
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
  for (const Param& param : model.likelihood->params()) {
    if (numel(param.shape) == values && depends_on_block(model, some_raw, first, values)) return first;
    first += numel(param.shape);
  }
  return {};
}

std::vector<float> floats(const Tensor& t) {
  const Tensor flat = t.to(at::kCPU, at::kFloat).contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

void add_table(log::Chain& chain, const Model& model, const Tensor& raw, int64_t values) {
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

double looked_up(const log::Chain& chain, double raw) {
  const auto& x = chain.table_raw;
  const auto above = std::upper_bound(x.begin() + 1, x.end() - 1, raw) - x.begin();
  const double share = (raw - x[above - 1]) / (x[above] - x[above - 1]);
  return chain.table_mean[above - 1] + share * (chain.table_mean[above] - chain.table_mean[above - 1]);
}

bool table_agrees(const log::Chain& chain, const Tensor& raw, const Tensor& means) {
  const std::vector<float> from = floats(raw.narrow(1, chain.first, means.size(1))), to = floats(means);
  const double allowed = 5 * tolerance * (chain.white - chain.black);
  for (size_t i = 0; i < from.size(); ++i)
    if (!(std::abs(looked_up(chain, from[i]) - to[i]) <= allowed)) return false;
  return true;
}

std::optional<log::Chain> copied(Model& model, const BatchSource& source) {
  const Shape observation = source.observation_model().observation.shape;
  const auto image = image_shape(observation);
  if (!image || model.prior->is_on_sphere() || !model.likelihood->has_mean())
    return {};  // the codes to choose from fill their space
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
  log::Chain chain{
      .activation = *activation, .first = *first, .black = range.low, .white = range.high, .image = *image};
  for (const auto& [weight, bias] : layers)
    chain.layers.push_back({weight.size(0), weight.size(1), floats(weight), floats(bias)});
  add_table(chain, model, raw, values);
  if (!table_agrees(chain, raw, means)) return {};
  chain.check_z = floats(z.narrow(0, 0, codes_kept));
  chain.check_mean = floats(means.narrow(0, 0, codes_kept));
  return chain;
}

}  // namespace

std::optional<log::Chain> chain_of(Model& model, const BatchSource& source) {
  const at::NoGradGuard no_gradients;
  model.set_training(false);
  auto chain = copied(model, source);
  model.set_training(true);
  return chain;
}

}  // namespace elbo::worker
