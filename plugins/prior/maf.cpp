// N(0, I) bent by masked autoregressive flows (Papamakarios et al. 2017), as a prior.
#include <elbo/sdk.hpp>

namespace {

class Maf final : public elbo::FlowPrior {
 public:
  Maf(const Config& config, const elbo::Context& context) : FlowPrior(config, context, elbo::autoregressive_flow) {}
};

}  // namespace

ELBO_PRIOR(
    maf, Maf,
    "A learned distribution made of autoregressive flows, N(0, I) at first: the most flexible density, in one pass; "
    "draws take L passes; KL by Monte Carlo");
