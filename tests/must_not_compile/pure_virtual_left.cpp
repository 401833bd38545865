// expected: an elbo plugin overrides every pure virtual do_... function of its kind
#include "plugin.hpp"

class Mine : public elbo::Prior {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  Mine(const Config&, const elbo::Context&) {}

 private:
  elbo::Tensor do_log_prob(const elbo::Tensor& z) const override { return z; }
};

ELBO_PRIOR(mine, Mine, "without do_sample");
