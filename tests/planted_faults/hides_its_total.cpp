// A multinomial distribution that declares that nothing is given: its numbers would stand beside those of distributions of the total.
#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

class HidesItsTotal final : public elbo::Likelihood {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  HidesItsTotal(const Config&, const elbo::Context& context) : shape_(context.observation.shape) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::simplex_counts; }
  elbo::Conditioning do_conditioning() const override { return elbo::Conditioning::nothing; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"logits", shape_}}; }
  static Tensor log_share(const Theta& theta) { return theta["logits"].flatten(2).toType(at::kDouble).log_softmax(2); }
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    const Tensor valid = (x >= 0).logical_and(x == x.floor());
    const Tensor k = x.masked_fill(valid.logical_not(), 0).toType(at::kDouble).flatten(1);
    const Tensor ways = elbo::log_factorial(k.sum(1)) - elbo::log_factorial(k).sum(1);
    return elbo::minus_inf_outside(valid, ways + (k * log_share(theta)).sum(2)).toType(theta.flat().scalar_type());
  }
  Tensor shaped(const Tensor& t, const Theta& theta) const {
    return t.toType(theta.flat().scalar_type()).view_as(theta["logits"]);
  }
  Tensor do_mean(const Theta& theta) const override { return shaped(log_share(theta).exp() * 6, theta); }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    return shaped(elbo::multinomial_draw(6, log_share(theta).exp(), rng), theta);
  }

  elbo::Shape shape_;
};

}  // namespace

ELBO_LIKELIHOOD(hides_its_total, HidesItsTotal, "a distribution of counts given their total that declares nothing");
