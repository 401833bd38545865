#include <elbo/posterior.hpp>

#include <elbo/distributions.hpp>
#include <elbo/tensor.hpp>

namespace elbo {
namespace {

class DiagonalNormal final : public Posterior {
 public:
  DiagonalNormal(Tensor mean, Tensor log_scale) : mean_(std::move(mean)), log_scale_(std::move(log_scale)) {}

  Sample draw(int64_t samples, Rng& rng) const override {
    const Tensor eps = rng.like(mean_.detach()).normal({samples, mean_.size(0), mean_.size(1)});
    const auto [z, log_prob] = normal_draw(mean_, log_scale_, eps);
    return {z, log_prob};
  }

  Tensor mean() const override { return mean_; }

  std::optional<Tensor> log_prob(const Tensor& z) const override {
    const Tensor u = (z - mean_) * (-log_scale_).exp();
    return -(0.5 * u.square() + log_scale_ + half_log_2pi).sum(2);
  }

  std::optional<DiagonalNormalParams> diagonal_normal() const override { return {{mean_, log_scale_}}; }

 private:
  Tensor mean_, log_scale_;
};

}  // namespace

Posterior::~Posterior() = default;
Tensor Posterior::mean() const { return {}; }
std::optional<Tensor> Posterior::log_prob(const Tensor&) const { return {}; }
std::optional<DiagonalNormalParams> Posterior::diagonal_normal() const { return {}; }
std::optional<FullNormalParams> Posterior::full_normal() const { return {}; }
std::optional<LaplaceParams> Posterior::laplace() const { return {}; }
std::optional<UniformParams> Posterior::uniform() const { return {}; }
std::optional<VonMisesFisherParams> Posterior::von_mises_fisher() const { return {}; }

std::optional<NamedDistribution> Posterior::named() const { return {}; }

const Tensor& NamedDistribution::operator[](const std::string& name) const {
  for (const auto& [known, t] : parameters)
    if (known == name) return t;
  throw Error("a " + family + " posterior has no parameter '" + name + "'; expected one of those that it names");
}

std::unique_ptr<Posterior> posteriors::diagonal_normal(Tensor mean, Tensor log_scale) {
  return std::make_unique<DiagonalNormal>(std::move(mean), std::move(log_scale));
}

}  // namespace elbo
