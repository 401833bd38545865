#include "batches/batch_source.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <limits>

#include "sdk/src/fused/fused.hpp"
#include "sdk/src/tensor/clones.hpp"

#include "data/blocks.hpp"

namespace elbo::host {
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
void read_rows(const data::Split& split, int64_t row, const Tensor& ids, To* to) {
  fetch(split, row, ids);
  data::for_each_row(split, span_of(ids), row, [&](const auto* source) {
    for (int64_t i = 0; i < row; ++i) *to++ = static_cast<To>(source[i]);
  });
}

/// values: uniform noise before, 0 or 1 after.
void binarize_body(const observation::Binarize& transform, const uint8_t* stored, float* values, int64_t n) {
  for (int64_t i = 0; i < n; ++i) values[i] = transform.apply(static_cast<float>(stored[i]), values[i], {});
}
constexpr auto binarize = clones<binarize_body>;

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

/// c behind the values, or as planes behind the channels.
Tensor with_shown(const Tensor& input, const Tensor& c, observation::ShownCondition how) {
  if (how == observation::ShownCondition::not_at_all) return input;
  if (how == observation::ShownCondition::as_values) return elbo::cat({input.flatten(1), c}, 1);
  Shape one(static_cast<size_t>(input.dim()), 1), planes = input.sizes().vec();
  one[0] = c.size(0), one[1] = planes[1] = c.size(1);
  return elbo::cat({input, c.view(one).expand(planes)}, 1);
}

constexpr double not_observed = std::numeric_limits<double>::quiet_NaN();

const char* name_of(Part part) { return part == Part::train ? "train" : part == Part::valid ? "valid" : "test"; }

}  // namespace

Batch Batch::at(const Tensor& places) const {
  const auto taken = [&](const Tensor& t) { return t.defined() ? t.index_select(0, places.to(t.device())) : t; };
  return {.x = taken(x),
          .lo = taken(lo),
          .hi = taken(hi),
          .input = taken(input),
          .ids = taken(ids),
          .condition = taken(condition)};
}

BatchSource::BatchSource(const data::Dataset& dataset, const observation::ObservationModel& model, bool in_double)
    : dataset_(&dataset), observation_model_(model), dtype_(in_double ? at::kDouble : at::kFloat) {
  set_constants();
}

void BatchSource::set_constants() {
  constants_.clear();
  for (const observation::Transform& step : observation_model_.chain) {
    std::vector<Tensor>& tensors = constants_.emplace_back();
    for (std::vector<double>& list : std::visit([](const auto& t) { return t.constants(); }, step))
      tensors.push_back(at::from_blob(list.data(), dataset_->shape, at::TensorOptions(at::kDouble))
                            .to(device_, dtype_, false, /*copy=*/true));
    if (tensors.empty() && std::visit([](const auto& t) { return t.needs_moments; }, step))
      throw Error("an observation model makes batches only when it is complete(): it has not seen the training data");
  }
}

const data::Split& BatchSource::split(Part part) const {
  return part == Part::train ? dataset_->train : part == Part::valid ? dataset_->valid : dataset_->test;
}

BatchSource BatchSource::with_observation_model(const observation::ObservationModel& model) const {
  BatchSource other = *this;
  other.observation_model_ = model;
  other.observation_model_.shown = observation_model_.shown;  // the encoder stays as it is
  other.set_constants();
  other.statistics_.reset();
  return other;
}

void BatchSource::move_to(const at::Device& device) {
  device_ = device;
  set_constants();
  for (const Part part : {Part::train, Part::valid, Part::test})
    resident_.at(static_cast<size_t>(part)) =
        device.is_cpu() ? Tensor() : copy_of(split(part), dataset_->shape, device);
}

Tensor BatchSource::like() const { return at::empty({0}, at::TensorOptions(dtype_).device(device_)); }

Tensor BatchSource::rows(Part part, const Tensor& ids) const {
  const Tensor& resident = resident_.at(static_cast<size_t>(part));
  if (resident.defined()) return resident.index_select(0, ids.to(device_)).to(dtype_);
  return gathered(part, ids.to(at::kCPU)).to(device_);
}

Tensor BatchSource::gathered(Part part, const Tensor& ids) const {
  const Tensor out = at::empty(Shape{ids.size(0)} + dataset_->shape, at::TensorOptions(dtype_));
  const int64_t row = numel(dataset_->shape);
  if (dtype_ == at::kDouble) read_rows(split(part), row, ids, out.data_ptr<double>());
  else read_rows(split(part), row, ids, out.data_ptr<float>());
  return out;
}

Rng BatchSource::rng_of(const observation::Noise& noise, Part part, const Tensor& ids, const Rng& rng) const {
  const bool fresh = noise.fresh_in_training && part == Part::train;
  return (fresh ? rng.fork(noise.stream) : Rng(static_cast<uint64_t>(noise.seed)).fork(name_of(part))).for_data(ids);
}

/// One pass over bytes and noise; the same numbers as observed() of what rows() gives.
std::optional<Tensor> BatchSource::binarized_bytes(Part part, const Tensor& ids, const Rng& rng) const {
  const bool fused = fused_kernels() && device_.is_cpu() && dtype_ == at::kFloat && data::holds_bytes(dataset_->train);
  const auto* transform = observation_model_.find<observation::Binarize>();
  const auto noise = transform && observation_model_.chain.size() == 1 ? transform->noise() : std::nullopt;
  if (!fused || !noise) return {};
  const int64_t row = numel(dataset_->shape);
  Rng source = rng_of(*noise, part, ids, rng);
  fetch(split(part), row, ids);  // while the noise is drawn
  const Tensor out = source.uniform(Shape{1, ids.size(0)} + dataset_->shape).squeeze(0);
  auto* value = out.data_ptr<float>();
  data::for_each_row(split(part), span_of(ids), row, [&]<class T>(const T* stored) {
    if constexpr (std::is_same_v<T, uint8_t>) binarize(*transform, stored, value, row);
    value += row;
  });
  return out;
}

