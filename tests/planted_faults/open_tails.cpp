#include "levels.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

// A logistic distribution rounded to levels, whose end levels do not take what lies beyond them.
class OpenTails : public planted::Levels {
  using Levels::Levels;
  std::vector<elbo::DecoderOutput> do_params() const override { return {{"loc", shape_}}; }
  Tensor log_pmf(const Theta& theta) const override {
    const Tensor centre = elbo::arange(levels_, theta.flat()) / 127.5 - 1 - theta["loc"].unsqueeze(-1);
    return elbo::log_sigmoid_difference((centre - 1 / 255.) * 1.1, (centre + 1 / 255.) * 1.1)
        .toType(theta.flat().scalar_type());
  }
};
}  // namespace

ELBO_LIKELIHOOD(open_tails, OpenTails, "a discretised logistic distribution whose tails are lost");
