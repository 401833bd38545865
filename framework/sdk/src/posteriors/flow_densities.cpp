// Distributions made of flows: a posterior and a prior.
#include <ATen/core/grad_mode.h>

#include <elbo/coders.hpp>
#include <elbo/flows.hpp>
#include <elbo/tensor.hpp>

namespace elbo {
namespace {

using Flows = std::vector<std::shared_ptr<Flow>>;

class FlowPosterior final : public Posterior {
 public:
  FlowPosterior(std::unique_ptr<Posterior> base, Flows flows, Tensor context)
      : base_(std::move(base)),
        flows_(std::move(flows)),
        context_(std::move(context)),
        is_fixed_(!at::GradMode::is_enabled()) {}

  Sample draw(int64_t samples, Rng& rng) const override {
    Sample draw = base_->draw(samples, rng);
    for (const auto& flow : flows_) {
      const Mapped m = flow->forward(draw.z, context_);
      draw = {m.z, draw.log_prob - m.log_det};
    }
    return draw;
  }

  Tensor mean() const override {
    Tensor z = base_->mean();
    if (!z.defined()) return z;
    z = z.unsqueeze(0);
    for (const auto& flow : flows_) z = flow->forward(z, context_).z;
    return z.squeeze(0);
  }

  // A posterior encoded without gradients stays without them, but for z: the flows' own parameters are held as well.
  std::optional<Tensor> log_prob(const Tensor& z) const override {
    std::vector<const Module*> modules;
    for (const auto& flow : flows_) modules.push_back(flow.get());
    const HeldFixed held(modules, is_fixed_);
    Tensor u = z, log_det = zeros({z.size(0), z.size(1)}, z);
    for (auto flow = flows_.rbegin(); flow != flows_.rend(); ++flow) {
      const Mapped m = (*flow)->inverse(u, context_);
      u = m.z;
      log_det = log_det + m.log_det;
    }
    const auto base = base_->log_prob(u);
    if (!base) return {};
    return *base + log_det;
  }

 private:
  std::unique_ptr<Posterior> base_;
  Flows flows_;
  Tensor context_;
  bool is_fixed_;
};

Flows steps(const FlowPriorConfig& config, const Context& context, FlowPrior::Step* step) {
  Flows all;
  for (int64_t i = 0; i < config.steps; ++i)
    all.push_back(
        step(context.latent_dim, 0, config.hidden, i % 2 == 1, context.rng.fork("flow", static_cast<uint64_t>(i))));
  return all;
}

}  // namespace

std::unique_ptr<Posterior> flow_posterior(std::unique_ptr<Posterior> base, Flows flows, Tensor context) {
  return std::make_unique<FlowPosterior>(std::move(base), std::move(flows), std::move(context));
}

FlowPrior::FlowPrior(int64_t latents, const Flows& flows) : latents_(latents), flows_(flows) {
  for (size_t i = 0; i < flows.size(); ++i) part(std::to_string(i), flows[i]);
}

FlowPrior::FlowPrior(const FlowPriorConfig& config, const Context& context, Step* step)
    : FlowPrior(context.latent_dim, steps(config, context, step)) {}

void FlowPrior::describe(Options<FlowPriorConfig>& o) {
  o.add("steps", &FlowPriorConfig::steps, "maps one after the other, every second one the other way about")
      .range(1, 64);
  o.add("hidden", &FlowPriorConfig::hidden, "units of each hidden layer of the networks inside").range(1, 1e4);
}

FlowPrior::~FlowPrior() = default;

Tensor FlowPrior::do_log_prob(const Tensor& z) const {
  Mapped all{z, zeros({z.size(0), z.size(1)}, z)};
  for (const auto& flow : flows_) {
    const Mapped m = flow->forward(all.z, {});
    all = {m.z, all.log_det + m.log_det};
  }
  return all.log_det - (0.5 * all.z.square() + half_log_2pi).sum(2);
}

Tensor FlowPrior::do_sample(int64_t n, Rng& rng) const {
  Tensor z = rng.normal({1, n, latents_});
  for (auto flow = flows_.rbegin(); flow != flows_.rend(); ++flow) z = (*flow)->inverse(z, {}).z;
  return z.squeeze(0);
}

}  // namespace elbo
