#include <csignal>

#include "sound.hpp"

class CrashesInDescribe : public UnitGaussian {
 public:
  using UnitGaussian::UnitGaussian;
  static void describe(elbo::Options<Config>&) { std::raise(SIGSEGV); }
};

ELBO_LIKELIHOOD(crashes_in_describe, CrashesInDescribe, "crashes when it is asked for its options");
