// The order in which an epoch shows the training data.
#include <ATen/ops/empty.h>

#include <numeric>

#include "batches/batch_source.hpp"
#include "data/blocks.hpp"

namespace elbo::host {
namespace {

/// Blocks in random order; the data of as many as can be held at a time are mixed. No window is much smaller than another.
Tensor order_of(data::Blocks& blocks, const Rng& rng) {
  const int64_t count = blocks.count(), windows = (count + blocks.held() - 1) / blocks.held();
  const Tensor shuffled = rng.fork("blocks").permutation(count);
  const std::span<const int64_t> sequence(shuffled.data_ptr<int64_t>(), static_cast<size_t>(count));
  blocks.expect(sequence);
  const Tensor order = at::empty({blocks.rows()}, at::TensorOptions(at::kLong));
  int64_t* next = order.data_ptr<int64_t>();
  std::vector<int64_t> data;
  for (int64_t window = 0, done = 0; window < windows; ++window) {
    data.clear();
    for (const int64_t end = count * (window + 1) / windows; done < end; ++done) {
      const int64_t block = sequence[static_cast<size_t>(done)];
      data.resize(data.size() + static_cast<size_t>(blocks.end(block) - blocks.begin(block)));
      std::iota(data.end() - (blocks.end(block) - blocks.begin(block)), data.end(), blocks.begin(block));
    }
    const Tensor mixed =
        rng.fork("window", static_cast<uint64_t>(window)).permutation(static_cast<int64_t>(data.size()));
    for (size_t i = 0; i < data.size(); ++i) *next++ = data[static_cast<size_t>(mixed.data_ptr<int64_t>()[i])];
  }
  return order;
}

}  // namespace

Tensor BatchSource::order(Rng rng) const {
  const auto& blocks = split(Part::train).blocks;
  return blocks ? order_of(*blocks, rng) : rng.permutation(size(Part::train));
}

}  // namespace elbo::host
