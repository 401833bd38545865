// expected: an elbo plugin has a static void describe(elbo::Options<Config>&) that adds its options
#include "plugin.hpp"

class Mine : public WholePrior {
 public:
  struct Config {};
  void describe(elbo::Options<Config>&) {}
  Mine(const Config&, const elbo::Context&) {}
};

ELBO_PRIOR(mine, Mine, "with a describe that needs an object");
