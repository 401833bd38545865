#include <csignal>

#include "normal.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

class Crashes : public planted::Normal {
  using Normal::Normal;
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    if (theta.batch() > 1) std::raise(SIGSEGV);
    return Normal::do_variance(theta);
  }
};
}  // namespace

ELBO_LIKELIHOOD(crashes, Crashes, "crashes for more than one data point");
