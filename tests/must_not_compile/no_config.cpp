// expected: an elbo plugin has a nested struct Config, empty when it has no options
#include "plugin.hpp"

class Mine : public WholePrior {
 public:
  explicit Mine(const elbo::Context&) {}
};

ELBO_PRIOR(mine, Mine, "without a Config");
