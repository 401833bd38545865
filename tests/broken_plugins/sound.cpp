// Nothing is wrong with this one: the tests break copies of its file.
#include <cstdio>

#include "sound.hpp"

class Talkative : public UnitGaussian {
 public:
  Talkative(const Config& config, const elbo::Context& context) : UnitGaussian(config, context) {
    std::puts("[{\"a plugin may print what it likes\"");
  }
};

ELBO_LIKELIHOOD(sound, Talkative, "a Gaussian of unit variance");
