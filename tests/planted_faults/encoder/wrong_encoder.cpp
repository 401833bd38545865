// An encoder about whose network one thing is wrong: what `fault` names.
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/from_blob.h>
#include <elbo/sdk.hpp>

#include "planted_faults/float32_gradient.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

namespace {
using elbo::Tensor;

double last_scale = 1;  // of the object made last
std::vector<Tensor> kept;

/// What a plugin may do to its process, once.
void misbehave(const std::string& fault) {
  static bool is_done = false;
  if (std::exchange(is_done, true)) return;
  if (fault == "exits") std::exit(0);
  if (fault == "exits_at_once") ::_exit(0);
  if (fault == "closes_descriptors")
    for (int fd = 0; fd < 64; ++fd) ::close(fd);
  if (fault == "redirects_descriptors")
    for (int fd = 0; fd < 64; ++fd) ::dup2(::open("/dev/null", O_RDWR), fd);
  if (fault == "forks") (void)::fork();
  if (fault == "goes_on_as_another" && ::fork() > 0) ::_exit(0);
  if (fault == "prints")
    std::printf("{\"name\": \"gradients\", \"outcome\": \"passed\"}\nno JSON\n"), std::fflush(stdout);
}

class WrongEncoder final : public elbo::Encoder {
 public:
  struct Config {
    std::string fault = "none";
    double scale = 1;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("fault", &Config::fault, "what is wrong");
    o.add("scale", &Config::scale, "of the hidden units").range(0.5, 2);
  }
  WrongEncoder(const Config& config, const elbo::Context& context)
      : fault_(config.fault),
        scale_(config.scale),
        latents_(context.latent_dim),
        inputs_(elbo::numel(context.observation.shape)),
        rng_(context.rng.fork("more")) {
    if (context.latent_dim == 3) misbehave(fault_);
    last_scale = scale_;
    hidden_ = part("hidden", std::make_shared<elbo::nn::Linear>(inputs_, 16, context.rng.fork("hidden")));
    mean_ = part("mean", std::make_shared<elbo::nn::Linear>(16, latents_, context.rng.fork("mean")));
    log_scale_ = part("log_scale", std::make_shared<elbo::nn::Linear>(16, latents_, context.rng.fork("log_scale")));
    extra_ = rng_.normal({1, 16}).squeeze(0);
    if (is("unregistered_parameter")) extra_.set_requires_grad(true);
    if (is("another_tensor")) parameter("extra", extra_.clone()), extra_.set_requires_grad(true);
    if (is("changes_in_evaluation")) calls_ = buffer("calls", elbo::zeros({1}));
  }

 private:
  bool is(const char* fault) const { return fault_ == fault; }

  Tensor input(const Tensor& x) {
    if (is("first_channel_only") && x.dim() == 4) return (x.slice(1, 0, 1) + 0 * x).flatten(1);
    if (is("deaf_to_a_value"))
      return elbo::cat({x.flatten(1).slice(1, 0, 2), elbo::zeros({x.size(0), 1}, x), x.flatten(1).slice(1, 3)}, 1);
    if (is("512_rows") && x.size(0) > 512)
      return elbo::cat({x.flatten(1).slice(0, 0, 512), elbo::zeros({x.size(0) - 512, inputs_}, x)}, 0);
    if (is("50_to_500_rows") && x.size(0) >= 50 && x.size(0) <= 500) return x.flatten(1) * 1.001;
    if (is("pairs_of_columns") && x.size(-1) % 2 == 1)
      return elbo::cat({x.slice(-1, 0, -1), elbo::zeros(x.slice(-1, -1).sizes().vec(), x)}, -1).flatten(1);
    if (is("dropout_always")) return at::dropout(x.flatten(1), 0.1, true);
    if (is("reads_memory")) return at::from_blob(x.data_ptr(), {x.size(0), inputs_}, x.options()).clone();
    if (is("leaks")) kept.push_back(x.clone());
    return x.flatten(1);
  }

  Tensor normalised(const Tensor& h) {
    if (is("running_mean")) {
      if (training()) running_mean_ = running_mean_ * 0.9 + 0.1 * h.detach().mean().item<double>();
      return training() ? h - h.mean(0, true) : h - running_mean_;
    }
    if (is("changes_in_evaluation")) return calls_.detach().add_(1), h;
    if (is("counts_calls")) return h + 1e-6 * static_cast<double>(++count_);
    if (is("unregistered_parameter") || is("another_tensor")) return h * extra_.to(h.scalar_type());
    if (is("unregistered_buffer")) return h * extra_.to(h.scalar_type());
    if (is("global_scale")) return h * last_scale;
    if (is("weak_in_float32")) return planted::weak_in_float32(h);
    if (is("nan_in_training") && training()) return h / (h - h);
    if (is("half_a_gradient_in_training") && training()) return (h + h.detach()) / 2;
    if (is("cut_in_training") && training()) return h.detach();
    if (is("threads_count")) return h * at::get_num_threads();
    return h * scale_;
  }

  std::unique_ptr<elbo::Posterior> do_encode(const Tensor& x) override {
    if (is("lazy_parameter") && !lazy_)
      lazy_ = part("lazy", std::make_shared<elbo::nn::Linear>(inputs_, 16, rng_)), lazy_->to_like(x);
    const Tensor h =
        normalised(hidden_->forward(input(x), "tanh")) + (lazy_ ? lazy_->forward(x.flatten(1)) : elbo::zeros({1}, x));
    Tensor mean = mean_->forward(h), log_scale = log_scale_->forward(h);
    if (is("overflows")) mean = mean + (x.flatten(1).square().sum(1, true) / 4).exp() * 1e-3;
    if (is("idle_latent") && latents_ > 1)
      mean = elbo::cat({mean.slice(1, 0, 1) * 0, mean.slice(1, 1)}, 1),
      log_scale = elbo::cat({log_scale.slice(1, 0, 1) * 0, log_scale.slice(1, 1)}, 1);
    return elbo::posteriors::diagonal_normal(mean, log_scale);
  }

  std::string fault_;
  double scale_, running_mean_ = 0;
  int64_t latents_, inputs_, count_ = 0;
  elbo::Rng rng_;
  Tensor extra_, calls_;
  std::shared_ptr<elbo::nn::Linear> hidden_, mean_, log_scale_, lazy_;
};

}  // namespace

ELBO_ENCODER(wrong_encoder, WrongEncoder, "a network with one fault");
