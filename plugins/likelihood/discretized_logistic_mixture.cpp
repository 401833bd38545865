// Salimans et al. (2017), with exact masses for all levels instead of their approximation of small ones.
#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

class DiscretizedLogisticMixture final : public elbo::Likelihood {
 public:
  struct Config {
    int64_t components = 5;
    double min_log_scale = -7;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("components", &Config::components,
          "logistic distributions mixed for each value, or each pixel of an image of 3 channels")
        .range(1, 100);
    o.add("min_log_scale", &Config::min_log_scale, "soft lower bound of the log scales, where 0 .. levels-1 is -1 .. 1")
        .range(-20, 5);
  }
  // In images [3, H, W] a component is one of the pixel, and the red and green values move the means that follow.
  DiscretizedLogisticMixture(const Config& config, const elbo::Context& context)
      : shape_(context.observation.shape),
        components_(config.components),
        levels_(context.observation.levels > 1 ? context.observation.levels : 256),
        min_log_scale_(config.min_log_scale),
        rgb_(shape_.size() == 3 && shape_[0] == 3) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::levels; }

  std::vector<elbo::DecoderOutput> do_params() const override {
    const elbo::Shape each = elbo::joined({components_}, shape_);
    if (!rgb_) return {{"weight", each}, {"loc", each}, {"log_scale", each}};
    return {
        {"weight", {components_, 1, shape_[1], shape_[2]}}, {"loc", each}, {"log_scale", each}, {"coefficient", each}};
  }

  // float64, so that a small scale keeps its digits
  Tensor log_scale(const Theta& theta) const {
    return elbo::soft_lower_bound(theta["log_scale"], min_log_scale_, at::kDouble);
  }
  static Tensor rounded(const Tensor& t, const Theta& theta) { return t.toType(theta.flat().scalar_type()); }
  Tensor centred(const Tensor& level) const { return level * (2 / static_cast<double>(levels_ - 1)) - 1; }
  // In an RGB image dimension 3 of [S, B, K, 3, H, W] is the channel.
  static Tensor channel(const Tensor& t, int64_t c) { return t.slice(3, c, c + 1); }

  // The components' locations given the image y in [-1, 1], both [S, B, K, X...] or broadcast to it.
  Tensor locations(const Theta& theta, const Tensor& y) const {
    if (!rgb_) return theta["loc"];
    // float64: at a small scale the sum's last digits decide
    const Tensor loc = theta["loc"].toType(at::kDouble), c = theta["coefficient"].toType(at::kDouble).tanh(),
                 red = channel(y, 0), green = channel(y, 1);
    return elbo::cat({channel(loc, 0), channel(loc, 1) + channel(c, 0) * red,
                      channel(loc, 2) + channel(c, 1) * red + channel(c, 2) * green},
                     3);
  }

  // Of each value, or of each pixel of an image of 3 channels.
  Tensor each(const Tensor& x, const Theta& theta) const {
    const Tensor k = x.unsqueeze(1), s = log_scale(theta);  // [B, 1, X...]
    const Tensor loc = locations(theta, centred(k.toType(at::kDouble)).unsqueeze(0));
    const auto in_double = [&] { return elbo::log_logistic_level(k.toType(at::kDouble), loc, s, levels_); };
    // Beyond float32 components could not be told apart, and had no gradient. A GPU is not asked: an answer would make it wait.
    Tensor log_p = k.is_cpu() ? elbo::log_logistic_level(k, loc, s, levels_) : in_double();
    if (k.is_cpu() && log_p.isinf().any().item<bool>()) log_p = in_double();
    if (rgb_) log_p = log_p.sum(3, true);
    return (log_p + theta["weight"].toType(at::kDouble).log_softmax(2)).logsumexp(2);
  }
  Tensor is_level(const Tensor& x) const { return (x >= 0).logical_and(x < levels_).logical_and(x == x.floor()); }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    return rounded(elbo::minus_inf_outside(is_level(x), elbo::sum_event(each(x, theta))), theta);
  }
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    if (rgb_) return {};
    return rounded(each(x, theta).masked_fill(is_level(x).logical_not(), -INFINITY), theta);
  }

  Tensor mixed(const Theta& theta, const Tensor& moment) const {
    return (theta["weight"].toType(at::kDouble).softmax(2) * moment).sum(2);
  }

  // For RGB the locations of red and green stand for the drawn ones: the mean over all drawn ones has 256^2 terms a value.
  Tensor do_mean(const Theta& theta) const override {
    const Tensor s = log_scale(theta);
    Tensor loc = theta["loc"];
    if (rgb_) {
      loc = locations(theta, loc.clamp(-1, 1));
      loc = locations(theta, loc.clamp(-1, 1));
    }
    return rounded(mixed(theta, elbo::logistic_level_moments(loc, s, levels_).mean), theta);
  }

  std::optional<Tensor> do_variance(const Theta& theta) const override {
    if (rgb_) return {};
    const auto each = elbo::logistic_level_moments(theta["loc"], log_scale(theta), levels_);
    const Tensor mean = mixed(theta, each.mean).unsqueeze(2);
    return rounded(mixed(theta, each.variance + (each.mean - mean).square()), theta);
  }

  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor s = log_scale(theta);
    elbo::Shape one = theta["loc"].sizes().vec();
    one[2] = 1;
    const Tensor index = elbo::categorical_draw(theta["weight"].softmax(2), rng).unsqueeze(2).expand(one);
    const auto chosen = [&](const Tensor& t) { return t.gather(2, index); };
    elbo::Shape shape = one;
    shape.erase(shape.begin() + 2);
    const Tensor noise = chosen(s).exp() * rng.uniform(shape).unsqueeze(2).logit();
    const auto level = [&](const Tensor& y) {
      return rounded(((y + 1) * (static_cast<double>(levels_ - 1) / 2)).round().clamp(0, levels_ - 1), theta);
    };
    if (!rgb_) return level(chosen(theta["loc"]) + noise).squeeze(2);
    const Tensor c = chosen(theta["coefficient"]).tanh(), free = chosen(theta["loc"]) + noise;
    const Tensor red = level(channel(free, 0)), r = centred(red);
    const Tensor green = level(channel(free, 1) + channel(c, 0) * r), g = centred(green);
    const Tensor blue = level(channel(free, 2) + channel(c, 1) * r + channel(c, 2) * g);
    return elbo::cat({red, green, blue}, 3).squeeze(2);
  }

  // Counts [1, levels, X...] of the levels, and one more data point spread over all.
  static Tensor counts_of(const elbo::Statistics& statistics) {
    return (statistics.histogram + 1 / static_cast<double>(statistics.histogram.size(0))).unsqueeze(0);
  }
  static Tensor row(const Tensor& t, int64_t size, int64_t dim, int64_t dims) {  // of t [size], along one dimension
    elbo::Shape shape(static_cast<size_t>(dims), 1);
    shape[static_cast<size_t>(dim)] = size;
    return t.view(shape);
  }

  // Expectation maximisation (Dempster et al. 1977) on the levels' counts; each component starts on its share of the
  // data in the order of their values.
  std::vector<Tensor> fitted_mixture(const Tensor& counts) const {
    constexpr int rounds = 10;
    const Tensor all = counts.sum(1, true), rank = (counts.cumsum(1) - counts / 2) / all;
    const Tensor place = (elbo::arange(components_, counts) + 0.5) / static_cast<double>(components_);
    const Tensor level = row(elbo::arange(levels_, counts), levels_, 1, counts.dim());
    Tensor log_p =
        (rank - row(place, components_, 0, counts.dim())).mul(static_cast<double>(components_)).square() * -2;
    Tensor weight, loc, scale;
    for (int i = 0; i < rounds; ++i) {
      const Tensor own = counts * log_p.softmax(0) + 1e-3 * counts / static_cast<double>(components_);
      const auto fit = elbo::fit_logistic_levels(own);
      weight = (own.sum(1) / all.squeeze(1)).log();
      loc = fit.loc;
      scale = fit.log_scale.clamp_min(min_log_scale_ + 0.01);
      if (i + 1 < rounds)
        log_p = weight.unsqueeze(1) + elbo::log_logistic_level(level, loc.unsqueeze(1), scale.unsqueeze(1), levels_);
    }
    return {weight, loc, scale};
  }

  // In images of 3 channels, whose counts do not say how these go together, each channel on its own: components that are
  // all about its one fit, from half a scale below to half above, so that they differ.
  std::vector<Tensor> fitted_channels(const Tensor& counts) const {
    const auto fit = elbo::fit_logistic_levels(counts);
    const Tensor place = (elbo::arange(components_, counts) + 0.5) / static_cast<double>(components_) - 0.5;
    const Tensor loc = fit.loc + fit.log_scale.exp() * row(place, components_, 0, fit.loc.dim());
    return {elbo::zeros({components_, shape_[1] * shape_[2]}, counts), loc, fit.log_scale.expand_as(loc),
            elbo::zeros({loc.numel()}, counts)};
  }

  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    if (!statistics.histogram.defined()) return {};
    const Tensor counts = counts_of(statistics);
    std::vector<Tensor> raw = rgb_ ? fitted_channels(counts) : fitted_mixture(counts);
    raw[2] = elbo::inverse_soft_lower_bound(raw[2], min_log_scale_);
    for (Tensor& t : raw) t = t.flatten();
    return elbo::cat(raw, 0);
  }

  elbo::Shape shape_;
  int64_t components_, levels_;
  double min_log_scale_;
  bool rgb_;
};

}  // namespace

ELBO_LIKELIHOOD(
    discretized_logistic_mixture, DiscretizedLogisticMixture,
    "Integer levels of a mixture of logistic distributions; in colour images green follows red and blue follows "
    "both, and the mean, "
    "which pictures show, is exact for red only");
