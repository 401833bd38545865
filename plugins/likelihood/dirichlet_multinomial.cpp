// Also called Polya's distribution: multinomial counts whose proportions vary as a Dirichlet distribution has it (Mosimann 1962).
#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

class DirichletMultinomial final : public elbo::Likelihood {
 public:
  struct Config {
    std::string concentration = "shared";
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("concentration", &Config::concentration,
          "the sum of the Dirichlet distribution's parameters is one learned number (shared), or an output of the "
          "decoder for each data point (per_example); the larger it is, the closer to multinomial")
        .one_of({"shared", "per_example"});
  }
  DirichletMultinomial(const Config& config, const elbo::Context& context)
      : shape_(context.observation.shape), total_(buffer("total", elbo::full({1}, 1))) {
    if (config.concentration == "shared") own_ = parameter("log_concentration", elbo::full({1}, 2));
  }

 private:
  // Of the logs of the Dirichlet distribution's parameters; at their ends it is a multinomial distribution, or one of one-sided counts.
  static constexpr double bound = 30;

  elbo::Support do_support() const override { return elbo::Support::simplex_counts; }
  std::vector<elbo::DecoderOutput> do_params() const override {
    std::vector<elbo::DecoderOutput> params = {{"logits", shape_}};
    if (!own_.defined()) params.push_back({"log_concentration", {1}});
    return params;
  }

  /// The logs of the Dirichlet distribution's parameters [S, B, numel(X)], of their sum [S, B, 1], and of the mean proportions. float64.
  struct Concentration {
    Tensor of_each, of_all, share;
  };
  Concentration concentration(const Theta& theta) const {
    const Tensor share = theta["logits"].flatten(2).toType(at::kDouble).log_softmax(2);
    const Tensor all = own_.defined() ? own_ : theta["log_concentration"];
    const Tensor each = elbo::soft_bound(share + all.toType(at::kDouble), -bound, bound), sum = each.logsumexp(2, true);
    return {each, sum, each - sum};
  }

  // Independent negative binomial counts with these dispersions, whose means are as the dispersions and add up to the total n, given that
  // their sum, which has the dispersion of all, is n: no large parts cancel, however large or small counts and dispersions are.
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = (x >= 0).logical_and(x == x.floor());
    const Tensor k = x.masked_fill(valid.logical_not(), 0).toType(at::kDouble).flatten(1), n = k.sum(1, true),
                 log_n = n.log().clamp_min(-700);
    const auto [each, all, share] = concentration(theta);
    const Tensor log_p = elbo::log_negative_binomial(k, share + log_n, each).sum(2) -
                         elbo::log_negative_binomial(n, log_n.expand_as(all), all).sum(2);
    return elbo::minus_inf_outside(valid, log_p).toType(theta.flat().scalar_type());
  }

  Tensor shaped(const Tensor& t, const Theta& theta) const {
    return t.toType(theta.flat().scalar_type()).view_as(theta["logits"]);
  }
  // Of data with the training data's mean total.
  Tensor do_mean(const Theta& theta) const override { return shaped(concentration(theta).share.exp() * total_, theta); }
  // n p (1 - p) (n + a) / (1 + a), a the sum of the parameters
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    const auto [each, all, share] = concentration(theta);
    const Tensor p = share.exp(), a = all.exp(), n = total_.toType(at::kDouble);
    const auto [largest, index] = p.max(2, true);
    // 1 - p of the most likely one is the sum of the others, which it keeps the digits of
    const Tensor rest = (1 - p).scatter(2, index, p.scatter(2, index, 0).sum(2, true));
    return shaped(p * rest * n * ((n + a) / (a + 1)), theta);
  }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor log_weight = elbo::log_gamma_draw(concentration(theta).of_each.exp(), rng);
    const auto n = static_cast<int64_t>(total_.item().toDouble());
    return shaped(elbo::multinomial_draw(n, log_weight.softmax(2), rng), theta);
  }

  // The mean proportions; and the concentration under which the variances add up to what they do.
  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    const Tensor mean = statistics.mean.flatten().toType(at::kDouble), n = mean.sum().round().clamp_min(1);
    total_.copy_(n);
    const Tensor p = mean / mean.sum().clamp_min(1e-8), of_multinomial = (n * p * (1 - p)).sum().clamp_min(1e-8);
    const Tensor times = (statistics.variance.sum().toType(at::kDouble) / of_multinomial).clamp_min(1.01);
    const Tensor log_all = ((n - times).clamp_min(0.05) / (times - 1)).log().clamp(-3, 8).view({1});
    const Tensor logits = (mean + mean.mean() * 1e-3 + 1e-8).log();
    if (!own_.defined()) return elbo::cat({logits, log_all}, 0);
    own_.detach().copy_(log_all);
    return logits;
  }

  elbo::Shape shape_;
  Tensor total_, own_;
};

}  // namespace

ELBO_LIKELIHOOD(dirichlet_multinomial, DirichletMultinomial,
                "Counts with a given total whose proportions vary more than multinomial's, such as bursts of a word");
