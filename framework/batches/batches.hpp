// From a data set to the tensors of one batch: gather rows of bytes, apply the view's transforms.
#pragma once
#include <array>
#include <elbo/likelihood.hpp>
#include <elbo/rng.hpp>
#include <optional>

#include "data/dataset.hpp"
#include "data/transforms.hpp"

namespace elbo {

struct Batch {
  Tensor x;       // [B, X...], what the likelihood scores (Scoring::direct)
  Tensor lo, hi;  // [B, X...], ends of each value's interval (Scoring::interval), the outermost ones infinite or 0, 1
  Tensor input;   // [B, X...], what the encoder sees: scaled to about [0, 1] or unit variance
  Tensor ids;     // [B] int64, rows of the split; where the others are
  int64_t size() const { return ids.size(0); }
};

/// Which of the three parts of a data set.
enum class Part { train, valid, test };

/// Makes batches of one data set under one view. All randomness is a function of the generator and the datum.
class Feed {
 public:
  /// float64 batches when `in_double`. Keeps references: the data set must outlive it.
  Feed(const data::Dataset& dataset, const data::View& view, const DataConfig& config, bool in_double = false);

  int64_t size(Part part) const { return split(part).x.rows(); }
  const data::Split& split(Part part) const;
  const data::View& view() const { return view_; }
  /// The same data seen another way, as when a density is evaluated as a pmf on the levels.
  Feed with_view(const data::View& view) const;

  /// From now on batches are made on this device. Data in memory go there once, as they are stored; those that are read by
  /// blocks go batch by batch.
  void move_to(const at::Device& device);
  /// Of the batches' dtype and device, for parameters that have to meet them.
  Tensor like() const;
  /// The generator of this seed; what it draws meets the batches.
  Rng rng(int64_t seed) const { return Rng(static_cast<uint64_t>(seed)).like(like()); }

  /// The given rows [B]. Fresh draws (dynamic binarisation, dequantisation) of training data come from rng; those of
  /// other data are fixed by binarize_seed alone, the same for every run, so that runs are compared on the same draw.
  Batch batch(Part part, const Tensor& ids, const Rng& rng) const;
  /// Rows first .. first + count - 1.
  Batch batch(Part part, int64_t first, int64_t count, const Rng& rng) const;

  /// The batch that x [B, X...] drawn from the likelihood would have been; where levels are scored, draws fall into them.
  Batch drawn(const Tensor& x, const Tensor& ids) const;

  /// What the encoder sees of x [B, X...] in the likelihood's units: scaled to about [0, 1] or unit variance.
  Tensor input_of(const Tensor& x) const;

  /// Of the training data in the units the likelihood sees. One pass over them, the first time.
  const Statistics& statistics() const;

  /// All training data [N] in an order that the generator alone decides: any order is as likely as another, or, of data in
  /// blocks, any order within windows of as many random blocks as are held.
  Tensor order(Rng rng) const;

 private:
  Statistics measured() const;
  bool draws_from_bytes() const;
  Tensor drawn_from_bytes(Part part, const Tensor& ids, const Rng& rng) const;
  Rng draw_of(Part part, const Rng& rng) const;
  Tensor rows(Part part, const Tensor& ids) const;
  Tensor gathered(Part part, const Tensor& ids) const;
  Tensor binarized(const Tensor& unit, Part part, const Tensor& ids, const Rng& rng) const;
  bool standardizes() const;
  Tensor standardized(const Tensor& stored) const;
  void set_interval(Batch& batch, const Tensor& stored) const;
  Rng fixed_draw(Part part) const;

  const data::Dataset* dataset_;
  data::View view_;
  DataConfig config_;
  at::ScalarType dtype_;
  at::Device device_ = at::kCPU;
  std::array<Tensor, 3> resident_;   // [N, X...] as stored, of each part that lies on the device
  Tensor input_mean_, input_scale_;  // of real data and of tables
  Tensor mean_, scale_;              // the same where values are real, else 0 and 1
  mutable std::optional<Statistics> statistics_;
};

}  // namespace elbo
