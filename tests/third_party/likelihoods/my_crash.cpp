// Crashes once it is asked for more than one data point.
#include <csignal>

#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor, elbo::Theta;

class MyCrash final : public elbo::Likelihood {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  MyCrash(const Config&, const elbo::Context& context) : shape_(context.observation.shape) {}

 private:
  elbo::Support do_support() const override { return elbo::Support::real; }
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"loc", shape_}}; }
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    if (theta.batch() > 1) std::raise(SIGSEGV);
    return elbo::sum_event((x - theta["loc"]).square() / -2 - elbo::half_log_2pi);
  }
  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    if (theta.batch() > 1) std::raise(SIGSEGV);
    return elbo::sum_event(elbo::log_ndtr_difference(lo - theta["loc"], hi - theta["loc"]));
  }
  Tensor do_mean(const Theta& theta) const override { return theta["loc"]; }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    return theta["loc"] + rng.normal(theta["loc"].sizes().vec());
  }

  elbo::Shape shape_;
};

}  // namespace

ELBO_LIKELIHOOD(my_crash, MyCrash, "crashes for more than one data point");
