// Liang et al. (2018), with the coefficient, so that it is a likelihood of the counts given their total.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

class Multinomial final : public elbo::Likelihood {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  Multinomial(const Config&, const elbo::Context& context)
      : shape_(context.observation.shape), total_(buffer("total", elbo::full({1}, 1))) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::simplex_counts; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"logits", shape_}}; }

  // log of the proportions, [S, B, numel(X)], float64
  static Tensor log_share(const Theta& theta) { return theta["logits"].flatten(2).toType(at::kDouble).log_softmax(2); }

  // The coefficient and the rest nearly cancel: in float64 about the peaks of independent Poisson counts with these shares of the
  // total n as rates, given that their sum, which is Poisson with rate n, is n. Of float32 the plain sum is exact enough up to the
  // totals of which it holds every one.
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = (x >= 0).logical_and(x == x.floor()), share = log_share(theta);
    const Tensor k = x.masked_fill(valid.logical_not(), 0).toType(at::kDouble).flatten(1), n = k.sum(1, true),
                 log_n = n.log().clamp_min(-700);
    const auto plain = [&] {
      return elbo::log_factorial(n).sum(1) - elbo::log_factorial(k).sum(1) + (k * share).sum(2);
    };
    const auto about_peaks = [&] {
      return elbo::log_poisson(k, share + log_n).sum(2) - elbo::log_poisson(n, log_n).sum(1);
    };
    const Tensor is_large = (n > 1 << 24).squeeze(1);
    const auto some_may_be_large = [&] { return !x.is_cpu() || is_large.any().item<bool>(); };
    Tensor log_p;
    if (theta.flat().scalar_type() != at::kFloat) log_p = about_peaks();
    else log_p = some_may_be_large() ? elbo::where(is_large, about_peaks(), plain()) : plain();
    return elbo::minus_inf_outside(valid, log_p).toType(theta.flat().scalar_type());
  }

  Tensor shaped(const Tensor& t, const Theta& theta) const {
    return t.toType(theta.flat().scalar_type()).view_as(theta["logits"]);
  }
  // Of data with the training data's mean total.
  Tensor do_mean(const Theta& theta) const override { return shaped(log_share(theta).exp() * total_, theta); }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    const Tensor p = log_share(theta).exp();
    const auto [largest, index] = p.max(2, true);
    // 1 - p of the most likely one is the sum of the others, which it keeps the digits of
    const Tensor rest = (1 - p).scatter(2, index, p.scatter(2, index, 0).sum(2, true));
    return shaped(p * rest * total_, theta);
  }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const auto n = static_cast<int64_t>(total_.item().toDouble());
    return shaped(elbo::multinomial_draw(n, log_share(theta).exp(), rng), theta);
  }

  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    const Tensor mean = statistics.mean.flatten();
    total_.copy_(mean.sum().round().clamp_min(1));
    return (mean + mean.mean() * 1e-3 + 1e-8).log();
  }

  elbo::Shape shape_;
  Tensor total_;
};

}  // namespace

ELBO_LIKELIHOOD(multinomial, Multinomial,
                "Counts with a given total, such as the words of a document or the items a user chose");
