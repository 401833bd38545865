// expected: an elbo plugin has a nested struct Config, empty when it has no options
#include "plugin.hpp"

class Mine : public WholePrior {
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  Mine(const Config&, const elbo::Context&) {}
};

ELBO_PRIOR(mine, Mine, "with a Config that nobody can see");
