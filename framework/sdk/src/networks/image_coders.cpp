#include <elbo/coders.hpp>

namespace elbo::nn {

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
