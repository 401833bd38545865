#include "sound.hpp"

class ThrowsInt : public UnitGaussian {
 public:
  ThrowsInt(const Config& config, const elbo::Context& context) : UnitGaussian(config, context) { throw 42; }
};

ELBO_LIKELIHOOD(throws_int, ThrowsInt, "its constructor throws an int");
