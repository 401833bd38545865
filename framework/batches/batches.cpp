#include "batches/batches.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>

#include <elbo/clones.hpp>
#include <elbo/fused.hpp>

#include <limits>

#include "data/visit.hpp"

namespace elbo {
namespace {

std::span<const int64_t> span_of(const Tensor& ids) {
  return {ids.data_ptr<int64_t>(), static_cast<size_t>(ids.size(0))};
}

/// Reads a value of each cache line. The rows of a batch lie far apart: asked for at once, they arrive together.
/// (Prefetches were measured to bring nothing.)
void fetch(const data::Split& split, int64_t row, const Tensor& ids) {
  constexpr int64_t cache = 1 << 19;  // what does not fit would be gone when it is used
  data::for_each_row(split, span_of(ids), row, [&]<class T>(const T* stored) {
    constexpr int64_t line = 64 / sizeof(T);
    if (ids.size(0) * row * static_cast<int64_t>(sizeof(T)) > cache) return;
    for (int64_t i = 0; i < row; i += line) static_cast<void>(static_cast<const volatile T*>(stored)[i]);
  });
}

template <class To>
void gather(const data::Split& split, int64_t row, const Tensor& ids, To* to) {
  fetch(split, row, ids);
  data::for_each_row(split, span_of(ids), row, [&](const auto* source) {
    for (int64_t i = 0; i < row; ++i) *to++ = static_cast<To>(source[i]);
  });
}

/// values: uniform noise before, 0 or 1 after.
ELBO_CLONES void binarize(const uint8_t* stored, float top, float* values, int64_t n) {
  for (int64_t i = 0; i < n; ++i) values[i] = values[i] < static_cast<float>(stored[i]) / top ? 1.f : 0.f;
}

/// All data of a part on a device; nothing of those that do not lie in memory.
Tensor copy_of(const data::Split& split, const Shape& shape, const at::Device& device) {
  if (split.blocks) return {};
  return std::visit(
      [&]<class T>(const std::vector<T>& values) {
        const Tensor stored = at::empty(Shape{split.x.rows()} + shape,
                                        at::TensorOptions(std::is_same_v<T, uint8_t> ? at::kByte : at::kFloat));
        std::copy(values.begin(), values.end(), stored.data_ptr<T>());
        return stored.to(device);
      },
      split.x.values);
}

const char* name_of(Part part) { return part == Part::train ? "train" : part == Part::valid ? "valid" : "test"; }

}  // namespace

Feed::Feed(const data::Dataset& dataset, const data::View& view, const DataConfig& config, bool in_double)
    : dataset_(&dataset), view_(view), config_(config), dtype_(in_double ? at::kDouble : at::kFloat) {
  const bool is_real = view.observation.support == Support::real && view.scoring == data::Scoring::direct;
  if (!is_real && !view.by_column) return;
  const Statistics s = measured();
  input_mean_ = s.mean.to(dtype_);
  const Tensor deviation = s.variance.sqrt();
  input_scale_ = deviation.masked_fill(deviation < 1e-6, 1.0).to(dtype_);  // a value that never varies stays as it is
  mean_ = input_mean_.clone();
  scale_ = input_scale_.clone();
  const auto& columns = view.observation.columns;
  for (size_t i = 0; i < columns.size(); ++i)
    if (columns[i].support != Support::real) {
      mean_.view(-1)[static_cast<int64_t>(i)] = 0;
      scale_.view(-1)[static_cast<int64_t>(i)] = 1;
    }
}

bool Feed::standardizes() const { return !view_.chain.empty() && view_.chain.front().name == data::standardize; }

// While the constructor asks for the very statistics that standardisation needs, there is nothing to standardise by.
Tensor Feed::standardized(const Tensor& stored) const {
  return standardizes() && mean_.defined() ? (stored - mean_) / scale_ : stored;
}

const data::Split& Feed::split(Part part) const {
  return part == Part::train ? dataset_->train : part == Part::valid ? dataset_->valid : dataset_->test;
}

Feed Feed::with_view(const data::View& view) const {
  Feed other = *this;
  other.view_ = view;
  other.statistics_.reset();
  return other;
}

void Feed::move_to(const at::Device& device) {
  device_ = device;
  for (Tensor* t : {&input_mean_, &input_scale_, &mean_, &scale_})
    if (t->defined()) *t = t->to(device);
  for (const Part part : {Part::train, Part::valid, Part::test})
    resident_.at(static_cast<size_t>(part)) =
        device.is_cpu() ? Tensor() : copy_of(split(part), dataset_->shape, device);
}

Tensor Feed::like() const { return at::empty({0}, at::TensorOptions(dtype_).device(device_)); }

Tensor Feed::rows(Part part, const Tensor& ids) const {
  const Tensor& resident = resident_.at(static_cast<size_t>(part));
  if (resident.defined()) return resident.index_select(0, ids.to(device_)).to(dtype_);
  return gathered(part, ids.to(at::kCPU)).to(device_);
}

Tensor Feed::gathered(Part part, const Tensor& ids) const {
  const Tensor out = at::empty(Shape{ids.size(0)} + dataset_->shape, at::TensorOptions(dtype_));
  const int64_t row = numel(dataset_->shape);
  if (dtype_ == at::kDouble) gather(split(part), row, ids, out.data_ptr<double>());
  else gather(split(part), row, ids, out.data_ptr<float>());
  return out;
}

Rng Feed::fixed_draw(Part part) const { return Rng(static_cast<uint64_t>(config_.binarize_seed)).fork(name_of(part)); }

bool Feed::draws_from_bytes() const {
  return fused_kernels() && device_.is_cpu() && config_.binarize != "threshold" && dtype_ == at::kFloat &&
         dataset_->support == Support::levels && data::holds_bytes(dataset_->train);
}

/// One pass over bytes and noise; the same numbers as binarized() of what rows() gives.
Tensor Feed::drawn_from_bytes(Part part, const Tensor& ids, const Rng& rng) const {
  const auto top = static_cast<float>(dataset_->levels - 1);
  const int64_t row = numel(dataset_->shape);
  Rng draw = draw_of(part, rng).for_data(ids);
  fetch(split(part), row, ids);  // while the noise is drawn
  const Tensor out = draw.uniform(Shape{1, ids.size(0)} + dataset_->shape).squeeze(0);
  auto* value = out.data_ptr<float>();
  data::for_each_row(split(part), span_of(ids), row, [&]<class T>(const T* stored) {
    if constexpr (std::is_same_v<T, uint8_t>) binarize(stored, top, value, row);
    value += row;
  });
  return out;
}

/// What is drawn afresh for training data comes from rng, else from the fixed draw.
Rng Feed::draw_of(Part part, const Rng& rng) const {
  return config_.binarize == "dynamic" && part == Part::train ? rng.fork("binarize") : fixed_draw(part);
}

Tensor Feed::binarized(const Tensor& unit, Part part, const Tensor& ids, const Rng& rng) const {
  if (config_.binarize == "threshold") return (unit > config_.threshold).to(dtype_);
  Rng draw = draw_of(part, rng).for_data(ids).like(unit);
  return (draw.uniform(Shape{1} + unit.sizes().vec()).squeeze(0) < unit).to(dtype_);
}

// Level k is the interval [k, k + 1) / levels ("tile, fold"): the outermost levels take the tails.
void Feed::set_interval(Batch& batch, const Tensor& stored) const {
  const auto levels = static_cast<double>(view_.levels);
  batch.lo = stored / levels;
  batch.hi = (stored + 1) / levels;
  if (view_.observation.support == Support::unit_interval) return;
  const double infinity = std::numeric_limits<double>::infinity();
  if (view_.observation.support == Support::real) batch.lo.masked_fill_(stored == 0, -infinity);
  batch.hi.masked_fill_(stored == levels - 1, infinity);
}

Batch Feed::batch(Part part, const Tensor& given_ids, const Rng& rng) const {
  Batch batch;
  const Tensor ids = batch.ids = given_ids.device() == device_ ? given_ids : given_ids.to(device_);
  if (view_.observation.support == Support::binary && view_.scoring == data::Scoring::direct && draws_from_bytes()) {
    batch.x = batch.input = drawn_from_bytes(part, ids, rng);
    return batch;
  }
  const Tensor stored = rows(part, ids);
  const bool grey = dataset_->support == Support::levels;
  const auto levels = static_cast<double>(dataset_->levels);
  if (view_.scoring == data::Scoring::interval) {
    set_interval(batch, stored);
    batch.x = batch.input = (stored + 0.5) / levels;
    return batch;
  }
  if (data::has_soft_targets(view_)) {
    batch.x = batch.input = grey ? stored / (levels - 1) : stored;
    return batch;
  }
  if (view_.by_column) {
    batch.x = standardized(stored);
    batch.input = input_of(batch.x);
    return batch;
  }
  switch (view_.observation.support) {
    case Support::binary:
      batch.x = grey ? binarized(stored / (levels - 1), part, ids, rng) : stored;
      break;
    case Support::levels:
    case Support::counts:
    case Support::simplex_counts:
      batch.x = stored;
      break;
    case Support::unit_interval:
    case Support::positive:
    case Support::real:
    case Support::mixed:
      if (grey) {
        Rng draw = (part == Part::train ? rng.fork("dequantize") : fixed_draw(part)).for_data(ids).like(stored);
        const Tensor noise =
            config_.dequantize ? draw.uniform(Shape{1} + stored.sizes().vec()).squeeze(0) : stored * 0 + 0.5;
        batch.x = (stored + noise) / levels;
      } else {
        batch.x = standardized(stored);
      }
  }
  batch.input = input_of(batch.x);
  return batch;
}

Batch Feed::drawn(const Tensor& x, const Tensor& ids) const {
  Batch batch;
  batch.ids = ids.to(device_);
  if (view_.scoring == data::Scoring::interval) {
    const auto levels = static_cast<double>(view_.levels);
    const Tensor stored = (x * levels).floor().clamp(0, levels - 1);
    set_interval(batch, stored);
    batch.x = batch.input = (stored + 0.5) / levels;
    return batch;
  }
  batch.x = x;
  batch.input = input_of(x);
  return batch;
}

Tensor Feed::input_of(const Tensor& x) const {
  if (view_.by_column) return ((standardizes() ? x * scale_ + mean_ : x) - input_mean_) / input_scale_;
  const bool grey = dataset_->support == Support::levels;
  switch (view_.observation.support) {
    case Support::levels:
      return (x + 0.5) / static_cast<double>(dataset_->levels);
    case Support::counts:
    case Support::simplex_counts:
      return x.log1p();
    default:
      return grey || standardizes() || !input_mean_.defined() ? x : (x - input_mean_) / input_scale_;
  }
}

Batch Feed::batch(Part part, int64_t first, int64_t count, const Rng& rng) const {
  return batch(part, at::arange(first, first + count, at::TensorOptions(at::kLong).device(device_)), rng);
}

}  // namespace elbo
