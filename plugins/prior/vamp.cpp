// The mixture of the posteriors of learned pseudo-inputs (Tomczak & Welling 2018): the encoder's own idea of what data
// look like, instead of a distribution that is fixed beforehand.
#include <elbo/sdk.hpp>

#include <ATen/ops/arange.h>

#include <algorithm>
#include <cmath>

namespace {
using elbo::Tensor, elbo::Shape;

// Values of z against every pseudo-input that one pass without closed form may hold.
constexpr int64_t most_values = 1 << 24;

class Vamp final : public elbo::Prior {
 public:
  struct Config {
    int64_t pseudo_inputs = 500;
    std::string start = "data";
    double mean = 0.5;
    double noise = 0.01;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("pseudo_inputs", &Config::pseudo_inputs, "components of the mixture; each is encoded anew in every step")
        .range(1, 1e5);
    o.add("start", &Config::start, "the pseudo-inputs begin at training data (data), or at a number (mean)")
        .one_of({"data", "mean"});
    o.add("mean", &Config::mean, "where they begin, in the encoder's units: images go from 0 to 1")
        .range(-1e3, 1e3)
        .only_with("start", {"mean"});
    o.add("noise", &Config::noise, "standard deviation of the noise that is added to either start").range(0, 10);
  }
  Vamp(const Config& config, const elbo::Context& context)
      : config_(config), latent_dim_(context.latent_dim), encode_(context.encode) {
    if (!encode_)
      throw elbo::UserError("prior:vamp: it was given no encoder; expected one in its context; make it with a model");
    const Tensor noise =
        context.rng.fork("noise").normal(elbo::joined({1, config.pseudo_inputs}, context.observation.shape))[0];
    pseudo_inputs_ = parameter("pseudo_inputs", config.mean + config.noise * noise);
  }

 private:
  void do_init_from(const Tensor& x) override {
    if (config_.start == "mean" || x.size(0) == 0) return;
    const Tensor row = at::arange(config_.pseudo_inputs).remainder(x.size(0));
    pseudo_inputs_.detach().add_(x.index_select(0, row).to(pseudo_inputs_.options()) - config_.mean);
  }

  Tensor do_log_prob(const Tensor& z) const override {
    const auto q = encode_(pseudo_inputs_);
    const double log_k = std::log(static_cast<double>(config_.pseudo_inputs));
    if (const auto normal = q->diagonal_normal())
      return elbo::log_normal_mixture(z, elbo::full({config_.pseudo_inputs}, -log_k, z), normal->mean,
                                      normal->log_scale);
    const Tensor rows = z.reshape({-1, 1, latent_dim_});
    const int64_t chunk = std::max<int64_t>(1, most_values / (config_.pseudo_inputs * latent_dim_));
    std::vector<Tensor> parts;
    for (int64_t first = 0; first < rows.size(0); first += chunk) {
      const Tensor some = rows.slice(0, first, first + chunk).expand({-1, config_.pseudo_inputs, latent_dim_});
      const auto log_q = q->log_prob(some);
      if (!log_q)
        throw elbo::UserError(
            "prior:vamp: the encoder's posterior cannot be evaluated at a given z; expected one that can; "
            "choose another posterior or prior");
      parts.push_back(log_q->logsumexp(1) - log_k);
    }
    return elbo::cat(parts, 0).view({z.size(0), z.size(1)});
  }

  Tensor do_sample(int64_t n, elbo::Rng& rng) const override {
    const auto count = static_cast<double>(config_.pseudo_inputs);
    const Tensor k = (rng.uniform({1, n})[0] * count).toType(at::kLong).clamp_max(config_.pseudo_inputs - 1);
    return encode_(pseudo_inputs_.index_select(0, k))->draw(1, rng).z[0];
  }

  Config config_;
  int64_t latent_dim_;
  std::function<std::unique_ptr<elbo::Posterior>(const Tensor&)> encode_;
  Tensor pseudo_inputs_;  // [K, X...]
};

}  // namespace

ELBO_PRIOR(vamp, Vamp,
           "The mixture of the encoder's posteriors at learned pseudo-inputs: strong where data fall into kinds; KL by "
           "Monte Carlo");
