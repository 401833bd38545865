// expected: nothing
#include "plugin.hpp"

class Mine : public WholePrior {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  Mine(const Config&, const elbo::Context&) {}
};

ELBO_PRIOR(mine, Mine, "nothing is wrong with it");
