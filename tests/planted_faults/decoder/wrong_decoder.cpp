// A decoder about which one thing is wrong: what `fault` names.
#include <ATen/core/grad_mode.h>
#include <elbo/sdk.hpp>

#include <vector>

#include "planted_faults/float32_gradient.hpp"

namespace {
using elbo::Tensor;

std::vector<Tensor> kept;

class WrongDecoder final : public elbo::Decoder {
 public:
  struct Config {
    std::string fault = "none";
  };
  static void describe(elbo::Options<Config>& o) { o.add("fault", &Config::fault, "what is wrong"); }
  WrongDecoder(const Config& config, const elbo::Context& context)
      : fault_(config.fault),
        hidden_(part("hidden", std::make_shared<elbo::nn::Linear>(context.latent_dim, 16, context.rng.fork("hidden")))),
        head_(part("head", std::make_shared<elbo::nn::Linear>(16,
                                                              is("two_for_each_value")
                                                                  ? 2 * elbo::numel(context.observation.shape)
                                                                  : elbo::numel(context.decoder_output),
                                                              context.rng.fork("head")))) {
    if (is("unregistered_buffer")) shift_ = elbo::Rng(context.rng).normal({1, 16});
  }

 private:
  bool is(const char* fault) const { return fault_ == fault; }

  Tensor do_decode(const Tensor& z) override {
    if (!is("remembers_an_address") || at::GradMode::is_enabled()) return decoded(z);
    if (!last_.defined() || last_.data_ptr() != z.data_ptr() || last_.sizes() != z.sizes())
      last_ = z, of_last_ = decoded(z);
    return of_last_;
  }
  Tensor decoded(const Tensor& z) {
    Tensor from = z;
    if (is("deaf_to_a_latent") && z.size(1) > 1)
      from = elbo::cat({z.slice(1, 0, z.size(1) - 1), z.slice(1, z.size(1) - 1) * 0}, 1);
    if (is("norm_at_0")) from = z / z.square().sum(1, true).sqrt().clamp_min(1e-3);
    if (is("leaks")) kept.push_back(z.clone());
    Tensor h = hidden_->forward(from, "tanh");
    if (is("detached_skip")) h = h + 0.5 * hidden_->forward(z.detach(), "tanh");
    if (is("weak_in_float32")) h = planted::weak_in_float32(h);
    if (shift_.defined()) h = h + shift_.to(h.scalar_type());
    Tensor out = head_->forward(h);
    if (is("constant_value")) out = elbo::cat({out.slice(1, 0, 3), out.slice(1, 3, 4) * 0, out.slice(1, 4)}, 1);
    if (is("overflows")) out = out + 1e-3 * z.exp().sum(1, true);
    if (is("50_to_500_rows") && z.size(0) >= 50 && z.size(0) <= 500) out = out * 1.001;
    if (is("pairs_of_values") && out.size(1) % 2 == 1) out = elbo::cat({out.slice(1, 0, -1), out.slice(1, -1) * 0}, 1);
    if (is("sorts_rows") && z.size(0) > 500) out = out.flip({0});
    if (is("stays_in_training")) {
      was_trained_ = was_trained_ || training();
      if (was_trained_) out = out * (1 + 1e-3 * static_cast<double>(++calls_));
    }
    return out;
  }
  void do_set_output_bias(const Tensor& raw) override {
    const int64_t n = is("half_of_the_bias") ? raw.size(0) / 2 : raw.size(0);
    head_->bias().detach().slice(0, 0, n).copy_(raw.slice(0, 0, n));
  }

  std::string fault_;
  bool was_trained_ = false;
  int64_t calls_ = 0;
  Tensor shift_, last_, of_last_;
  std::shared_ptr<elbo::nn::Linear> hidden_, head_;
};

}  // namespace

ELBO_DECODER(wrong_decoder, WrongDecoder, "a decoder with one fault");
