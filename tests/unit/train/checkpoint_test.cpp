#include "train/checkpoint.hpp"

#include <gtest/gtest.h>

#include "support/toy_model.hpp"
#include "unit/launch/scratch_folder.hpp"

namespace elbo::host {
namespace {

using testing::choice;

Model toy(uint64_t seed) {
  return testing::make_model(choice("encoder", "linear"), choice("decoder", "linear"),
                             choice("likelihood", "bernoulli"), {{3}, Support::binary, 0}, 2, seed);
}

struct Saved {
  Model model = toy(1);
  Optimizer optimizer{OptimizerConfig{}, model.named_parameters()};
  ScratchFolder folder;

  void save(int64_t global_step) {
    Progress p;
    p.global_step = global_step;
    p.sums["elbo"] = -1.25;
    save_checkpoint(folder.path, model, optimizer, p);
  }
  std::optional<Progress> load() {
    Model other = toy(2);
    Optimizer rule{OptimizerConfig{}, other.named_parameters()};
    auto p = load_checkpoint(folder.path, other, rule);
    if (p) {
      const auto a = model.named_parameters(), b = other.named_parameters();
      for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].second.equal(b[i].second)) << a[i].first;
    }
    return p;
  }
};

TEST(Checkpoint, ComesBackAsItWasSaved) {
  Saved saved;
  saved.save(10);
  const auto p = saved.load();
  ASSERT_TRUE(p);
  EXPECT_EQ(p->global_step, 10);
  EXPECT_EQ(p->sums.at("elbo"), -1.25);
}

TEST(Checkpoint, TheNewestOfTheTwoFilesCounts) {
  Saved saved;
  for (const int64_t step : {10, 20, 30}) saved.save(step);
  EXPECT_EQ(saved.load()->global_step, 30);
}

TEST(Checkpoint, ADamagedNewestFallsBackToTheOneBefore) {
  Saved saved;
  saved.save(10);
  saved.save(20);
  const auto newest = saved.folder.path / "checkpoint.1";
  const auto size = std::filesystem::file_size(newest);
  for (auto cut = size - 1; cut > 0; cut = cut > 700 ? cut - 700 : 0) {
    std::filesystem::resize_file(newest, cut);
    const auto p = saved.load();
    ASSERT_TRUE(p) << "cut at " << cut;
    EXPECT_EQ(p->global_step, 10);
  }
}

TEST(Checkpoint, NoneMeansNothing) {
  Saved saved;
  EXPECT_FALSE(saved.load());
  saved.save(10);
  remove_checkpoints(saved.folder.path);
  EXPECT_FALSE(saved.load());
}

}  // namespace
}  // namespace elbo::host
