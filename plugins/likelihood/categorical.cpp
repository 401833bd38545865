#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

class Categorical final : public elbo::Likelihood {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  Categorical(const Config&, const elbo::Context& context)
      : shape_(context.observation.shape), levels_(context.observation.levels > 1 ? context.observation.levels : 256) {
    if (levels_ > most_levels)
      throw elbo::UserError(
          "likelihood:categorical: the data have " + std::to_string(levels_) +
          " levels, each of which would need an output of the decoder for each value; expected at most " +
          std::to_string(most_levels) + "; choose a likelihood of levels with a location and a scale");
  }

 private:
  static constexpr int64_t most_levels = 4096;
  elbo::Support do_support() const override { return elbo::Support::levels; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"logits", elbo::joined({levels_}, shape_)}}; }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = (x >= 0).logical_and(x < levels_).logical_and(x == x.floor());
    const Tensor k = x.masked_fill(valid.logical_not(), 0).toType(at::kLong);
    return elbo::minus_inf_outside(valid, elbo::sum_event(elbo::log_softmax_at(k, theta["logits"])));
  }
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor outside = (x >= 0).logical_and(x < levels_).logical_and(x == x.floor()).logical_not();
    const Tensor k = x.masked_fill(outside, 0).toType(at::kLong);
    return elbo::log_softmax_at(k, theta["logits"]).masked_fill(outside, -INFINITY);
  }

  // float64, [S, B, X..., levels]
  Tensor probabilities(const Theta& theta) const {
    return theta["logits"].toType(at::kDouble).softmax(2).movedim(2, -1);
  }
  Tensor do_mean(const Theta& theta) const override {
    const Tensor p = probabilities(theta);
    return (p * elbo::arange(levels_, p)).sum(-1).toType(theta.flat().scalar_type());
  }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    const Tensor p = probabilities(theta), k = elbo::arange(levels_, p), mean = (p * k).sum(-1, true);
    return (p * (k - mean).square()).sum(-1).toType(theta.flat().scalar_type());
  }

  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor p = theta["logits"].softmax(2);
    return elbo::categorical_draw(p, rng).to(p.scalar_type());
  }

  // The counts of each level, and one more data point spread over all levels.
  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    if (!statistics.histogram.defined()) return {};
    const Tensor counts = statistics.histogram + 1 / static_cast<double>(levels_);
    return (counts / counts.sum(0, true)).log().flatten();
  }

  elbo::Shape shape_;
  int64_t levels_;
};

}  // namespace

ELBO_LIKELIHOOD(
    categorical, Categorical,
    "Integer levels, each with a probability of its own: fits any shape, knows no order, asks for one output a level");
