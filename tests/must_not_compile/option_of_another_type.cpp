// expected: an option is a bool, int64_t, double or std::string, or a std::vector of one of the last three
#include "plugin.hpp"

class Mine : public WholePrior {
 public:
  struct Config {
    int hidden = 3;
  };
  static void describe(elbo::Options<Config>& o) { o.add("hidden", &Config::hidden, "units"); }
  Mine(const Config&, const elbo::Context&) {}
};

ELBO_PRIOR(mine, Mine, "with an option of the type int");