Tensor BatchSource::observed(const Tensor& stored, Part part, const Tensor& ids, const Rng& rng) const {
  return through_chain(stored, [&](const auto& transform, const Tensor& x, const auto& constants) {
    const auto noise = transform.noise();
    if (!noise) return transform.apply(x, x, constants);
    Rng source = rng_of(*noise, part, ids, rng).like(x);
    return transform.apply(x, source.uniform(Shape{1} + x.sizes().vec()).squeeze(0), constants);
  });
}

/// The mean of x over the noise.
Tensor BatchSource::expected(const Tensor& stored) const {
  return through_chain(stored, [](const auto& transform, const Tensor& x, const auto& constants) {
    return observation::expected(transform, x, constants);
  });
}

void BatchSource::set_intervals(Batch& batch, const Tensor& stored) const {
  const auto* intervals = observation_model_.find<observation::Intervals>();
  if (!intervals) return;
  batch.lo = intervals->lower_end(stored);
  batch.hi = intervals->upper_end(stored);
}

Batch BatchSource::batch(Part part, const Tensor& given_ids, const Rng& rng) const {
  Batch batch;
  const Tensor ids = batch.ids = given_ids.device() == device_ ? given_ids : given_ids.to(device_);
  if (auto binary = binarized_bytes(part, ids, rng)) {
    batch.x = *std::move(binary);
  } else {
    const Tensor stored = rows(part, ids);
    set_intervals(batch, stored);
    batch.x = observed(stored, part, ids, rng);
  }
  batch.condition = without_some(condition_of(part, ids), part, ids, rng);
  batch.input = input_of(batch.x, batch.condition);
  return batch;
}

Batch BatchSource::batch(Part part, int64_t first, int64_t count, const Rng& rng) const {
  return batch(part, at::arange(first, first + count, at::TensorOptions(at::kLong).device(device_)), rng);
}

Batch BatchSource::sampled(const Tensor& x, const Tensor& ids) const {
  Batch batch;
  batch.ids = ids.to(device_);
  batch.x = observation_model_.masked() ? x.masked_fill(rows(Part::test, ids).isnan(), not_observed) : x;
  if (const auto* intervals = observation_model_.find<observation::Intervals>()) {
    const Tensor level = intervals->level_of(x);
    set_intervals(batch, level);
    batch.x = expected(level);
  }
  batch.condition = condition_of(Part::test, ids);
  batch.input = input_of(batch.x, batch.condition);
  return batch;
}

Tensor BatchSource::to_stored(const Tensor& x) const {
  Tensor stored = x;
  for (size_t i = observation_model_.chain.size(); i-- > 0;) {
    const observation::Constants<Tensor> constants(constants_[i]);
    stored = std::visit([&](const auto& transform) { return transform.to_stored(stored, constants); },
                        observation_model_.chain[i]);
  }
  return stored;
}

Tensor BatchSource::input_of(const Tensor& x, const Tensor& condition) const {
  Tensor input = through_chain(x, [](const auto& transform, const Tensor& value, const auto& constants) {
    return transform.encoder_input(value, constants);
  });
  if (observation_model_.masked()) {
    const Tensor missing = x.isnan();
    input = elbo::cat({input.masked_fill(missing, 0), missing.logical_not().to(input.scalar_type())}, 1);
  }
  return condition.defined() ? with_shown(input, condition.to(input.scalar_type()), observation_model_.shown) : input;
}

Tensor BatchSource::encoded_condition(const std::vector<std::vector<double>>& values) const {
  const auto& columns = dataset_->condition;
  if (columns.empty()) return {};
  const auto rows = static_cast<int64_t>(values.at(0).size()),
             width = static_cast<int64_t>(observation_model_.given_names.size());
  const Tensor all = at::zeros({rows, width}, at::TensorOptions(at::kDouble));
  auto* row = all.data_ptr<double>();
  for (size_t r = 0; r < static_cast<size_t>(rows); ++r)
    for (size_t i = 0; i < columns.size(); row += columns[i++].width()) columns[i].encode(values[i][r], row);
  return all.to(device_, dtype_);
}

Tensor BatchSource::condition_of(Part part, const Tensor& ids) const {
  if (dataset_->condition.empty()) return {};
  const Tensor here = ids.to(at::kCPU);
  std::vector<std::vector<double>> values;
  for (const std::vector<double>& column : split(part).condition) {
    auto& some = values.emplace_back();
    for (const int64_t id : span_of(here)) some.push_back(column[static_cast<size_t>(id)]);
  }
  return encoded_condition(values);
}

/// Some training data are shown without what is given of them, so that the model knows data of which nothing is known.
Tensor BatchSource::without_some(const Tensor& condition, Part part, const Tensor& ids, const Rng& rng) const {
  if (!condition.defined() || part != Part::train || observation_model_.unseen <= 0) return condition;
  Rng noise = rng.fork("unseen").for_data(ids).like(condition);
  return condition * noise.uniform({1, ids.size(0), 1}).squeeze(0).ge(observation_model_.unseen).to(dtype_);
}

}  // namespace elbo::host
