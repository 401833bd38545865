// N(0, I) bent by coupling layers (Dinh et al. 2017), as a prior.
#include <elbo/sdk.hpp>

namespace {

class RealNvp final : public elbo::FlowPrior {
 public:
  RealNvp(const Config& config, const elbo::Context& context) : FlowPrior(config, context, elbo::coupling_flow) {}
};

}  // namespace

ELBO_PRIOR(realnvp, RealNvp,
           "A learned distribution made of coupling layers, N(0, I) at first: bends freely, and density and draws are "
           "both one "
           "pass; KL by Monte Carlo");
