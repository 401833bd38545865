// A diagonal normal posterior about which one thing is wrong: what `fault` names.
#include <elbo/sdk.hpp>

#include "planted_faults/float32_gradient.hpp"

namespace {
using elbo::Tensor, elbo::Sample, elbo::Rng;

class Wrong final : public elbo::Posterior {
 public:
  Wrong(Tensor mean, Tensor log_scale, std::string fault, bool training)
      : mean_(std::move(mean)), log_scale_(std::move(log_scale)), fault_(std::move(fault)), training_(training) {}

  Sample draw(int64_t samples, Rng& rng) const override {
    const Tensor scale = is("weak_in_float32") ? planted::weak_in_float32(log_scale_.exp()) : log_scale_.exp();
    const Tensor eps = noise(samples, rng), z = mean_ + scale * eps;
    if (is("scores_from_z")) return {z, density(z)};
    if (is("divides_by_the_variance"))
      return {z, -(0.5 * (z - mean_).square() / (2 * log_scale_).exp() + log_scale_ + elbo::half_log_2pi).sum(2)};
    if (is("average_over_latents")) return {z, density_of(eps).mean(2)};
    if (is("no_jacobian")) return {mean_ + log_scale_.exp() * eps.sinh(), density_of(eps).sum(2)};
    return {z, density_of(eps).sum(2)};
  }

  Tensor mean() const override {
    if (is("detached_mean")) return mean_.detach();
    return is("mean_beside") ? mean_ + 0.3 * log_scale_.exp() : mean_;
  }

  std::optional<Tensor> log_prob(const Tensor& z) const override {
    if (is("only_draws") || is("average_over_latents") || is("no_jacobian") || is("family_of_another") ||
        is("uniform_for_normal"))
      return {};
    if (is("floored") || is("plain_floored")) return density(z).clamp_min(-60);
    return density(is("detached_given") ? z.detach() : z);
  }

  std::optional<elbo::DiagonalNormalParams> diagonal_normal() const override {
    if (is("family_of_another")) return {{mean_, log_scale_ - 0.05}};
    if (is("detached_family")) return {{mean_.detach(), log_scale_.detach()}};
    if (fault_.starts_with("plain_") || is("only_draws") || is("average_over_latents") || is("no_jacobian") ||
        is("correlated") || is("uniform_for_normal"))
      return {};
    return {{mean_, log_scale_}};
  }

  std::optional<elbo::FullNormalParams> full_normal() const override {
    if (!is("half_diagonal")) return {};
    return {{mean_, log_scale_.exp().diag_embed(), log_scale_ / 2}};
  }

 private:
  bool is(const char* fault) const { return fault_ == fault; }

  // Correlated: the draws are, with 0.1 between neighbours, and the density is that of independent latents.
  Tensor noise(int64_t samples, Rng& rng) const {
    Rng own = rng.like(mean_.detach());
    const int64_t batch = mean_.size(0), latents = mean_.size(1);
    const Tensor eps = own.normal({samples, batch, latents});
    if (is("narrow") || is("only_draws") || is("plain_narrow")) return eps * 0.6;
    if (is("narrow_alone") && samples == 1) return eps * 0.9;
    if (is("narrow_in_training") && training_) return eps * 0.9;
    if (is("clamped") || is("plain_clamped")) return eps * log_scale_.clamp_min(-3).exp() / log_scale_.exp();
    if (is("one_for_all_latents")) return eps.slice(2, 0, 1).expand_as(eps);
    if (is("wide") || is("plain_wide")) return eps * 1.05;
    if (is("shifted") || is("plain_shifted")) return eps + 0.05;
    if (is("one_of_many"))
      return latents > 3 ? elbo::cat({eps.slice(2, 0, latents - 1), eps.slice(2, latents - 1) * 1.1}, 2) : eps;
    if (is("correlated") && latents > 1)
      return elbo::cat({eps.slice(2, 0, 1), 0.1 * eps.slice(2, 0, 1) + 0.99499 * eps.slice(2, 1, 2), eps.slice(2, 2)},
                       2);
    if (is("pairs")) return eps.index_select(0, (elbo::arange(samples, eps) / 2).floor().to(at::kLong));
    if (is("antithetic"))
      return eps.index_select(0, (elbo::arange(samples, eps) / 2).floor().to(at::kLong)) *
             (1 - 2 * elbo::arange(samples, eps).remainder(2)).view({-1, 1, 1});
    if (is("one_for_all_data"))
      return own.for_data(elbo::zeros({batch}).to(at::kLong)).normal({samples, batch, latents});
    if (is("same_size"))
      return eps.index_select(0, (elbo::arange(samples, eps) / 2).floor().to(at::kLong)).abs() *
             (own.uniform(eps.sizes().vec()) - 0.5).sign() * (1 + 1e-6 * eps);
    if (is("cut_off")) return eps.clamp(-1.5, 1.5);
    if (is("uniform_for_normal")) return (eps * 0.70710678).erf() * 1.7320508;
    return eps;
  }

