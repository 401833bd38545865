// A step recorded once and filled again for other steps draws what those steps would have drawn.
#include "sdk/src/random/noise_tape.hpp"

#include <gtest/gtest.h>

namespace elbo {
namespace {

Tensor ids_of(const std::vector<double>& ids) {
  return tensor_of(ids, {static_cast<int64_t>(ids.size())}).to(at::kLong);
}

Rng root_of(uint64_t step) { return Rng(7).fork("step", step); }

/// All that a step may draw: of itself and of forks, for its data and for none, in both distributions, more than once.
std::vector<Tensor> drawn(const Rng& root, const Tensor& ids) {
  Rng own = root, noise = root.fork("posterior").for_data(ids),
      deep = root.fork("a", 3).fork("b").from_sample(2).for_data(ids);
  std::vector<Tensor> all = {noise.normal({4, 3, 5}), noise.normal({1, 3, 2}), own.uniform({2, 7}),
                             deep.uniform({1, 3, 9})};
  all.push_back(noise.like(zeros({1}).to(at::kDouble)).uniform({2, 3, 4}));
  return all;
}

TEST(NoiseTape, WhatWasRecordedIsFilledAsAnotherStepWouldDraw) {
  const Tensor ids = ids_of({5, 0, 11});
  NoiseTape tape(ids);
  std::vector<Tensor> kept;
  tape.record(root_of(0), [&] { kept = drawn(root_of(0), ids); });
  EXPECT_EQ(tape.trouble(), "");
  EXPECT_EQ(tape.draws(), 5U);
  const std::vector<Tensor> first = drawn(root_of(0), ids_of({5, 0, 11}));
  for (size_t i = 0; i < first.size(); ++i) EXPECT_TRUE(kept[i].equal(first[i])) << i;

  ids.copy_(ids_of({2, 40, 3}));
  tape.refill(root_of(9));
  const std::vector<Tensor> fresh = drawn(root_of(9), ids_of({2, 40, 3}));
  for (size_t i = 0; i < fresh.size(); ++i) EXPECT_TRUE(kept[i].equal(fresh[i])) << i;
}

TEST(NoiseTape, PlayedItGivesTheKeptTensorsAndNothingElse) {
  const Tensor ids = ids_of({1, 2, 3});
  NoiseTape tape(ids);
  std::vector<Tensor> kept, played;
  tape.record(root_of(0), [&] { kept = drawn(root_of(0), ids); });
  tape.refill(root_of(1));
  tape.play(root_of(1), [&] { played = drawn(root_of(1), ids); });
  for (size_t i = 0; i < kept.size(); ++i) EXPECT_TRUE(played[i].is_same(kept[i])) << i;
  EXPECT_THROW(tape.play(root_of(1), [&] { root_of(1).fork("posterior").for_data(ids).uniform({4, 3, 5}); }), Error)
      << "another distribution";
  EXPECT_THROW(tape.play(root_of(1), [&] { root_of(1).fork("other").for_data(ids).normal({4, 3, 5}); }), Error)
      << "another purpose";
  EXPECT_THROW(tape.play(root_of(1), [&] { root_of(1).fork("posterior").for_data(ids).normal({4, 3, 6}); }), Error)
      << "another shape";
  EXPECT_THROW(tape.play(root_of(1), [] {}), Error) << "too few";
  EXPECT_FALSE(root_of(1).fork("posterior").for_data(ids).normal({4, 3, 5}).is_same(kept[0])) << "it has stopped";
}

TEST(NoiseTape, WhatCannotBeFilledAgainIsSaid) {
  const Tensor ids = ids_of({1, 2, 3});
  NoiseTape tape(ids);
  const auto trouble = [&](const std::function<void()>& step) {
    tape.record(root_of(0), step);
    if (!tape.trouble().empty()) {
      EXPECT_THROW(tape.refill(root_of(1)), Error);
    }
    return tape.trouble();
  };
  EXPECT_EQ(trouble([&] { root_of(0).fork("x").for_data(ids_of({1, 2, 3})).normal({1, 3}); }),
            "it draws for other data than the step's");
  EXPECT_EQ(trouble([] { Rng(0).normal({1, 3}); }), "it draws from another generator than the step's");
  EXPECT_EQ(trouble([] { root_of(0).permutation(5); }), "it draws a random order");
  EXPECT_EQ(trouble([&] { root_of(0).for_data(ids).normal({1, 3}); }), "");
}

}  // namespace
}  // namespace elbo
