#include "benchmarks/eager.hpp"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/adam.h>

#include <cmath>

namespace elbo::host::bench {
namespace {

namespace nn = torch::nn;

nn::Sequential layers(int64_t in, const std::vector<int64_t>& hidden) {
  nn::Sequential all;
  for (const int64_t out : hidden) {
    all->push_back(nn::Linear(in, out));
    all->push_back(nn::Tanh());
    in = out;
  }
  return all;
}

/// Of two convolutions that halve height and width, a multiple of 4.
nn::Sequential encoder(const Workload& w) {
  if (w.channels.empty()) return layers(w.values(), w.encoder);
  const int64_t first = w.channels[0], second = w.channels[1], innermost = w.shape[1] / 4 * (w.shape[2] / 4);
  return nn::Sequential(nn::Unflatten(nn::UnflattenOptions(1, w.shape)),
                        nn::Conv2d(nn::Conv2dOptions(w.shape[0], first, 3).stride(2).padding(1)), nn::ReLU(),
                        nn::Conv2d(nn::Conv2dOptions(first, second, 3).stride(2).padding(1)), nn::ReLU(), nn::Flatten(),
                        nn::Linear(second * innermost, w.encoder.back()), nn::ReLU());
}

nn::Sequential decoder(const Workload& w) {
  if (w.channels.empty()) {
    nn::Sequential all = layers(w.latent_dim, w.decoder);
    all->push_back(nn::Linear(w.decoder.back(), w.values()));
    return all;
  }
  const int64_t first = w.channels[0], second = w.channels[1], height = w.shape[1] / 4, width = w.shape[2] / 4;
  return nn::Sequential(
      nn::Linear(w.latent_dim, w.decoder.back()), nn::ReLU(), nn::Linear(w.decoder.back(), second * height * width),
      nn::Unflatten(nn::UnflattenOptions(1, {second, height, width})),
      nn::ConvTranspose2d(nn::ConvTranspose2dOptions(second, first, 4).stride(2).padding(1)), nn::ReLU(),
      nn::ConvTranspose2d(nn::ConvTranspose2dOptions(first, first, 4).stride(2).padding(1)), nn::ReLU(),
      nn::Conv2d(nn::Conv2dOptions(first, w.shape[0], 1)), nn::Flatten());
}

constexpr double normal_constant = 0.91893853320467274178;

}  // namespace

struct Eager::Parts {
  Workload workload;
  nn::Sequential encoder, decoder;
  nn::Linear mean, log_scale;
  Tensor images;
  std::unique_ptr<torch::optim::Adam> adam;

  Parts(const Workload& w, const at::Device& device)
      : workload(w),
        encoder(bench::encoder(w)),
        decoder(bench::decoder(w)),
        mean(w.encoder.back(), w.latent_dim),
        log_scale(w.encoder.back(), w.latent_dim),
        images(at::rand({w.images, w.values()}).pow(4).to(device)) {
    for (auto layers : {encoder, decoder}) layers->to(device);
    for (auto layer : {mean, log_scale}) layer->to(device);
    std::vector<Tensor> parameters;
    const auto take = [&](const std::vector<Tensor>& more) {
      parameters.insert(parameters.end(), more.begin(), more.end());
    };
    for (const auto& layers : {encoder, decoder}) take(layers->parameters());
    for (const auto& layer : {mean, log_scale}) take(layer->parameters());
    adam = std::make_unique<torch::optim::Adam>(parameters, torch::optim::AdamOptions(1e-3));
  }

  Tensor objective(const Tensor& x) {
    const Tensor h = encoder->forward(x), m = mean->forward(h), s = log_scale->forward(h);
    const Tensor eps = at::randn({workload.samples, x.size(0), workload.latent_dim}, x.options()),
                 z = m + s.exp() * eps;
    const Tensor logits = decoder->forward(z.flatten(0, 1)).view({workload.samples, x.size(0), workload.values()});
    const Tensor log_p =
        -at::binary_cross_entropy_with_logits(logits, x.expand_as(logits), {}, {}, at::Reduction::None).sum(2);
    if (workload.bound == "iwae") {
      const Tensor log_prior = -(0.5 * z.square() + normal_constant).sum(2);
      const Tensor log_q = -(0.5 * eps.square() + s + normal_constant).sum(2);
      return at::logsumexp(log_p + log_prior - log_q, 0) - std::log(static_cast<double>(workload.samples));
    }
    const Tensor kl = -0.5 * (1 + 2 * s - m.square() - (2 * s).exp()).sum(1);
    return log_p.mean(0) - kl;
  }
};

Eager::Eager(const Workload& workload, const at::Device& device) : parts_(std::make_unique<Parts>(workload, device)) {}
Eager::~Eager() = default;

void Eager::step(const Tensor& ids) {
  Parts& p = *parts_;
  const Tensor x = at::bernoulli(p.images.index_select(0, ids));
  const Tensor loss = -p.objective(x).mean();
  p.adam->zero_grad();
  loss.backward();
  p.adam->step();
}

}  // namespace elbo::host::bench