  Tensor density_of(const Tensor& eps) const { return -(0.5 * eps.square() + log_scale_ + elbo::half_log_2pi); }
  Tensor density(const Tensor& z) const { return density_of((z - mean_) / log_scale_.exp()).sum(2); }

  Tensor mean_, log_scale_;
  std::string fault_;
  bool training_;
};

/// Two components side by side. Which one a sample is of follows their weights; of that choice the sample has no gradient.
class ChosenComponent final : public elbo::Posterior {
 public:
  ChosenComponent(Tensor mean, Tensor log_scale, Tensor logit)
      : mean_(std::move(mean)), log_scale_(std::move(log_scale)), logit_(std::move(logit)) {}

  Sample draw(int64_t samples, Rng& rng) const override {
    Rng own = rng.like(mean_.detach());
    const int64_t batch = mean_.size(0);
    const Tensor second = own.uniform({samples, batch, 1}) < logit_.sigmoid();
    const Tensor z =
        mean_ + elbo::where(second, gap(), -gap()) + log_scale_.exp() * own.normal({samples, batch, mean_.size(1)});
    return {z, *log_prob(z)};
  }
  Tensor mean() const override { return mean_ + gap() * (logit_ / 2).tanh(); }
  std::optional<Tensor> log_prob(const Tensor& z) const override {
    const Tensor l = logit_.squeeze(1);
    return elbo::log_add_exp(
        *elbo::posteriors::diagonal_normal(mean_ + gap(), log_scale_)->log_prob(z) - elbo::softplus(-l),
        *elbo::posteriors::diagonal_normal(mean_ - gap(), log_scale_)->log_prob(z) - elbo::softplus(l));
  }

 private:
  Tensor gap() const { return 1.5 * log_scale_.exp(); }
  Tensor mean_, log_scale_, logit_;  // [B, L], [B, L], [B, 1]
};

class WrongPosterior final : public elbo::Encoder {
 public:
  struct Config {
    std::string fault = "none";
    bool turned = false;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("fault", &Config::fault, "what is wrong");
    o.add("turned", &Config::turned, "where the fault is \"narrow_when_turned\", samples are narrow");
  }
  WrongPosterior(const Config& config, const elbo::Context& context)
      : fault_(config.fault == "narrow_when_turned" && config.turned ? "narrow" : config.fault),
        hidden_(part("hidden", std::make_shared<elbo::nn::Linear>(elbo::numel(context.observation.shape), 16,
                                                                  context.rng.fork("hidden")))),
        mean_(part("mean", std::make_shared<elbo::nn::Linear>(16, context.latent_dim, context.rng.fork("mean")))),
        log_scale_(part("log_scale",
                        std::make_shared<elbo::nn::Linear>(16, context.latent_dim, context.rng.fork("log_scale")))) {
    if (fault_ == "chosen_component")
      logit_ = part("logit", std::make_shared<elbo::nn::Linear>(16, 1, context.rng.fork("logit")));
  }

 private:
  std::unique_ptr<elbo::Posterior> do_encode(const Tensor& x) override {
    const Tensor h = hidden_->forward(x.flatten(1), "tanh");
    if (logit_) return std::make_unique<ChosenComponent>(mean_->forward(h), log_scale_->forward(h), logit_->forward(h));
    return std::make_unique<Wrong>(mean_->forward(h), log_scale_->forward(h), fault_, training());
  }

  std::string fault_;
  std::shared_ptr<elbo::nn::Linear> hidden_, mean_, log_scale_, logit_;
};

}  // namespace

ELBO_ENCODER(wrong_posterior, WrongPosterior, "a normal posterior with one fault");
