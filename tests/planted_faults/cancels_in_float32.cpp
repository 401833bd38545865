#include "levels.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

// The beta-binomial distribution as in a textbook: differences of lgamma, each of which is large where the distribution is narrow.
class CancelsInFloat32 : public planted::Levels {
  using Levels::Levels;
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"log_alpha", shape_}, {"log_beta", shape_}}; }
  Tensor log_pmf(const Theta& theta) const override {
    const Tensor a = elbo::soft_bound(theta["log_alpha"], -5, 16).exp().unsqueeze(-1);
    const Tensor b = elbo::soft_bound(theta["log_beta"], -5, 16).exp().unsqueeze(-1);
    const double n = static_cast<double>(levels_ - 1);
    const Tensor k = elbo::arange(levels_, a), m = n - k;
    const Tensor ways = elbo::full({}, n + 1, a).lgamma() - (k + 1).lgamma() - (m + 1).lgamma();
    const Tensor top = (k + a).lgamma() + (m + b).lgamma() - (a + b + n).lgamma();
    return ways + top - (a.lgamma() + b.lgamma() - (a + b).lgamma());
  }
};
}  // namespace

ELBO_LIKELIHOOD(cancels_in_float32, CancelsInFloat32, "beta-binomial by differences of lgamma");
