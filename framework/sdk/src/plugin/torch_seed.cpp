#include "sdk/src/plugin/torch_seed.hpp"

#include <ATen/CPUGeneratorImpl.h>

#include <mutex>

namespace elbo {
namespace {

uint64_t seed_from(const Rng& rng) {
  const Tensor words =
      (rng.fork("torch").like(zeros(Shape{1}).to(at::kDouble)).uniform({1, 1, 2}) * 4294967296.).flatten();
  const auto word = [&](int64_t i) { return static_cast<uint64_t>(words[i].item<double>()); };
  return word(0) << 32 | word(1);
}

}  // namespace

TorchSeed::TorchSeed(const Rng& rng) {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const uint64_t seed = seed_from(rng);
  const std::lock_guard<std::mutex> lock(generator.mutex());
  before_ = generator.get_state();
  generator.set_current_seed(seed);
}

TorchSeed::~TorchSeed() {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(before_);
}

}  // namespace elbo
