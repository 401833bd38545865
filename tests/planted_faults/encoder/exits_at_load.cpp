// Ends the process as if all were well, before anything of it can be checked.
#include <elbo/sdk.hpp>

#include <unistd.h>

namespace {
[[maybe_unused]] const bool ended = (::_exit(0), true);

class ExitsAtLoad final : public elbo::Encoder {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  ExitsAtLoad(const Config&, const elbo::Context&) {}

 private:
  std::unique_ptr<elbo::Posterior> do_encode(const elbo::Tensor& x) override {
    return elbo::posteriors::diagonal_normal(x, x);
  }
};
}  // namespace

ELBO_ENCODER(exits_at_load, ExitsAtLoad, "ends the process in a static initialiser");
