#include <ATen/ops/conv2d.h>
#include <ATen/ops/upsample_nearest2d.h>
#include <cmath>

#include <elbo/coders.hpp>
#include <elbo/networks.hpp>

#include "sdk/src/fused/fused.hpp"

namespace elbo::nn {

// The layers of image networks.

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
    return fused::conv_transpose2d(x, weight_, bias_, /*stride=*/2, /*padding=*/1)
        .slice(2, 0, height)
        .slice(3, 0, width);
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

ImageEncoder::ImageEncoder(const Config& config, const Context& context)
    : body_(part("body", std::make_shared<ImageDown>(config.net, context.observation.shape, context.rng.fork("body")))),
      head_(part("head", std::make_shared<PosteriorHead>(config.posterior, body_->out(), context.latent_dim,
                                                         context.rng, output_init(config.net.init)))) {}
ImageEncoder::~ImageEncoder() = default;

std::unique_ptr<Posterior> ImageEncoder::do_encode(const Tensor& x) { return head_->posterior(body_->forward(x)); }

ImageDecoder::ImageDecoder(const Config& config, const Context& context)
    : net_(part("net", std::make_shared<ImageUp>(config.net, context.latent_dim, context.observation.shape,
                                                 context.decoder_output, context.rng.fork("net")))),
      bias_at_marginal_(config.bias.bias_at_marginal) {}
ImageDecoder::~ImageDecoder() = default;

Tensor ImageDecoder::do_decode(const Tensor& z) { return net_->forward(z); }
void ImageDecoder::do_set_output_bias(const Tensor& raw) {
  if (bias_at_marginal_) net_->output_bias().detach().copy_(raw);
}

}  // namespace elbo::nn
