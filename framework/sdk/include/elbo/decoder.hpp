#pragma once
#include <elbo/component.hpp>
#include <elbo/options.hpp>

namespace elbo {

/// The option of decoders whose output bias can begin at the data's marginal; their Config derives from it.
struct MarginalBias {
  bool bias_at_marginal = true;

  template <class Config>
  static void describe(Options<Config>& o) {
    o.template add<bool>(
        "bias_at_marginal", &Config::bias_at_marginal,
        "begin the output's bias where the likelihood fits the data best without latents, instead of at 0 "
        "(Burda et al. 2016, code)");
  }
};

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
