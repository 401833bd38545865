// The sound normal likelihood with one fault of many, chosen by an option: each is right where a quick test would look.
#include <ATen/Parallel.h>

#include <algorithm>

#include "planted_faults/float32_gradient.hpp"
#include "planted_faults/normal.hpp"

namespace {
using elbo::Tensor, elbo::Theta;

double of_the_last_made = 1;  // "static_option"
std::vector<Tensor> kept;     // "keeps_results"

/// The values as they lie in memory, whatever the strides say.
Tensor as_if_contiguous(const Tensor& x) {
  Tensor copy = elbo::zeros(x.sizes().vec(), x);
  std::copy_n(static_cast<const char*>(x.data_ptr()), copy.numel() * copy.element_size(),
              static_cast<char*>(copy.data_ptr()));
  return copy;
}

class Faulty : public planted::Normal {
 public:
  struct Config {
    std::string fault = "none";
    double factor = 1;
  };
  static void describe(elbo::Options<Config>& o) {
    o.add("fault", &Config::fault, "what is wrong with it");
    o.add("factor", &Config::factor, "multiplies the scale").range(0.5, 2);
  }
  Faulty(const Config& config, const elbo::Context& context)
      : Normal({}, context), fault_(config.fault), factor_(config.factor) {
    of_the_last_made = config.factor;
    elbo::Rng rng = context.rng;
    if (is("unregistered_parameter")) offset_ = elbo::full({1}, 0.25).set_requires_grad(true);
    if (is("unregistered_buffer")) offset_ = rng.normal({1, 1, 1}).flatten();
    if (is("two_names")) {
      offset_ = parameter("offset", elbo::zeros(elbo::Shape{1}));
      parameter("shift", offset_);
    }
    if (is("weak_parameter_in_float32")) offset_ = parameter("offset", elbo::full({1}, 0.25));
    if (is("useless_parameter")) parameter("useless", elbo::zeros(elbo::Shape{1}));
  }

 private:
  bool is(const char* fault) const { return fault_ == fault; }
  bool is_image() const { return shape_.size() == 3; }
  int64_t size() const { return elbo::numel(shape_); }

  Tensor loc(const Theta& theta) const {
    const Tensor& loc = theta["loc"];
    if (is("anothers_parameters") && size() > 1) return loc.flatten(2).flip(2).view_as(loc);
    if (is("state_from_data")) return loc + from_data_;
    if (is("weak_parameter_in_float32")) return loc + planted::weak_in_float32(offset_);
    return offset_.defined() ? loc + offset_.to(loc.scalar_type()) : loc;
  }
  Tensor log_scale(const Theta& theta) const override {
    Tensor s = Normal::log_scale(theta) + std::log(is("static_option") ? of_the_last_made : factor_);
    if (is("theta_in_place")) theta["log_scale"].mul_(0.5);
    if (is("ignores_a_parameter") && size() > 1)
      s = elbo::cat({s.flatten(2).slice(2, 0, -1), s.flatten(2).slice(2, 0, 1)}, 2).view_as(s);
    return s;
  }

