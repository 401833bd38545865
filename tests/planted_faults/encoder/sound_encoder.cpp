// Nothing is wrong with any of these: networks and posteriors that are unlike the shipped ones.
#include <ATen/ops/dropout.h>
#include <ATen/ops/softmax.h>
#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Sample, elbo::Rng, elbo::Tensor, elbo::nn::Linear;

/// Dependent latents, by a class of its own.
class Full final : public elbo::Posterior {
 public:
  Full(Tensor mean, Tensor scale) : mean_(std::move(mean)), scale_(std::move(scale)) {}
  Sample draw(int64_t samples, Rng& rng) const override {
    const Tensor eps = rng.like(mean_.detach()).normal({samples, mean_.size(0), mean_.size(1)});
    const Tensor z = mean_ + scale_.matmul(eps.unsqueeze(3)).squeeze(3);
    return {z, -(0.5 * eps.square() + elbo::half_log_2pi).sum(2) - log_diagonal().sum(1)};
  }
  Tensor mean() const override { return mean_; }
  std::optional<elbo::FullNormalParams> full_normal() const override { return {{mean_, scale_, log_diagonal()}}; }

 private:
  Tensor log_diagonal() const { return scale_.diagonal(0, 1, 2).log(); }
  Tensor mean_, scale_;
};

/// z = u + a sinh(u) of a normal u: nobody can score a z that is given.
class Bent final : public elbo::Posterior {
 public:
  Bent(Tensor mean, Tensor log_scale) : mean_(std::move(mean)), log_scale_(std::move(log_scale)) {}
  Sample draw(int64_t samples, Rng& rng) const override {
    Sample base = elbo::posteriors::diagonal_normal(mean_, log_scale_)->draw(samples, rng);
    return {base.z + 0.2 * base.z.sinh(), base.log_prob - (1 + 0.2 * base.z.cosh()).log().sum(2)};
  }
  Tensor mean() const override { return mean_ + 0.2 * mean_.sinh(); }

 private:
  Tensor mean_, log_scale_;
};

/// Two modes far apart on the first latent.
class TwoModes final : public elbo::Posterior {
 public:
  TwoModes(Tensor mean, Tensor log_scale) : mean_(std::move(mean)), log_scale_(std::move(log_scale)) {}
  Sample draw(int64_t samples, Rng& rng) const override {
    Rng own = rng.like(mean_.detach());
    const Tensor side = (own.uniform({samples, mean_.size(0), 1}) - 0.5).sign();
    const Tensor eps = own.normal({samples, mean_.size(0), mean_.size(1)});
    const Tensor z = mean_ + side * offset() + log_scale_.exp() * eps;
    return {z, *log_prob(z)};
  }
  Tensor mean() const override { return mean_; }
  std::optional<Tensor> log_prob(const Tensor& z) const override {
    return elbo::log_add_exp(*elbo::posteriors::diagonal_normal(mean_ + offset(), log_scale_)->log_prob(z),
                             *elbo::posteriors::diagonal_normal(mean_ - offset(), log_scale_)->log_prob(z)) -
           elbo::log_2;
  }

 private:
  Tensor offset() const { return 6 * log_scale_.exp() * (elbo::arange(mean_.size(1), mean_.detach()) == 0); }
  Tensor mean_, log_scale_;
};

