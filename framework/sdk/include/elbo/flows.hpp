// Invertible maps of latents with the log-determinants of their Jacobians: what flow priors and flow posteriors are made of.
// Functions of tensors throw c10::Error, libtorch's exception, where shapes do not fit together; the rest throws nothing.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include <elbo/model.hpp>
#include <elbo/options.hpp>

namespace elbo {

/// Where a map has taken z, and log |det dz'/dz|.
struct Mapped {
  Tensor z;        // [S, B, L]
  Tensor log_det;  // [S, B]
};

class ELBO_EXPORT Flow : public Module {
 public:
  ~Flow() override;
  /// z [S, B, L]; context [B, C], what the map depends on beside z, is undefined for a flow made with C = 0.
  virtual Mapped forward(const Tensor& z, const Tensor& context) const = 0;
  /// The way back, with log_det of the way back.
  virtual Mapped inverse(const Tensor& z, const Tensor& context) const = 0;
};

/// z + u' tanh(w z + b), u' = u moved along w until w u' > -1 (Rezende & Mohamed 2015, appendix A); u, w [B, L], b [B].
ELBO_EXPORT Mapped planar(const Tensor& z, const Tensor& u, const Tensor& w, const Tensor& b);
/// Its inverse: one monotone equation for each z, solved by bisection; the gradient is exact.
ELBO_EXPORT Mapped planar_inverse(const Tensor& z, const Tensor& u, const Tensor& w, const Tensor& b);
/// z - 2 v (v z) / |v|^2, its own inverse; v [B, L] (Tomczak & Welling 2016).
ELBO_EXPORT Mapped householder(const Tensor& z, const Tensor& v);
/// g z + (1 - g) shift with g = sigmoid(gate), all [S, B, L] (Kingma et al. 2016).
ELBO_EXPORT Mapped gated(const Tensor& z, const Tensor& shift, const Tensor& gate);

/// Planar and householder flows, whose parameters are linear in the context.
ELBO_EXPORT std::shared_ptr<Flow> planar_flow(int64_t latents, int64_t context, Rng rng);
ELBO_EXPORT std::shared_ptr<Flow> householder_flow(int64_t latents, int64_t context, Rng rng);

/// Every second latent becomes e^s z + t, s and t networks of the others and of the context (Dinh et al. 2017); begins as
/// the identity. |s| < 3. `odd` says which half moves.
ELBO_EXPORT std::shared_ptr<Flow> coupling_flow(int64_t latents, int64_t context, const std::vector<int64_t>& hidden,
                                                bool odd, Rng rng);

/// Each latent becomes e^s z + t, s and t masked networks (MADE, Germain et al. 2015) of the latents before it, or after
/// it when `reversed`: one pass forward, L passes back (Papamakarios et al. 2017); begins as the identity. |s| < 3.
ELBO_EXPORT std::shared_ptr<Flow> autoregressive_flow(int64_t latents, int64_t context,
                                                      const std::vector<int64_t>& hidden, bool reversed, Rng rng);
/// The same with gated steps, whose gates begin at sigmoid(2), near the identity (Kingma et al. 2016).
ELBO_EXPORT std::shared_ptr<Flow> inverse_autoregressive_flow(int64_t latents, int64_t context,
                                                              const std::vector<int64_t>& hidden, bool reversed,
                                                              Rng rng);

/// The distribution of flows(z), z ~ base(z|x), with one context [B, C] for all. log_prob goes through the inverses.
ELBO_EXPORT std::unique_ptr<Posterior> flow_posterior(std::unique_ptr<Posterior> base,
                                                      std::vector<std::shared_ptr<Flow>> flows, Tensor context);

/// The options of a flow prior.
struct FlowPriorConfig {
  int64_t steps = 6;
  std::vector<int64_t> hidden = {64};
};

/// p(z) = N(u; 0, I) |det du/dz| with u = the flows of z, one after the other. Draws go through the inverses.
class ELBO_EXPORT FlowPrior : public Prior {
 public:
  using Config = FlowPriorConfig;
  using Step = std::shared_ptr<Flow>(int64_t latents, int64_t context, const std::vector<int64_t>& hidden,
                                     bool other_way, Rng rng);

  FlowPrior(int64_t latents, const std::vector<std::shared_ptr<Flow>>& flows);
  /// Flows of one kind, every second one the other way.
  FlowPrior(const FlowPriorConfig& config, const Context& context, Step* step);
  ~FlowPrior() override;

  static void describe(Options<FlowPriorConfig>& o);

 private:
  Tensor do_log_prob(const Tensor& z) const override;
  Tensor do_sample(int64_t n, Rng& rng) const override;

  int64_t latents_;
  std::vector<std::shared_ptr<Flow>> flows_;
};

}  // namespace elbo
