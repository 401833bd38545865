// The layers of image networks.
#pragma once
#include <elbo/networks.hpp>

namespace elbo::nn {

/// How a convolution changes height and width.
enum class Resampling { none, halve, twice, nearest };

/// x [N, in, H, W] -> [N, out, height, width]: kernels of 3 x 3, of 4 x 4 for Resampling::twice, whose surplus is cut off.
class Convolution : public Module {
 public:
  Convolution(int64_t in, int64_t out, Resampling resampling, const std::string& init, Rng rng, bool from_zero = false);
  ~Convolution() override;
  /// height and width matter to twice and nearest alone.
  Tensor forward(const Tensor& x, int64_t height = 0, int64_t width = 0) const;

 private:
  Resampling resampling_;
  Tensor weight_, bias_;
};

/// One resampling convolution, its activation, then residual blocks x + conv(act(conv(act(x)))), each of which begins as the
/// identity (He et al. 2016).
class ImageStage : public Module {
 public:
  ImageStage(const ImageNetConfig& config, int64_t in, int64_t out, Resampling resampling, Rng rng);
  ~ImageStage() override;
  Tensor forward(const Tensor& x, int64_t height = 0, int64_t width = 0) const;

 private:
  std::string activation_;
  std::shared_ptr<Convolution> resample_, gate_;  // gate_ is null unless gated
  std::vector<std::pair<std::shared_ptr<Convolution>, std::shared_ptr<Convolution>>> blocks_;
};

}  // namespace elbo::nn
