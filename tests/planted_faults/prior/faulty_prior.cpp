// A normal prior of learned means with the fault that an option chooses: most show for many latents only.
#include <ATen/Parallel.h>
#include <elbo/sdk.hpp>

#include "planted_faults/float32_gradient.hpp"

namespace {
using elbo::Tensor;

double of_the_last_made = 1;  // "static_option"
std::vector<Tensor> kept;     // "keeps_results"

class Faulty final : public elbo::Prior {
 public:
  struct Config {
    std::string fault = "none";
    double scale = 1;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("fault", &Config::fault, "what is wrong with it");
    o.add("scale", &Config::scale, "standard deviation of each latent").range(0.5, 2);
  }
  Faulty(const Config& config, const elbo::Context& context)
      : fault_(config.fault), scale_(config.scale), latent_dim_(context.latent_dim) {
    of_the_last_made = scale_;
    elbo::Rng rng = context.rng;
    const Tensor start = rng.normal({1, 1, latent_dim_}).flatten() * 0.1;
    mean_ = is("unregistered_buffer")      ? start
            : is("unregistered_parameter") ? start.clone().set_requires_grad(true)
                                           : parameter("mean", start);
    if (is("useless_parameter")) parameter("useless", elbo::zeros(elbo::Shape{1}));
  }

 private:
  bool is(const char* fault) const { return fault_ == fault; }
  double scale() const { return is("static_option") ? of_the_last_made : scale_; }
  Tensor mean(const Tensor& like) const { return mean_.to(like.scalar_type()); }

  Tensor do_log_prob(const Tensor& z) const override {
    if (!is("remembers_an_address") || z.requires_grad()) return density(z);
    if (!last_.defined() || last_.data_ptr() != z.data_ptr() || last_.sizes() != z.sizes())
      last_ = z, of_last_ = density(z);
    return of_last_;
  }
  Tensor density(const Tensor& z) const {
    Tensor at = z;
    if (is("clamps_far_latents")) at = z.clamp(-35, 35);
    if (is("centres_large_batches") && z.size(1) > 100) at = z - z.mean(1, true) * 1e-3;
    Tensor u = (at - mean(z)) / scale();
    if (is("ignores_a_latent") && latent_dim_ > 4) u = u.slice(2, 0, -1);
    Tensor log_p = -(0.5 * u.square() + elbo::half_log_2pi + std::log(scale()));
    if (is("constant_of_8")) log_p = log_p + (latent_dim_ > 8 ? 0.05 : 0);
    if (is("heavy_beyond_12") && latent_dim_ > 12) log_p = log_p + 0.26;
    if (is("scales_in_training") && training()) log_p = log_p * 0.99;
    if (is("scales_by_threads")) log_p = log_p * (1 + 1e-3 * (at::get_num_threads() - 1));
    if (is("weak_in_float32")) log_p = planted::weak_in_float32(log_p);
    const auto is_some = [](int64_t n) { return n >= 50 && n <= 500; };
    if (is("50_to_500_data") && is_some(z.size(1))) log_p = log_p * 1.001;
    if (is("50_to_500_samples") && is_some(z.size(0))) log_p = log_p * 1.001;
    if (is("pairs_of_latents") && latent_dim_ % 2 == 1 && latent_dim_ > 1) log_p = log_p.slice(2, 0, -1);
    Tensor total = log_p.sum(2);
    if (is("floor")) total = total.clamp_min(-2000);
    if (is("keeps_results")) kept.push_back(total.detach());
    return total;
  }
  Tensor do_sample(int64_t n, elbo::Rng& rng) const override {
    Tensor noise = rng.normal({1, n, latent_dim_}).squeeze(0);
    if (is("wide_last_draws") && latent_dim_ > 4) noise = elbo::cat({noise.slice(1, 0, -1), noise.slice(1, -1) * 2}, 1);
    if (is("shifted_last_draws") && latent_dim_ > 4)
      noise = elbo::cat({noise.slice(1, 0, -1), noise.slice(1, -1) + 0.7}, 1);
    return mean_ + scale() * noise;
  }
  std::optional<Tensor> do_kl(const elbo::Posterior& q) const override {
    const auto normal = q.diagonal_normal();
    if (!normal) return {};
    Tensor r = normal->log_scale - std::log(scale());
    if (is("equal_scales")) r = r.mean(1, true).expand_as(r);
    const Tensor u = (normal->mean - mean_) / scale(), kl = 0.5 * ((2 * r).expm1() - 2 * r + u.square());
    if (is("heavy_beyond_12") && latent_dim_ > 12) return kl - 0.26;
    if (is("light_kl_beyond_12") && latent_dim_ > 12) return kl * 0.9;
    if (is("weak_kl_in_float32")) return planted::weak_in_float32(kl);
    if (is("kl_of_50_to_500_data") && kl.size(0) >= 50 && kl.size(0) <= 500) return kl * 1.001;
    if (is("capped_kl")) return kl.clamp_max(20);
    if (is("swaps_shares")) return kl.flip(1);
    if (is("even_shares")) return kl.mean(1, true).expand_as(kl);
    if (is("first_order_kl")) return elbo::where(r < -2, -r - 0.5 + u.square() / 2, kl);  // without e^2r / 2
    return kl;
  }

  std::string fault_;
  double scale_;
  int64_t latent_dim_;
  Tensor mean_;
  mutable Tensor last_, of_last_;
};
}  // namespace

ELBO_PRIOR(faulty_prior, Faulty, "a normal prior with the fault of your choice");
