// Moments of the training data, in the units the likelihood sees: where a decoder's bias starts.
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "batches/batch_source.hpp"
#include "data/blocks.hpp"

namespace elbo::host {
namespace {

constexpr int64_t chunk_rows = 2000, chunk_values = 4'000'000;  // looked at in one go
constexpr int64_t subsample = 2000;                             // rows for the median, spread evenly

/// Counts of each level of each value would take more memory than the data: of 16 bits, 65536 numbers a value.
constexpr int64_t most_counted_levels = 4096;

/// Of the values, or of the columns that have levels; 0 where there are none, or too many to be counted.
int64_t most_levels(const Observation& observation) {
  int64_t levels = observation.support == Support::levels ? observation.levels : 0;
  for (const Column& column : observation.columns)
    if (column.support == Support::levels) levels = std::max(levels, column.levels);
  return levels > most_counted_levels ? 0 : levels;
}

/// `counted`: 1 where a value counts, and 0 where it is missing; undefined where all do.
Tensor histogram_of(const Tensor& levels_of_rows, int64_t levels, const Tensor& counted) {
  const Tensor flat = levels_of_rows.flatten(1).to(at::kLong);
  const at::TensorOptions options = flat.options().dtype(at::kDouble);
  const Tensor ones = counted.defined() ? counted.flatten(1).to(options) : at::ones(flat.sizes(), options);
  return at::zeros({levels, flat.size(1)}, options).scatter_add_(0, flat, ones);
}

/// The median over the rows, and the mean distance from it, of the values that are not missing.
std::pair<Tensor, Tensor> median_and_deviation(const Tensor& rows, bool masked) {
  if (!masked) {
    const Tensor median = std::get<0>(rows.median(0));
    return {median, (rows - median).abs().mean(0)};
  }
  const Tensor median = std::get<0>(rows.nanmedian(0)), distances = (rows - median).abs(), missing = rows.isnan();
  return {median, distances.masked_fill(missing, 0).sum(0) / missing.logical_not().sum(0)};
}

}  // namespace

const Statistics& BatchSource::statistics() const {
  if (!statistics_) statistics_ = measured();
  return *statistics_;
}

Statistics BatchSource::measured() const {
  const int64_t n = size(Part::train),
                chunk = std::clamp<int64_t>(chunk_values / numel(dataset_->shape), 1, chunk_rows);
  const bool masked = observation_model_.masked();
  const int64_t levels =
      observation_model_.scoring() != observation::Scoring::interval ? most_levels(observation_model_.observation) : 0;
  const int64_t step = std::max<int64_t>(1, n / subsample);
  Tensor sum, squares, low, high, histogram, observed;  // observed: how often each value is
  std::vector<Tensor> some;
  for (int64_t first = 0; first < n; first += chunk) {
    const int64_t count = std::min(chunk, n - first);
    const Tensor stored =
        rows(Part::train, at::arange(first, first + count, at::TensorOptions(at::kLong))).to(at::kDouble);
    const Tensor x = expected(stored);
    if (const int64_t next = (first + step - 1) / step * step; next < first + count)
      some.push_back(x.slice(0, next - first, count, step).clone());
    const Tensor missing = masked ? x.isnan() : Tensor();
    const auto filled = [&](double value) { return masked ? x.masked_fill(missing, value) : x; };
    const Tensor part_low = std::get<0>(filled(INFINITY).min(0)), part_high = std::get<0>(filled(-INFINITY).max(0));
    const Tensor terms = filled(0);
    sum = sum.defined() ? sum + terms.sum(0) : terms.sum(0);
    squares = squares.defined() ? squares + terms.square().sum(0) : terms.square().sum(0);
    if (masked) {
      const Tensor seen = missing.logical_not().sum(0).to(at::kDouble);
      observed = observed.defined() ? observed + seen : seen;
    }
    low = low.defined() ? low.minimum(part_low) : part_low;
    high = high.defined() ? high.maximum(part_high) : part_high;
    if (levels > 0) {
      const Tensor whole = masked ? stored.masked_fill(missing, 0) : stored;
      const Tensor h = histogram_of(whole.clamp(0, levels - 1), levels, masked ? missing.logical_not() : Tensor());
      histogram = histogram.defined() ? histogram + h : h;
    }
  }
  Statistics s;
  s.count = n;
  const auto per_value = [&](const Tensor& t) { return masked ? t / observed : t / static_cast<double>(n); };
  s.mean = per_value(sum);
  s.variance = (per_value(squares) - s.mean.square()).clamp_min(0);
  // Data that are drawn anew as 0 or 1 vary more than their grey values.
  if (observation_model_.observation.support == Support::binary) s.variance = s.mean * (1 - s.mean);
  s.min = low;
  s.max = high;
  if (levels > 0) s.histogram = histogram.reshape(Shape{levels} + dataset_->shape);

  const Tensor spread = elbo::cat(some, 0);
  std::tie(s.median, s.mean_abs_deviation) = median_and_deviation(spread, masked);
  if (masked) {  // a rare value may be missing in all rows of the subsample
    s.median = elbo::where(s.median.isnan(), s.mean, s.median);
    s.mean_abs_deviation = elbo::where(s.mean_abs_deviation.isnan(), s.variance.sqrt(), s.mean_abs_deviation);
  }
  for (Tensor* t : {&s.mean, &s.variance, &s.min, &s.max, &s.histogram, &s.median, &s.mean_abs_deviation})
    if (t->defined()) *t = t->to(at::kCPU);  // plugins begin on the processor
  return s;
}

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
