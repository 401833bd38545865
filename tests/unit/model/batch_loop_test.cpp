#include "model/forward.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "support/ppca.hpp"

namespace elbo::host {
namespace {

TEST(BatchLoop, DecodeNoMoreAtOnceThanTheMemoryAllows) {
  testing::ppca::Fed fed;
  const int64_t values = numel(fed.source.observation_model().observation.shape);
  EXPECT_EQ(samples_at_once(fed.model, fed.source, int64_t{1} << 40), 1)
      << "a batch that is too large by itself still goes";
  EXPECT_LE(samples_at_once(fed.model, fed.source, 10) * 10 * values, 16 << 20);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_DATA, &before), 0);
  rlimit scarce = before;
  scarce.rlim_cur = 1 << 20;
  ASSERT_EQ(setrlimit(RLIMIT_DATA, &scarce), 0);
  const int64_t few = samples_at_once(fed.model, fed.source, 10);
  setrlimit(RLIMIT_DATA, &before);
  EXPECT_EQ(few, (1 << 18) / (10 * values));
}

}  // namespace
}  // namespace elbo::host