/// Two components on the first latent, of weights that the network gives. Samples invert the distribution function, so that they move
/// with the weights too.
class Mixture final : public elbo::Posterior {
 public:
  Mixture(Tensor mean, Tensor log_scale, Tensor logit)
      : mean_(std::move(mean)), log_scale_(std::move(log_scale)), logit_(std::move(logit)) {}
  Sample draw(int64_t samples, Rng& rng) const override {
    Rng own = rng.like(mean_.detach());
    const int64_t batch = mean_.size(0), latents = mean_.size(1);
    const Tensor rank = own.uniform({samples, batch, 1}), eps = own.normal({samples, batch, latents});
    const Tensor t = elbo::cat({placed(rank), eps.slice(2, 1)}, 2), z = mean_ + log_scale_.exp() * t;
    return {z, *log_prob(z)};
  }
  Tensor mean() const override { return mean_ + offset() * (logit_ / 2).tanh(); }
  std::optional<Tensor> log_prob(const Tensor& z) const override {
    const Tensor l = logit_.squeeze(1);
    return elbo::log_add_exp(
        *elbo::posteriors::diagonal_normal(mean_ + offset(), log_scale_)->log_prob(z) - elbo::softplus(-l),
        *elbo::posteriors::diagonal_normal(mean_ - offset(), log_scale_)->log_prob(z) - elbo::softplus(l));
  }

 private:
  static constexpr double half_gap = 1.5;  // in scales
  Tensor offset() const { return half_gap * log_scale_.exp() * (elbo::arange(mean_.size(1), mean_.detach()) == 0); }
  static Tensor of_two(const Tensor& weight, const Tensor& high, const Tensor& low) {
    return weight * high + (1 - weight) * low;
  }
  /// Where the standardised first latent has this rank, with the gradient of the inverse function.
  Tensor placed(const Tensor& rank) const {
    const Tensor weight = logit_.sigmoid();
    const auto below = [](const Tensor& u) { return ((u / std::sqrt(2)).erf() + 1) / 2; };
    const auto density = [](const Tensor& u) { return (u.square() / -2 - elbo::half_log_2pi).exp(); };
    const auto rank_of = [&](const Tensor& w, const Tensor& t) {
      return of_two(w, below(t - half_gap), below(t + half_gap));
    };
    Tensor low = rank * 0 - 12, high = rank * 0 + 12;
    for (int i = 0; i < 60; ++i) {
      const Tensor middle = (low + high) / 2, is_above = rank_of(weight.detach(), middle) > rank;
      low = elbo::where(is_above, low, middle), high = elbo::where(is_above, middle, high);
    }
    const Tensor t = (low + high) / 2, found = rank_of(weight, t);
    return t - (found - found.detach()) /
                   of_two(weight.detach(), density(t - half_gap), density(t + half_gap)).clamp_min(1e-30);
  }
  Tensor mean_, log_scale_, logit_;
};

/// Within (-1, 1)^L, which it does not declare.
class Squashed final : public elbo::Posterior {
 public:
  Squashed(Tensor mean, Tensor log_scale) : mean_(std::move(mean)), log_scale_(std::move(log_scale)) {}
  Sample draw(int64_t samples, Rng& rng) const override {
    const Sample base = elbo::posteriors::diagonal_normal(mean_, log_scale_)->draw(samples, rng);
    return {base.z.tanh(), base.log_prob - slope(base.z).sum(2)};
  }
  Tensor mean() const override { return mean_.tanh(); }

 private:
  static Tensor slope(const Tensor& u) { return 2 * (elbo::log_2 - u - elbo::softplus(-2 * u)); }
  Tensor mean_, log_scale_;
};

class SoundEncoder final : public elbo::Encoder {
 public:
  struct Config {
    std::string kind = "plain";
    std::string mode = "a";
    bool strict = false;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("kind", &Config::kind, "which");
    o.add("mode", &Config::mode, "a cannot be strict").one_of({"a", "b"});
    o.add("strict", &Config::strict, "only with mode b");
  }
  SoundEncoder(const Config& config, const elbo::Context& context)
      : kind_(config.kind), latents_(context.latent_dim), inputs_(elbo::numel(context.observation.shape)) {
    if (config.strict && config.mode == "a")
      throw elbo::UserError("strict = true goes with mode = \"b\"; expected it; set it");
    const auto linear = [&](const std::string& name, int64_t in, int64_t out) {
      return part(name, std::make_shared<Linear>(in, out, context.rng.fork(name)));
    };
    hidden_ = linear("hidden", is("gru") || is("attention") ? 6 : inputs_, is("gru") ? 3 * width : width);
    if (is("gru")) again_ = linear("again", width, 3 * width);
    if (is("attention")) again_ = linear("again", width, 3 * width);
    mean_ = linear("mean", width, latents_);
    log_scale_ = linear("log_scale", width, latents_);
    if (is("mixture")) logit_ = linear("logit", width, 1);
    if (is("full")) below_ = linear("below", width, latents_ * latents_);
    if (is("batch_norm"))
      running_mean_ = buffer("running_mean", elbo::zeros({width})),
      running_var_ = buffer("running_var", elbo::ones({width}));
  }

