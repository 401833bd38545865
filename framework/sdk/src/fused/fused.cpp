#include "sdk/src/fused/fused.hpp"

#include <atomic>
#include <cstdlib>
#include <string_view>

namespace elbo {
namespace {

bool wanted_at_start() {
  const char* kernels = std::getenv("ELBO_KERNELS");
  return !kernels || std::string_view(kernels) != "plain";
}

std::atomic<bool> on = wanted_at_start();

}  // namespace

bool fused_kernels() { return on; }
void use_fused_kernels(bool wanted) { on = wanted; }

}  // namespace elbo
