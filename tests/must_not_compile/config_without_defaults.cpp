// expected: the nested struct Config has a default for each member
#include "plugin.hpp"

class Mine : public WholePrior {
 public:
  struct Config {
    explicit Config(double dof) : dof(dof) {}
    double dof;
  };
  static void describe(elbo::Options<Config>&) {}
  Mine(const Config&, const elbo::Context&) {}
};

ELBO_PRIOR(mine, Mine, "with a Config that cannot be made from nothing");
