// From a data set to the tensors of one batch: gathers rows of stored values and applies the chain of transforms.
#pragma once
#include <array>
#include <elbo/model.hpp>
#include <elbo/random.hpp>
#include <optional>

#include "data/dataset.hpp"
#include "observation/observation_model.hpp"

namespace elbo::host {

struct Batch {
  Tensor
      x;  // [B, X...], what the likelihood scores (Scoring::direct); NaN where a value is missing (Scoring::observed)
  Tensor lo, hi;  // [B, X...], ends of each value's interval (Scoring::interval), the outermost ones infinite or 0, 1
  Tensor
      input;  // [B, X...], what the encoder sees: scaled to about [0, 1] or unit variance; [B, 2 D] of masked tables; with what
              // is given behind it, unless that is kept from the encoder
  Tensor ids;  // [B] int64, rows of the split; where the others are
  Tensor
      condition{};  // [B, C], what is given of the data: names as 0 and 1, numbers standardised; undefined where nothing is
  int64_t size() const { return ids.size(0); }
  /// The data at these places [n], in their order.
  Batch at(const Tensor& places) const;
};

/// Which of the three parts of a data set.
enum class Part { train, valid, test };

/// Makes batches of one data set under one observation model. All randomness is a function of the generator and the data point.
class BatchSource {
 public:
  /// float64 batches when `in_double`. Keeps a reference: the data set must outlive it. The model is complete().
  BatchSource(const data::Dataset& dataset, const observation::ObservationModel& model, bool in_double = false);

  int64_t size(Part part) const { return split(part).x.rows(); }
  const data::Split& split(Part part) const;
  const observation::ObservationModel& observation_model() const { return observation_model_; }
  /// The same data under another model, as when a density is evaluated as a pmf on the levels.
  BatchSource with_observation_model(const observation::ObservationModel& model) const;

  /// From now on batches are made on this device. Data in memory go there once, as they are stored; those that are read by
  /// blocks go batch by batch.
  void move_to(const at::Device& device);
  /// Of the batches' dtype and device, for parameters that have to meet them.
  Tensor like() const;
  /// The generator of this seed; what it draws meets the batches.
  Rng rng(int64_t seed) const { return Rng(static_cast<uint64_t>(seed)).like(like()); }

  /// The given rows [B]. Fresh noise (dynamic binarisation, dequantisation) of training data comes from rng; that of
  /// other data is fixed by the transform's seed alone, the same for every run, so that runs are compared on the same x.
  Batch batch(Part part, const Tensor& ids, const Rng& rng) const;
  /// Rows first .. first + count - 1.
  Batch batch(Part part, int64_t first, int64_t count, const Rng& rng) const;

  /// The batch that x [B, X...] sampled from the likelihood for these test data would have been; where levels are scored,
  /// samples fall into them, and what is missing of a test data point is missing of its sample.
  Batch sampled(const Tensor& x, const Tensor& ids) const;

  /// What the encoder sees of x [B, X...] in the likelihood's units: scaled to about [0, 1] or unit variance. Where values may be
  /// missing, 0 (the mean) stands for those that are NaN, and the mask of the others follows: [B, 2 D]. What is given of the data
  /// comes last.
  Tensor input_of(const Tensor& x, const Tensor& condition) const;
  /// What is given of these data [B] of a part; undefined where nothing is.
  Tensor condition_of(Part part, const Tensor& ids) const;
  /// The same of values as Split::condition has them, [n, C].
  Tensor encoded_condition(const std::vector<std::vector<double>>& values) const;
  /// Whether the encoder is shown what is given, and of images as planes of their size.
  void show_condition(observation::ShownCondition how) { observation_model_.shown = how; }

  /// The stored values for which x [B, X...] in the likelihood's units is expected.
  Tensor to_stored(const Tensor& x) const;

  /// Of the training data in the units the likelihood sees. One pass over them, the first time.
  const Statistics& statistics() const;

  /// All training data [N] in an order that the generator alone decides: any order is as likely as another, or, of data in
  /// blocks, any order within windows of as many random blocks as are held.
  Tensor order(Rng rng) const;

 private:
  /// f(transform, x, its constants) of each step in turn, from `x` on.
  template <class F>
  Tensor through_chain(Tensor x, F&& f) const;
  void set_constants();
  Rng rng_of(const observation::Noise& noise, Part part, const Tensor& ids, const Rng& rng) const;
  Tensor rows(Part part, const Tensor& ids) const;
  Tensor gathered(Part part, const Tensor& ids) const;
  std::optional<Tensor> binarized_bytes(Part part, const Tensor& ids, const Rng& rng) const;
  Tensor without_some(const Tensor& condition, Part part, const Tensor& ids, const Rng& rng) const;
  Tensor observed(const Tensor& stored, Part part, const Tensor& ids, const Rng& rng) const;
  Tensor expected(const Tensor& stored) const;
  void set_intervals(Batch& batch, const Tensor& stored) const;
  Statistics measured() const;

  const data::Dataset* dataset_;
  observation::ObservationModel observation_model_;
  at::ScalarType dtype_;
  at::Device device_ = at::kCPU;
  std::array<Tensor, 3> resident_;              // [N, X...] as stored, of each part that lies on the device
  std::vector<std::vector<Tensor>> constants_;  // [X...], of each step of the chain
  mutable std::optional<Statistics> statistics_;
};

template <class F>
Tensor BatchSource::through_chain(Tensor x, F&& f) const {
  for (size_t i = 0; i < observation_model_.chain.size(); ++i) {
    const observation::Constants<Tensor> constants(constants_[i]);
    x = std::visit([&](const auto& transform) { return f(transform, x, constants); }, observation_model_.chain[i]);
  }
  return x;
}

}  // namespace elbo::host
