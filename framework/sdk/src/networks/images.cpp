#include <elbo/networks.hpp>

#include <ATen/ops/conv2d.h>

#include <cmath>

#include "sdk/src/networks/image_stage.hpp"

namespace elbo::nn {
namespace {

ImageShape halved(const ImageShape& s, int64_t channels) { return {channels, (s.height + 1) / 2, (s.width + 1) / 2}; }

/// The shapes before the first stage and after each one.
std::vector<ImageShape> shapes_of(const ImageNetConfig& config, const ImageShape& image) {
  std::vector<ImageShape> shapes = {image};
  for (const int64_t channels : config.channels) shapes.push_back(halved(shapes.back(), channels));
  return shapes;
}

MlpConfig dense_layers(const ImageNetConfig& config, std::vector<int64_t> hidden) {
  return {.hidden = std::move(hidden), .activation = config.activation, .init = config.init};
}

int64_t values(const ImageShape& s) { return s.channels * s.height * s.width; }

}  // namespace

void ImageNetConfig::describe(Options<ImageNetConfig>& o) {
  o.add("channels", &ImageNetConfig::channels,
        "channels of each stage, from the image inwards; each stage halves height and width")
      .range(1, 1e4);
  o.add("hidden", &ImageNetConfig::hidden, "units of the fully connected layers between stages and latents")
      .range(1, 1e5);
  o.add("activation", &ImageNetConfig::activation, "function after each layer")
      .one_of(activations())
      .only_with("channels")
      .or_with("hidden");
  o.add("gated", &ImageNetConfig::gated,
        "multiply what each stage's resampling convolution gives by a sigmoid of another one's (van "
        "den Oord et al. 2016)")
      .only_with("channels");
  MlpConfig::describe_init(o);
}
void ImageNetConfig::describe_blocks(Options<ImageNetConfig>& o) {
  o.add("blocks", &ImageNetConfig::blocks, "residual blocks in each stage").range(1, 16).only_with("channels");
}
void ImageNetConfig::describe_upsampling(Options<ImageNetConfig>& o) {
  o.add("upsampling", &ImageNetConfig::upsampling,
        "how a stage doubles height and width: a transposed convolution, or nearest neighbours and a "
        "convolution (resize), which is slower and smoother")
      .one_of({"transposed", "resize"})
      .only_with("channels");
}

ImageShape image_shape(const Shape& x) {
  if (x.size() == 2) return {1, x[0], x[1]};
  if (x.size() == 3) return {x[0], x[1], x[2]};
  throw UserError("the data have the shape " + to_string(x) +
                  "; expected images [height, width] or [channels, height, width]; "
                  "use the mlp encoder and decoder");
}

ImageDown::ImageDown(const ImageNetConfig& config, const Shape& x, Rng rng) : shape_(image_shape(x)) {
  const auto shapes = shapes_of(config, shape_);
  for (size_t i = 0; i + 1 < shapes.size(); ++i)
    stages_.push_back(part("stage" + std::to_string(i),
                           std::make_shared<ImageStage>(config, shapes[i].channels, shapes[i + 1].channels,
                                                        Resampling::halve, rng.fork("stage", i))));
  dense_ = part("dense",
                std::make_shared<Mlp>(values(shapes.back()), dense_layers(config, config.hidden), rng.fork("dense")));
}
ImageDown::~ImageDown() = default;

Tensor ImageDown::forward(const Tensor& x) const {
  Tensor h = x.reshape({x.size(0), shape_.channels, shape_.height, shape_.width});
  for (const auto& stage : stages_) h = stage->forward(h);
  return dense_->forward(h.flatten(1));
}

ImageUp::ImageUp(const ImageNetConfig& config, int64_t latents, const Shape& x, std::vector<DecoderOutput> params,
                 Rng rng)
    : shape_(image_shape(x)), params_(std::move(params)) {
  const auto shapes = shapes_of(config, shape_);
  innermost_ = shapes.back();
  dense_ =
      part("dense", std::make_shared<Mlp>(latents, dense_layers(config, {config.hidden.rbegin(), config.hidden.rend()}),
                                          rng.fork("dense")));
  spread_ = part("spread", std::make_shared<Linear>(dense_->out(), values(innermost_), rng.fork("spread"),
                                                    output_init(config.init)));
  const Resampling up = config.upsampling == "resize" ? Resampling::nearest : Resampling::twice;
  int64_t in = innermost_.channels;
  for (size_t i = config.channels.size(); i-- > 0;) {
    const int64_t out = config.channels[i == 0 ? 0 : i - 1];
    stages_.push_back(
        part("stage" + std::to_string(i), std::make_shared<ImageStage>(config, in, out, up, rng.fork("stage", i))));
    in = out;
  }
  int64_t channels = 0, rest = 0;
  for (const DecoderOutput& p : params_)
    (is_map(p) ? channels : rest) += is_map(p) ? numel(p.shape) / (shape_.height * shape_.width) : numel(p.shape);
  if (channels == 0)
    throw UserError("no parameter of the likelihood is a map of height " + std::to_string(shape_.height) +
                    " and width " + std::to_string(shape_.width) + "; expected one at least; use the mlp decoder");
  const double limit = init_limit(output_init(config.init), static_cast<double>(in), static_cast<double>(channels));
  map_weight_ = parameter("map_weight", (rng.fork("map").uniform({channels, in, 1, 1}) * 2 - 1) * limit);
  if (rest > 0)
    whole_ = part("whole", std::make_shared<Linear>(dense_->out(), rest, rng.fork("whole"), output_init(config.init)));
  bias_ = parameter("output_bias", zeros(Shape{numel(params_)}));
}
ImageUp::~ImageUp() = default;

bool ImageUp::is_map(const DecoderOutput& param) const {
  const Shape& s = param.shape;
  return s.size() >= 2 && s[s.size() - 2] == shape_.height && s[s.size() - 1] == shape_.width;
}

/// The parameters in their order, from those that are maps and those that are not.
Tensor ImageUp::outputs(const Tensor& features, const Tensor& maps) const {
  const Tensor flat = at::conv2d(maps, map_weight_).flatten(1);
  if (!whole_) return flat;
  const Tensor rest = whole_->forward(features);
  std::vector<Tensor> parts;
  int64_t at_flat = 0, at_rest = 0;
  for (const DecoderOutput& p : params_) {
    int64_t& at = is_map(p) ? at_flat : at_rest;
    parts.push_back((is_map(p) ? flat : rest).narrow(1, at, numel(p.shape)));
    at += numel(p.shape);
  }
  return cat(parts, 1);
}

Tensor ImageUp::forward(const Tensor& z) const {
  const Tensor features = dense_->forward(z);
  std::vector<ImageShape> sizes = {shape_};
  for (size_t i = 1; i < stages_.size(); ++i) sizes.push_back(halved(sizes.back(), 0));
  Tensor h = spread_->forward(features).reshape({z.size(0), innermost_.channels, innermost_.height, innermost_.width});
  for (size_t i = 0; i < stages_.size(); ++i) {
    const ImageShape& size = sizes[stages_.size() - 1 - i];
    h = stages_[i]->forward(h, size.height, size.width);
  }
  return outputs(features, h) + bias_;
}

}  // namespace elbo::nn
