#include "sound.hpp"

class Throws : public UnitGaussian {
 public:
  Throws(const Config& config, const elbo::Context& context) : UnitGaussian(config, context) {
    throw elbo::UserError("dof must be above 2 (got 1.5)\na second line");
  }
};

ELBO_LIKELIHOOD(throws, Throws, "its constructor throws");