 private:
  static constexpr int64_t width = 12;
  bool is(const char* kind) const { return kind_ == kind; }

  /// Six values a step: one step for small data, in which the recurrent weights have nothing to do.
  std::vector<Tensor> steps(const Tensor& x) const {
    const int64_t missing = (6 - inputs_ % 6) % 6;
    const Tensor padded = missing ? elbo::cat({x.flatten(1), elbo::zeros({x.size(0), missing}, x)}, 1) : x.flatten(1);
    return padded.split(6, 1);
  }

  Tensor recurrent(const Tensor& x) const {
    Tensor h = elbo::zeros({x.size(0), width}, x);
    for (const Tensor& step : steps(x)) {
      const auto i = hidden_->forward(step).chunk(3, 1), g = again_->forward(h).chunk(3, 1);
      const Tensor reset = (i[0] + g[0]).sigmoid(), update = (i[1] + g[1]).sigmoid();
      h = update * h + (1 - update) * (i[2] + reset * g[2]).tanh();
    }
    return h;
  }

  Tensor attended(const Tensor& x) const {
    std::vector<Tensor> tokens;
    for (const Tensor& step : steps(x)) tokens.push_back(again_->forward(hidden_->forward(step, "tanh")));
    const auto qkv = elbo::stack(tokens, 1).chunk(3, 2);
    const Tensor weight = at::softmax(qkv[0].matmul(qkv[1].transpose(1, 2)) / 3.5, -1);
    return weight.matmul(qkv[2]).mean(1);
  }

  Tensor features(const Tensor& x) {
    if (is("gru")) return recurrent(x);
    if (is("attention")) return attended(x);
    const Tensor h = hidden_->forward(x.flatten(1), "tanh");
    if (is("dropout")) return at::dropout(h, 0.3, training());
    if (!is("batch_norm")) return h;
    if (training()) {
      running_mean_.detach().mul_(0.9).add_(h.detach().mean(0), 0.1);
      running_var_.detach().mul_(0.9).add_(h.detach().var(0, false), 0.1);
    }
    return (h - (training() ? h.mean(0) : running_mean_)) /
           ((training() ? h.var(0, false) : running_var_) + 1e-5).sqrt();
  }

  std::unique_ptr<elbo::Posterior> do_encode(const Tensor& x) override {
    const Tensor h = features(x), mean = mean_->forward(h), log_scale = elbo::soft_bound(log_scale_->forward(h), -7, 2);
    if (is("bent")) return std::make_unique<Bent>(mean, log_scale - 1);
    if (is("two_modes")) return std::make_unique<TwoModes>(mean, log_scale);
    if (is("mixture")) return std::make_unique<Mixture>(mean, log_scale, logit_->forward(h));
    if (is("squashed")) return std::make_unique<Squashed>(mean, log_scale);
    if (!is("full")) return elbo::posteriors::diagonal_normal(mean, log_scale);
    const Tensor all = below_->forward(h).view({x.size(0), latents_, latents_}).tril(-1);
    return std::make_unique<Full>(mean, all + log_scale.exp().diag_embed());
  }

  std::string kind_;
  int64_t latents_, inputs_;
  Tensor running_mean_, running_var_;
  std::shared_ptr<Linear> hidden_, again_, mean_, log_scale_, below_, logit_;
};

}  // namespace

ELBO_ENCODER(sound_encoder, SoundEncoder, "correct and unusual");
