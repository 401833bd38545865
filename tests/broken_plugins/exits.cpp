#include <cstdio>
#include <cstdlib>

#include "sound.hpp"

class Exits : public UnitGaussian {
 public:
  Exits(const Config& config, const elbo::Context& context) : UnitGaussian(config, context) {
    std::fputs("no licence found\n", stderr);
    std::_Exit(3);
  }
};

ELBO_LIKELIHOOD(exits, Exits, "ends the process");
