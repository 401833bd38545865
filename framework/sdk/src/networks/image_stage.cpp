#include "sdk/src/networks/image_stage.hpp"

#include <ATen/ops/conv2d.h>
#include <ATen/ops/upsample_nearest2d.h>

#include <cmath>

#include "sdk/src/fused/fused.hpp"

namespace elbo::nn {
namespace {

/// Values that a unit of the output sees, and units that see a value of the input.
struct Fans {
  double in, out;
};

Fans fans(int64_t in, int64_t out, Resampling resampling) {
  const double all = resampling == Resampling::twice ? 16 : 9;
  const double seen = resampling == Resampling::twice ? all / 4 : all,
               sees = resampling == Resampling::halve ? all / 4 : all;
  return {seen * static_cast<double>(in), sees * static_cast<double>(out)};
}

Tensor first_kernel(int64_t in, int64_t out, Resampling resampling, const std::string& init, Rng rng) {
  const auto [sees, seen] = fans(in, out, resampling);
  const Shape shape = resampling == Resampling::twice ? Shape{in, out, 4, 4} : Shape{out, in, 3, 3};
  return (rng.uniform(shape) * 2 - 1) * init_limit(init, sees, seen);
}

}  // namespace

Convolution::Convolution(int64_t in, int64_t out, Resampling resampling, const std::string& init, Rng rng,
                         bool from_zero)
    : resampling_(resampling),
      weight_(parameter("weight", first_kernel(in, out, resampling, init, rng) * (from_zero ? 0 : 1))),
      bias_(parameter("bias", first_bias(out, init, fans(in, out, resampling).in, rng) * (from_zero ? 0 : 1))) {}
Convolution::~Convolution() = default;

Tensor Convolution::forward(const Tensor& x, int64_t height, int64_t width) const {
  if (resampling_ == Resampling::twice)
    return conv_transpose2d(x, weight_, bias_, /*stride=*/2, /*padding=*/1).slice(2, 0, height).slice(3, 0, width);
  const Tensor from = resampling_ == Resampling::nearest ? at::upsample_nearest2d(x, {height, width}) : x;
  return at::conv2d(from, weight_, bias_, /*stride=*/resampling_ == Resampling::halve ? 2 : 1, /*padding=*/1);
}

ImageStage::ImageStage(const ImageNetConfig& config, int64_t in, int64_t out, Resampling resampling, Rng rng)
    : activation_(config.activation),
      resample_(
          part("resample", std::make_shared<Convolution>(in, out, resampling, config.init, rng.fork("resample")))) {
  if (config.gated)
    gate_ =
        part("gate", std::make_shared<Convolution>(in, out, resampling, output_init(config.init), rng.fork("gate")));
  for (int64_t i = 0; i < config.blocks; ++i) {
    const std::string name = "block" + std::to_string(i);
    const auto convolution = [&](const char* which, bool from_zero) {
      return part(name + which, std::make_shared<Convolution>(out, out, Resampling::none, config.init,
                                                              rng.fork(name + which), from_zero));
    };
    blocks_.emplace_back(convolution("a", false), convolution("b", true));
  }
}
ImageStage::~ImageStage() = default;

Tensor ImageStage::forward(const Tensor& x, int64_t height, int64_t width) const {
  const auto act = [&](const Tensor& t) { return nn::activation(activation_, t); };
  Tensor h = act(resample_->forward(x, height, width));
  if (gate_) h = h * gate_->forward(x, height, width).sigmoid();
  for (const auto& [first, second] : blocks_) h = h + second->forward(act(first->forward(act(h))));
  return h;
}

}  // namespace elbo::nn
