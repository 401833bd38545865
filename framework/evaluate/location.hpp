// A trained decoder under another likelihood: its mean becomes the location.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "model/model.hpp"

namespace elbo::host::transfer {

/// How a mean of the trained likelihood reads in the units of the other one.
struct Units {
  double factor = 1, shift = 0;  // mean * factor + shift
  double low, high;              // where the other likelihood's mean can be
};

/// Turns means into raw parameters of a likelihood. The first parameter, which must have the shape of x, is set so that
/// mean() is the given one; each other one is the same number for all values of x.
class Location {
 public:
  /// Throws UserError for a likelihood that has no such first parameter.
  Location(std::shared_ptr<Likelihood> likelihood, double reach);
  /// The nuisance parameters: the names of all but the first.
  std::vector<std::string> nuisances() const;
  /// Fixes them, in order, and tabulates mean() over the first parameter.
  void set(const std::vector<double>& nuisances);
  /// mean [S, B, X...] -> the likelihood's parameters [S, B, numel(params)]
  Tensor raw(const Tensor& mean) const;

 private:
  std::shared_ptr<Likelihood> likelihood_;
  std::vector<DecoderOutput> params_;
  double reach_;
  std::vector<double> nuisances_;
  Tensor grid_, means_;  // ascending; of the first parameter, and of the mean
};

/// Decodes with the trained model, then goes through its mean to the other likelihood's parameters.
class TransferDecoder final : public Decoder {
 public:
  TransferDecoder(const Model& trained, Units units, std::shared_ptr<const Location> location);
  /// The trained likelihood's mean in the other one's units, [S, B, X...].
  Tensor mean(const Tensor& z) const;  // z [S, B, L]

 private:
  Tensor do_decode(const Tensor& z) override;

  Model trained_;
  Units units_;
  std::shared_ptr<const Location> location_;
};

}  // namespace elbo::host::transfer
