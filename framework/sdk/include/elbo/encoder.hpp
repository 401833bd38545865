#pragma once
#include <elbo/component.hpp>
#include <elbo/posterior.hpp>

namespace elbo {

/// x -> q(z|x)
class ELBO_EXPORT Encoder : public Component {
 public:
  ~Encoder() override;
  /// x [B, X...], scaled by the host to about [0, 1] or unit variance. Throws Error on a wrong shape.
  std::unique_ptr<Posterior> encode(const Tensor& x);

 private:
  virtual std::unique_ptr<Posterior> do_encode(const Tensor& x) = 0;
};

}  // namespace elbo
