#include "benchmarks/eager.hpp"

#include <torch/nn.h>
#include <torch/optim/adam.h>

#include <cmath>

namespace elbo::bench {
namespace {

torch::nn::Sequential body(int64_t in, const std::vector<int64_t>& hidden) {
  torch::nn::Sequential layers;
  for (const int64_t out : hidden) {
    layers->push_back(torch::nn::Linear(in, out));
    layers->push_back(torch::nn::Tanh());
    in = out;
  }
  return layers;
}

constexpr double half_log_2pi = 0.91893853320467274178;

}  // namespace

struct Eager::Parts {
  Workload workload;
  torch::nn::Sequential encoder, decoder;
  torch::nn::Linear mean, log_scale, out;
  Tensor images;
  std::unique_ptr<torch::optim::Adam> adam;

  explicit Parts(const Workload& w)
      : workload(w),
        encoder(body(pixels, w.encoder)),
        decoder(body(w.latent_dim, w.decoder)),
        mean(w.encoder.back(), w.latent_dim),
        log_scale(w.encoder.back(), w.latent_dim),
        out(w.decoder.back(), pixels),
        images(torch::rand({20000, pixels}).pow(4)) {
    std::vector<Tensor> parameters;
    const auto take = [&](const std::vector<Tensor>& more) {
      parameters.insert(parameters.end(), more.begin(), more.end());
    };
    for (const auto& layers : {encoder, decoder}) take(layers->parameters());
    for (const auto& layer : {mean, log_scale, out}) take(layer->parameters());
    adam = std::make_unique<torch::optim::Adam>(parameters, torch::optim::AdamOptions(1e-3));
  }

  Tensor objective(const Tensor& x) {
    const Tensor h = encoder->forward(x), m = mean->forward(h), s = log_scale->forward(h);
    const Tensor eps = torch::randn({workload.samples, x.size(0), workload.latent_dim}), z = m + s.exp() * eps;
    const Tensor logits = out->forward(decoder->forward(z.flatten(0, 1))).view({workload.samples, x.size(0), pixels});
    const Tensor log_p =
        -torch::binary_cross_entropy_with_logits(logits, x.expand_as(logits), {}, {}, at::Reduction::None).sum(2);
    if (workload.bound == "iwae") {
      const Tensor log_prior = -(0.5 * z.square() + half_log_2pi).sum(2);
      const Tensor log_q = -(0.5 * eps.square() + s + half_log_2pi).sum(2);
      return torch::logsumexp(log_p + log_prior - log_q, 0) - std::log(static_cast<double>(workload.samples));
    }
    const Tensor kl = -0.5 * (1 + 2 * s - m.square() - (2 * s).exp()).sum(1);
    return log_p.mean(0) - kl;
  }
};

Eager::Eager(const Workload& workload) : parts_(std::make_unique<Parts>(workload)) {}
Eager::~Eager() = default;

void Eager::step(const Tensor& ids) {
  Parts& p = *parts_;
  const Tensor x = torch::bernoulli(p.images.index_select(0, ids));
  const Tensor loss = -p.objective(x).mean();
  p.adam->zero_grad();
  loss.backward();
  p.adam->step();
}

}  // namespace elbo::bench
