// The order of an epoch, of data in memory and in blocks.
#include <algorithm>
#include <list>
#include <map>
#include <numeric>
#include <set>

#include "batches/batch_source.hpp"
#include "data/blocks.hpp"
#include "unit/data/files.hpp"

namespace elbo::host {
namespace {

constexpr int64_t rows = 1000;

/// One byte a row, in an NPY file of 10 blocks or more.
class Order : public ::testing::Test {
 protected:
  Order() : cache_("ELBO_CACHE", (folder_ / "cache").string()) {
    std::string values(rows, '\0');
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<char>(i % 251 + 1);
    test::write(folder_ / "x.npy", test::npy("'|u1'", "(1000, 1)", values));
  }

  BatchSource source(double memory_gb) {
    DataConfig config = test::own(folder_ / "x.npy", "npy");
    config.test = 20;
    config.memory_gb = memory_gb;
    dataset_ = data::load(data::description_of(config), config);
    return BatchSource(dataset_,
                       observation::observation_model({dataset_.shape, dataset_.support, dataset_.levels},
                                                      Support::levels, false, config, "test"),
                       true);
  }

  test::Folder folder_;
  test::Environment cache_;
  data::Dataset dataset_;
};

std::vector<int64_t> numbers(const Tensor& t) { return {t.data_ptr<int64_t>(), t.data_ptr<int64_t>() + t.size(0)}; }

TEST_F(Order, OfDataInMemoryIsAnyPermutation) {
  const BatchSource all = source(0);
  EXPECT_TRUE(all.order(Rng(3)).equal(Rng(3).permutation(800)));
}

TEST_F(Order, OfBlocksShowsEachDatumOnceAndDependsOnTheGeneratorAlone) {
  const BatchSource some = source(1.6e-7);  // 160 bytes: 14 blocks of 8 rows or fewer at a time
  ASSERT_NE(dataset_.train.blocks, nullptr);
  std::vector<int64_t> order = numbers(some.order(Rng(3)));
  EXPECT_EQ(order, numbers(some.order(Rng(3))));
  EXPECT_NE(order, numbers(some.order(Rng(4))));
  some.batch(Part::train, 0, 500, Rng(1));  // what was read before does not matter
  EXPECT_EQ(order, numbers(some.order(Rng(3))));
  std::sort(order.begin(), order.end());
  std::vector<int64_t> all(800);
  std::iota(all.begin(), all.end(), int64_t{0});
  EXPECT_EQ(order, all);
}

TEST_F(Order, OfBlocksReadsEachBlockOnceAnEpoch) {
  const BatchSource some = source(1.6e-7);
  data::Blocks& blocks = *dataset_.train.blocks;
  EXPECT_GT(blocks.count(), 3 * blocks.held());
  const auto block_of = [&](int64_t datum) {
    int64_t block = 0;
    while (blocks.end(block) <= datum) ++block;
    return block;
  };
  std::list<int64_t> held;  // the one used last in front, as the blocks themselves do it
  std::map<int64_t, int> reads;
  std::set<int64_t> mixed;
  for (const int64_t datum : numbers(some.order(Rng(5)))) {
    const int64_t block = block_of(datum);
    const auto at = std::find(held.begin(), held.end(), block);
    if (at == held.end()) ++reads[block];
    else held.erase(at);
    held.push_front(block);
    if (static_cast<int64_t>(held.size()) > blocks.held()) held.pop_back();
    mixed.insert(block);
  }
  EXPECT_EQ(static_cast<int64_t>(mixed.size()), blocks.count());
  for (const auto& [block, times] : reads) EXPECT_EQ(times, 1) << "block " << block;
}

TEST_F(Order, OfBlocksMixesThoseOfAWindow) {
  const BatchSource some = source(1.6e-7);
  data::Blocks& blocks = *dataset_.train.blocks;
  const std::vector<int64_t> order = numbers(some.order(Rng(5)));
  std::set<int64_t> first;  // blocks among the first data, as many as one window has
  for (int64_t i = 0; i < blocks.held() * (blocks.end(0) - blocks.begin(0)) / 2; ++i) {
    int64_t block = 0;
    while (blocks.end(block) <= order[static_cast<size_t>(i)]) ++block;
    first.insert(block);
  }
  EXPECT_GT(static_cast<int64_t>(first.size()), blocks.held() / 2);
  EXPECT_LE(static_cast<int64_t>(first.size()), blocks.held());
}

TEST_F(Order, BatchesOfBlocksAreThoseOfTheSameRowsInMemory) {
  const BatchSource some = source(1.6e-7);
  const Tensor ids = some.order(Rng(1)).narrow(0, 0, 100);
  const Batch batch = some.batch(Part::train, ids, Rng(1));
  const Batch again = some.batch(Part::train, ids, Rng(1));
  EXPECT_TRUE(batch.x.equal(again.x));
  EXPECT_EQ(some.batch(Part::train, 0, 800, Rng(1)).x.index_select(0, ids).sub(batch.x).abs().sum().item<double>(), 0);
}

TEST_F(Order, StatisticsOfBlocksAreThoseOfTheData) {
  const Statistics in_memory = source(0).statistics(), blocks = source(1.6e-7).statistics();
  EXPECT_EQ(blocks.count, 800);
  EXPECT_NEAR(in_memory.mean.item<double>(), blocks.mean.item<double>(), 1e-9);
  EXPECT_NEAR(in_memory.variance.item<double>(), blocks.variance.item<double>(), 1e-6);
  EXPECT_EQ(in_memory.median.item<double>(), blocks.median.item<double>());
  EXPECT_TRUE(in_memory.histogram.equal(blocks.histogram));
}

}  // namespace
}  // namespace elbo::host
