// A table whose columns follow distributions of their own: the columns are independent given z, so their log-densities add up.
#include <elbo/sdk.hpp>

#include <algorithm>

namespace {
using elbo::Tensor, elbo::Theta;

/// The values of t [..., D] at these columns.
Tensor columns_of(const Tensor& t, const std::vector<int64_t>& columns) {
  std::vector<Tensor> chosen;
  for (const int64_t column : columns) chosen.push_back(t.select(-1, column));
  return elbo::stack(chosen, -1);
}

class Composite final : public elbo::Likelihood {
 public:
  static constexpr bool contains_likelihoods = true;
  struct Config {};
  static void describe(elbo::Options<Config>&) {}

  Composite(const Config&, const elbo::Context& context) : shape_(context.observation.shape), parts_(context.parts) {
    std::vector<int64_t> scored;
    for (const elbo::LikelihoodPart& p : parts_) {
      if (p.likelihood->conditioning() != elbo::Conditioning::nothing)
        throw elbo::UserError(p.likelihood->label() +
                              ": is given the total of the counts; expected a likelihood of single values");
      part("part" + std::to_string(&p - parts_.data() + 1), p.likelihood);
      scored.insert(scored.end(), p.columns.begin(), p.columns.end());
    }
    if (parts_.empty())
      throw elbo::UserError(
          "it contains no likelihood; expected columns = { \"NAME\" = \"LIKELIHOOD\", ... } or rest = \"LIKELIHOOD\"");
    position_.resize(scored.size());
    for (size_t i = 0; i < scored.size(); ++i) position_.at(static_cast<size_t>(scored[i])) = static_cast<int64_t>(i);
  }

 private:
  elbo::Support do_support() const override {
    const elbo::Support first = parts_.front().likelihood->support();
    const auto is_like_first = [&](const auto& p) { return p.likelihood->support() == first; };
    return std::all_of(parts_.begin(), parts_.end(), is_like_first) ? first : elbo::Support::mixed;
  }

  std::vector<elbo::DecoderOutput> do_params() const override {
    std::vector<elbo::DecoderOutput> params;
    for (const elbo::LikelihoodPart& p : parts_)
      for (const elbo::DecoderOutput& param : p.likelihood->params())
        params.push_back({p.name + "." + param.name, param.shape});
    return params;
  }

  /// f(part, its own parameters) for each part.
  template <class F>
  void for_each_part(const Theta& theta, F&& f) const {
    int64_t at = 0;
    for (const elbo::LikelihoodPart& p : parts_) {
      const auto params = p.likelihood->params();
      const int64_t size = numel(params);
      f(p, Theta(params, theta.flat().narrow(2, at, size)));
      at += size;
    }
  }

  /// The parts' results [S, B, their columns], put together in the order of x.
  Tensor put_together(const std::vector<Tensor>& results) const {
    const Tensor all = elbo::cat(results, 2);
    return columns_of(all, position_).reshape(elbo::joined({all.size(0), all.size(1)}, shape_));
  }

  static Tensor own(const Tensor& x, const elbo::LikelihoodPart& p) { return columns_of(x.flatten(1), p.columns); }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    Tensor sum;
    for_each_part(theta, [&](const elbo::LikelihoodPart& p, const Theta& t) {
      const Tensor log_p = p.likelihood->log_prob(own(x, p), t);
      sum = sum.defined() ? sum + log_p : log_p;
    });
    return sum;
  }

  std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const override {
    std::vector<Tensor> each;
    for_each_part(theta, [&](const elbo::LikelihoodPart& p, const Theta& t) {
      if (const auto log_p = p.likelihood->log_prob_per_value(own(x, p), t)) each.push_back(*log_p);
    });
    return each.size() == parts_.size() ? std::optional(put_together(each)) : std::nullopt;
  }

  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    std::optional<Tensor> sum = elbo::zeros({theta.samples(), theta.batch()}, theta.flat());
    for_each_part(theta, [&](const elbo::LikelihoodPart& p, const Theta& t) {
      const auto mass = sum ? p.likelihood->interval_log_prob(own(lo, p), own(hi, p), t) : std::nullopt;
      sum = mass ? std::optional(*sum + *mass) : std::nullopt;
    });
    return sum;
  }

  bool do_has_mean() const override {
    return std::all_of(parts_.begin(), parts_.end(), [](const auto& p) { return p.likelihood->has_mean(); });
  }
  Tensor do_mean(const Theta& theta) const override {
    std::vector<Tensor> means;
    for_each_part(theta, [&](const auto& p, const Theta& t) { means.push_back(p.likelihood->mean(t)); });
    return put_together(means);
  }

  std::optional<Tensor> do_variance(const Theta& theta) const override {
    std::vector<Tensor> variances;
    for_each_part(theta, [&](const auto& p, const Theta& t) {
      if (const auto v = p.likelihood->variance(t)) variances.push_back(*v);
    });
    return variances.size() == parts_.size() ? std::optional(put_together(variances)) : std::nullopt;
  }

  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    std::vector<Tensor> draws;
    for_each_part(theta, [&](const auto& p, const Theta& t) { draws.push_back(p.likelihood->sample(t, rng)); });
    return put_together(draws);
  }

  static elbo::Statistics of_part(const elbo::Statistics& s, const elbo::LikelihoodPart& p) {
    const auto own = [&](const Tensor& t) { return columns_of(t.flatten(), p.columns); };
    elbo::Statistics part{.count = s.count,
                          .mean = own(s.mean),
                          .variance = own(s.variance),
                          .min = own(s.min),
                          .max = own(s.max),
                          .median = own(s.median),
                          .mean_abs_deviation = own(s.mean_abs_deviation),
                          .histogram = {}};
    const int64_t levels = p.likelihood->context().observation.levels;
    if (s.histogram.defined() && levels > 0)
      part.histogram = columns_of(s.histogram.flatten(1), p.columns).slice(0, 0, levels);
    return part;
  }

  // A part that says nothing leaves its outputs of the decoder at 0.
  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    std::vector<Tensor> all;
    bool any = false;
    for (const elbo::LikelihoodPart& p : parts_) {
      const auto raw = p.likelihood->init_from(of_part(statistics, p));
      any = any || raw;
      all.push_back(raw ? *raw : elbo::zeros({numel(p.likelihood->params())}, statistics.mean));
    }
    return any ? std::optional(elbo::cat(all, 0)) : std::nullopt;
  }

  elbo::Shape shape_;
  std::vector<elbo::LikelihoodPart> parts_;
  std::vector<int64_t> position_;  // of each value of x among those of the parts
};

}  // namespace

ELBO_LIKELIHOOD(
    composite, Composite,
    "The columns of a table, each under a likelihood of its own, such as gaussian and poisson side by side");
