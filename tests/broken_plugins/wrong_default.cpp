#include "sound.hpp"

class WrongDefault : public UnitGaussian {
 public:
  using UnitGaussian::UnitGaussian;
  static void describe(elbo::Options<Config>& o) { o.add("dof", &Config::dof, "degrees of freedom").range(10, 20); }
};

ELBO_LIKELIHOOD(wrong_default, WrongDefault, "its option refuses its own default");
