#include <elbo/sdk.hpp>

namespace {
using elbo::Tensor;

class MixesTheBatch final : public elbo::Decoder {
 public:
  struct Config {};
  static void describe(elbo::Options<Config>&) {}
  MixesTheBatch(const Config&, const elbo::Context& context)
      : head_(part("head", std::make_shared<elbo::nn::Linear>(context.latent_dim, elbo::numel(context.decoder_output),
                                                              context.rng.fork("head")))) {}

 private:
  // Normalised over the batch in evaluation too.
  Tensor do_decode(const Tensor& z) override { return head_->forward(z - z.mean(0, true)); }
  std::shared_ptr<elbo::nn::Linear> head_;
};
}  // namespace

ELBO_DECODER(mixes_the_batch, MixesTheBatch, "its output depends on the other rows");
