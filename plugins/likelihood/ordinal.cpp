// McCullagh (1980): the cumulative logit model, or proportional odds.
#include <elbo/sdk.hpp>

#include <cmath>

namespace {
using elbo::Tensor, elbo::Theta;

class Ordinal final : public elbo::Likelihood {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  Ordinal(const Config&, const elbo::Context& context)
      : shape_(context.observation.shape), levels_(context.observation.levels > 1 ? context.observation.levels : 256) {
    if (levels_ > most_levels)
      throw elbo::UserError("likelihood:ordinal: the data have " + std::to_string(levels_) +
                            " levels, and each would need a cut point of its own for each value; expected at most " +
                            std::to_string(most_levels) +
                            "; choose a likelihood of levels with a location and a scale");
    // Equal shares of all levels.
    const Tensor at = elbo::arange(levels_ - 1, elbo::zeros({1}).toType(at::kDouble)) + 1, cut = (at / levels_).logit();
    const auto everywhere = [this](const Tensor& t) {
      return t.view(elbo::joined({t.size(0)}, elbo::Shape(shape_.size(), 1)))
          .expand(elbo::joined({t.size(0)}, shape_))
          .toType(at::kFloat)
          .clone();
    };
    first_ = parameter("first_cut", everywhere(cut.slice(0, 0, 1)));
    if (levels_ > 2) steps_ = parameter("steps", everywhere(raw_steps(cut)));
  }

 private:
  static constexpr int64_t most_levels = 4096;
  elbo::Support do_support() const override { return elbo::Support::levels; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"loc", shape_}}; }

  /// Whose softplus are the steps between these cut points [n, ...].
  static Tensor raw_steps(const Tensor& cut) {
    const Tensor step = cut.slice(0, 1) - cut.slice(0, 0, -1);
    return step + elbo::log1mexp(step);
  }

  /// The logistic noise about loc is cut at [levels - 1, values] points t_1 < t_2 < ..., `log_step` [levels - 2, values] apart;
  /// the latter is exact where a step itself vanishes. float64.
  struct Cuts {
    Tensor at, log_step;
  };
  Cuts cuts() const {
    const Tensor first = first_.toType(at::kDouble).flatten(1);
    if (levels_ == 2) return {first, {}};
    const Tensor raw = steps_.toType(at::kDouble).flatten(1), step = elbo::softplus(raw), narrow = raw < -30;
    return {elbo::cat({first, first + step.cumsum(0)}, 0), elbo::where(narrow, raw, step.masked_fill(narrow, 1).log())};
  }

  /// Row `row` [.., values] of table [rows, values], each value from its own column.
  static Tensor row_of(const Tensor& table, const Tensor& row) {
    const int64_t rows = table.size(0), values = table.size(1);
    return table.gather(0, row.clamp(0, rows - 1).reshape({-1, values})).view_as(row);
  }

  /// log P(x) of x [B, X...] or [S, B, X...] on the levels, as [S, B, values], float64: log(sigmoid(b) - sigmoid(a)) with a and b
  /// the cut points about x less loc. Without the width b - a = step, and so without what a - b would lose:
  /// log sigmoid(b) + log sigmoid(-a) + log(1 - e^-step).
  Tensor each(const Tensor& x, const Theta& theta) const {
    const Tensor k = x.toType(at::kLong).flatten(x.dim() - static_cast<int64_t>(shape_.size()));
    const Tensor loc = theta["loc"].toType(at::kDouble).flatten(2);
    const auto [at, log_step] = cuts();
    const Tensor below = elbo::log_sigmoid(row_of(at, k) - loc).masked_fill(k == levels_ - 1, 0),
                 above = elbo::log_sigmoid(loc - row_of(at, k - 1)).masked_fill(k == 0, 0);
    if (levels_ == 2) return below + above;
    const Tensor width = elbo::log1mexpc(log_step.exp()) + log_step;
    return below + above + row_of(width, k - 1).masked_fill((k == 0).logical_or(k == levels_ - 1), 0);
  }
  Tensor is_level(const Tensor& x) const { return (x >= 0).logical_and(x < levels_).logical_and(x == x.floor()); }
  static Tensor rounded(const Tensor& t, const Theta& theta) { return t.toType(theta.flat().scalar_type()); }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = is_level(x), k = x.masked_fill(valid.logical_not(), 0);
    return rounded(elbo::minus_inf_outside(valid, elbo::sum_event(each(k, theta))), theta);
  }
  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    const Tensor outside = is_level(x).logical_not();
    const Tensor log_p = each(x.masked_fill(outside, 0), theta).view_as(theta["loc"]);
    return rounded(log_p.masked_fill(outside, -INFINITY), theta);
  }

  /// loc less each cut point, [S, B, levels - 1, values]
  Tensor heights(const Theta& theta) const {
    return theta["loc"].toType(at::kDouble).flatten(2).unsqueeze(2) - cuts().at;
  }
  Tensor shaped(const Tensor& t, const Theta& theta) const { return rounded(t.view_as(theta["loc"]), theta); }

  // x is the number of cut points below the noise: its mean is the sum of the probabilities of x >= j, and the covariance of x >= i and
  // x >= j, i <= j, is P(x < i) P(x >= j): the variance is a sum of parts that are all positive.
  Tensor do_mean(const Theta& theta) const override { return shaped(heights(theta).sigmoid().sum(2), theta); }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    const Tensor height = heights(theta), below = height.neg().sigmoid();
    return shaped((height.sigmoid() * (below.cumsum(2) * 2 - below)).sum(2), theta);
  }

  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor height = heights(theta), u = rng.uniform(theta["loc"].sizes().vec()).toType(at::kDouble);
    return shaped((height + u.logit().flatten(2).unsqueeze(2) > 0).sum(2), theta);
  }

  // The shares of the training data, at loc = 0; a level that they lack gets a part of one data point.
  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    if (!statistics.histogram.defined()) return {};
    const Tensor counts =
        statistics.histogram.flatten(1).toType(at::kDouble).clamp_min(1 / static_cast<double>(levels_));
    const Tensor below = counts.cumsum(0), above = counts.flip(0).cumsum(0).flip(0);
    const Tensor cut = below.slice(0, 0, -1).log() - above.slice(0, 1).log();
    first_.detach().copy_(cut.slice(0, 0, 1).view_as(first_));
    if (levels_ > 2) steps_.detach().copy_(raw_steps(cut).view_as(steps_));
    return elbo::zeros({elbo::numel(shape_)}, counts);
  }

  elbo::Shape shape_;
  int64_t levels_;
  Tensor first_, steps_;
};

}  // namespace

ELBO_LIKELIHOOD(ordinal, Ordinal,
                "Levels in an order, such as grades: noise about a location, cut at points that are learned once; one "
                "output a value");
