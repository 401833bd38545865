// expected: an elbo plugin has a constructor that takes (const Config&, const elbo::Context&)
#include "plugin.hpp"

class Mine : public WholePrior {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
};

ELBO_PRIOR(mine, Mine, "without its constructor");