  Tensor log_density(const Tensor& x, const Theta& theta) const override {
    Tensor s = log_scale(theta);
    if (is("swaps_channels") && is_image() && shape_[0] == 3)
      s = elbo::cat({s.slice(2, 0, 1), s.slice(2, 2, 3), s.slice(2, 1, 2)}, 2);
    Tensor data = x;
    if (is("neighbours_beyond_12") && size() > 12) {
      const Tensor e = (x - loc(theta)).flatten(2);
      const Tensor before = elbo::cat({e.slice(2, -2), e.slice(2, 0, -2)}, 2),
                   after = elbo::cat({e.slice(2, 2), e.slice(2, 0, 2)}, 2);
      data = loc(theta) + (e - 0.45 * (before + after)).view_as(loc(theta));
    }
    if (is("reads_raw_memory")) data = as_if_contiguous(x);
    if (is("centres_large_batches") && x.size(0) > 100) data = x - x.mean(0, true) * 1e-3;
    if (is("unregistered_layer")) data = x.flatten(1).matmul(elbo::ones({size(), size()})).view_as(x);
    Tensor mean = loc(theta);
    if (is("first_block_only") && x.size(0) > 512)
      mean = elbo::cat({mean.slice(1, 0, 512), mean.slice(1, 0, x.size(0) - 512)}, 1);
    if (is("four_samples") && mean.size(0) > 4)
      mean = elbo::cat({mean.slice(0, 0, 4), mean.slice(0, 0, mean.size(0) - 4)}, 0);
    Tensor u = (data - mean) * s.neg().exp();
    if (is("clamps_far_values")) u = u.clamp(-30, 30);
    if (is("cuts_far_gradients")) u = elbo::where(u.abs() > 8, u.detach(), u);
    Tensor log_p = (u.square() / -2 - s) - elbo::half_log_2pi;
    if (is("weak_in_float32")) log_p = planted::weak_in_float32(log_p);
    const auto is_some = [](int64_t n) { return n >= 50 && n <= 500; };
    if (is("50_to_500_data") && is_some(x.size(0))) log_p = log_p * 1.001;
    if (is("50_to_500_samples") && is_some(mean.size(0))) log_p = log_p * 1.001;
    if (is("pairs_of_columns") && is_image() && x.size(-1) % 2 == 1)
      log_p = elbo::cat({log_p.slice(-1, 0, -1), log_p.slice(-1, 0, 1)}, -1);
    if (is("floor")) log_p = log_p.clamp_min(-200);
    if (is("light_tails")) log_p = log_p - (u.abs() - 6).clamp_min(0).square() / 2;
    if (is("scales_by_threads")) log_p = log_p * (1 + 1e-3 * (at::get_num_threads() - 1));
    return log_p;
  }

  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override {
    if (!is("remembers_an_address") || theta["loc"].requires_grad()) return total(x, theta);
    if (!last_.defined() || last_.data_ptr() != x.data_ptr() || of_last_.size(1) != x.size(0) ||
        of_last_.size(0) != theta["loc"].size(0))
      last_ = x, of_last_ = total(x, theta);
    return of_last_;
  }
  Tensor total(const Tensor& x, const Theta& theta) const {
    const Tensor log_p = log_density(x, theta);
    if (is("ignores_a_value") && size() > 1) return log_p.flatten(2).slice(2, 0, -1).sum(2);
    if (is("averages_channels") && is_image()) return log_p.mean(2).flatten(2).sum(2);
    if (is("averages_in_training") && training()) return log_p.flatten(2).mean(2);
    const Tensor total = elbo::sum_event(log_p);
    if (is("keeps_results")) kept.push_back(total.detach());
    return total;
  }

  std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const override {
    const Tensor s = log_scale(theta), mean = loc(theta);
    const bool rounds = is("rounds_ends");
    const Tensor a = rounds ? (lo - mean) * s.neg().exp() : elbo::standardized(lo, mean, s);
    const Tensor b = rounds ? (hi - mean) * s.neg().exp() : elbo::standardized(hi, mean, s);
    Tensor mass =
        rounds || is("upper_tail_cancels") ? elbo::log_ndtr_difference(a, b) : elbo::log_normal_mass(lo, hi, mean, s);
    if (is("least_mass")) mass = mass.clamp_min(std::log(1e-12));
    if (is("upper_tail_cancels"))
      mass = elbo::where(a > 6, ((b / std::sqrt(2)).erf() - (a / std::sqrt(2)).erf()).div(2).log(), mass);
    return elbo::sum_event(mass).to(mean.scalar_type());
  }
  Tensor do_mean(const Theta& theta) const override {
    const Tensor mean = is("detached_mean") ? loc(theta).detach() : loc(theta);
    return is("turns_the_mean") && size() > 1 ? mean.flatten(2).flip(2).view_as(mean) : mean;
  }
  std::optional<Tensor> do_variance(const Theta& theta) const override {
    return (log_scale(theta) * (is("deviation_for_variance") && size() > 1 ? 1 : 2)).exp();
  }
  Tensor do_sample(const Theta& theta, elbo::Rng& rng) const override {
    const Tensor mean = loc(theta);
    Tensor noise = rng.normal(mean.sizes().vec());
    if (is("one_noise_for_all_channels") && is_image()) noise = noise.slice(2, 0, 1).expand_as(noise);
    Tensor x = mean + log_scale(theta).exp() * noise;
    if (is("noise_floor")) x = x + 0.003 * rng.normal(mean.sizes().vec());
    return x;
  }
  std::optional<Tensor> do_init_from(const elbo::Statistics& statistics) override {
    if (is("state_from_data")) from_data_ = statistics.mean.mean().item<double>();
    return {};
  }

  std::string fault_;
  double factor_, from_data_ = 0;
  Tensor offset_;
  mutable Tensor last_, of_last_;
};
}  // namespace

ELBO_LIKELIHOOD(faulty_normal, Faulty, "a normal likelihood with the fault of your choice");
