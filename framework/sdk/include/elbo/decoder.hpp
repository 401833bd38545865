#pragma once
#include <elbo/component.hpp>

namespace elbo {

/// z -> the raw parameters of p(x|z)
class ELBO_EXPORT Decoder : public Component {
 public:
  ~Decoder() override;
  /// z [N, L] -> [N, numel(context.decoder_output)], the parameters one after the other, each row-major.
  Tensor decode(const Tensor& z);
  /// Starts the output layer's bias at `raw` [numel(context.decoder_output)], so that training begins at the
  /// data's marginal (Burda et al. 2016, code). Decoders without such a bias ignore it.
  void set_output_bias(const Tensor& raw);

 private:
  virtual Tensor do_decode(const Tensor& z) = 0;
  virtual void do_set_output_bias(const Tensor& raw);
};

}  // namespace elbo
