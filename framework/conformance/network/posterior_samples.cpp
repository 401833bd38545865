// The samples of a posterior: that they follow the log q that comes with them.
#include <ATen/core/grad_mode.h>
#include <elbo/posterior.hpp>

#include <cmath>

#include "conformance/network/encoder.hpp"
#include "conformance/statistics.hpp"

namespace elbo::host::conformance {
namespace {

constexpr int64_t first_draws = 8000, reference_draws = 4000;

/// Samples of one data point.
struct Drawn {
  Tensor z, log_q;  // [n, L], [n]
};

/// Of each data point of the batch.
std::vector<Drawn> drawn(const Posterior& q, int64_t n, uint64_t seed) {
  Rng rng = double_rng(seed);
  const Sample draw = q.draw(n, rng);
  std::vector<Drawn> data;
  for (int64_t b = 0; b < draw.z.size(1); ++b)
    data.push_back({draw.z.select(1, b).contiguous(), draw.log_prob.select(1, b).contiguous()});
  return data;
}

/// Of z [n, L], for one data point of a batch.
std::optional<Tensor> log_q_of(const Posterior& q, const Tensor& z, int64_t datum, int64_t batch) {
  const auto log_q = q.log_prob(z.unsqueeze(1).expand({z.size(0), batch, z.size(1)}));
  if (!log_q) return {};
  return log_q->select(1, datum);
}

/// The samples nearest to one of them, a share of all.
Tensor neighbourhood(const Tensor& z, double share) {
  if (share == 1) return z;
  const Tensor distance = ((z - z[0]) / z.std(0)).square().sum(1);
  return z.index_select(
      0, std::get<1>(distance.sort(0)).slice(0, 0, static_cast<int64_t>(share * static_cast<double>(z.size(0)))));
}

std::string subject_of(int64_t column, int64_t latents) {
  static const char* const what[] = {"place", "spread", "skew"};
  return fmt::format("the {} of latent {}", what[(column - 1) / latents], (column - 1) % latents);
}

/// h / q at the samples, and what the mean over samples of it and two polynomials should be.
class Comparison {
 public:
  Comparison(const Drawn& draws, const Reference& reference) : latents_(draws.z.size(1)) {
    const Reference::Seen seen = reference.at(draws.z);
    weight_ = (seen.log_density - draws.log_q).exp();
    polynomials_ = legendre(seen.place);
    expected_ = at::eye(polynomials_.size(1), at::kDouble);
  }

  /// No one sample may decide: a share of 0.2 % of all at most.
  bool is_even() const { return number(weight_.max()) <= 0.002 * number(weight_.sum()); }

  /// Leaves out weights above `most`, where the density is known at samples of the reference too: those say what is then missing.
  void leave_out(double most, const Tensor& reference_weight, const Tensor& reference_place) {
    weight_ = weight_.masked_fill(weight_ > most, 0);
    const Tensor p = legendre(reference_place), missing = (reference_weight > most).to(at::kDouble).unsqueeze(1);
    const auto n = static_cast<double>(p.size(0));
    expected_ = expected_ - p.t().matmul(p * missing) / n;
    uncertainty_ =
        (p.square().t().matmul(p.square() * missing) / n - (p.t().matmul(p * missing) / n).square()).clamp_min(0) / n;
  }

  void expect(const std::string& where) const {
    const auto n = static_cast<double>(weight_.size(0));
    const Tensor w = weight_.unsqueeze(1), mean = polynomials_.t().matmul(polynomials_ * w) / n;
    Tensor square_error =
        (polynomials_.square().t().matmul(polynomials_.square() * w.square()) / n - mean.square()).clamp_min(0) / n;
    if (uncertainty_.defined()) square_error = square_error + uncertainty_;
    const Tensor z = ((mean - expected_).abs() / (square_error.sqrt() + 1e-9)).nan_to_num(INFINITY, INFINITY);
    if (number(z[0][0]) > most_z)
      fail(
          "{} the samples do not follow log q: about their middle there are {:.4g} times as many as log q says ({:.1f} "
          "standard errors)",
          where, number(mean[0][0] / expected_[0][0]), number(z[0][0]));
    const int64_t worst = z.argmax().item<int64_t>(), i = worst / z.size(0), j = worst % z.size(0);
    if (number(z[i][j]) <= most_z) return;
    const std::string what = std::min(i, j) == 0
                                 ? subject_of(std::max(i, j), latents_)
                                 : "how " + subject_of(i, latents_) + " goes with " + subject_of(j, latents_);
    fail("{} the samples do not follow log q: {} differs, {:.4g} where log q says {:.4g} ({:.1f} standard errors)",
         where, what, number(mean[i][j]), number(expected_[i][j]), number(z[i][j]));
  }

 private:
  int64_t latents_;
  Tensor weight_, polynomials_, expected_, uncertainty_;
};

/// The mean over samples of h(z) / q(z) is the integral of h, here with h that are the reference times polynomials. Where one h
/// differs too much from q, one of a neighbourhood of some sample is taken. Says whether any could be compared.
bool compare(const Posterior& q, const Drawn& first, const Drawn& all, int64_t datum, int64_t batch,
             const std::string& where) {
  for (const double share : {1., 0.3, 0.1}) {
    const Reference reference(neighbourhood(first.z, share));
    Comparison comparison(all, reference);
    const Tensor place = double_rng(14).uniform({1, reference_draws, all.z.size(1)})[0], z = reference.draws(place);
    const auto log_q = log_q_of(q, z, datum, batch);
    const bool is_even = comparison.is_even();
    if (!log_q && !is_even) continue;
    if (log_q) {
      const Tensor weight = (reference.at(z).log_density - *log_q).exp();
      const double most = 100 / share;
      if (number((weight > most).to(at::kDouble).mean()) > 0.5) continue;
      comparison.leave_out(most, weight, place);
    }
    comparison.expect(where);
    return true;
  }
  return false;
}

/// Of all densities with one covariance a normal one has the largest entropy: -log q of the samples cannot be larger on average,
/// and it is where their width is not that of q.
void expect_entropy(const Drawn& all, const std::string& where) {
  const auto n = static_cast<double>(all.z.size(0)), latents = static_cast<double>(all.z.size(1));
  const Tensor scale = all.z.std(0), u = (all.z - all.z.mean(0)) / scale;
  const auto [values, vectors] = at::linalg_eigh(u.t().matmul(u) / n);
  if (!(number(values.min()) > 1e-10))
    fail("{} the samples lie in a plane: some latents follow from others; expected a density of all of them", where);
  const Tensor square = (u.matmul(vectors).square() / values).sum(1);
  const double log_volume = number(scale.log().sum()) + number(values.log().sum()) / 2;
  const Tensor excess = -all.log_q - square / 2 - log_volume - latents / 2 * std::log(2 * M_PI);
  const double mean = number(excess.mean()), error = (number(excess.std()) + std::sqrt(latents / 2)) / std::sqrt(n);
  if (!(mean <= most_z * error + 1e-3))
    fail(
        "{} the samples do not follow log q: log q is lower by {:.4g} on average than any density with their "
        "covariance allows; the samples are wider or narrower than log q says",
        where, mean);
}

/// von Mises-Fisher densities about and beside the samples' direction, at which the density is highest.
void compare_on_sphere(const Drawn& first, const Drawn& all, const std::string& where) {
  const auto latents = static_cast<double>(first.z.size(1));
  const Tensor sum = first.z.mean(0);
  const double length = number(sum.square().sum().sqrt());
  const double concentration = std::max(1., length * (latents - length * length) / (1 - length * length));
  const Tensor direction = sum / length;
  const auto test = [&](const Tensor& towards, double times) {
    const auto h = posteriors::von_mises_fisher(towards.unsqueeze(0), doubles({std::log(concentration * times)}));
    const Tensor weight = (h->log_prob(all.z.unsqueeze(1))->squeeze(1) - all.log_q).exp();
    if (!(std::abs(z_of_mean(weight, 1)) < most_z))
      fail("{} the samples do not follow log q: about z = {} there are {:.4g} times as many as log q says", where,
           in_words(towards / towards.square().sum().sqrt()), number(weight.mean()));
  };
  for (const double times : {1.5, 3.}) test(direction, times);
  const Tensor sides = double_rng(15).normal({1, 2 * first.z.size(1), first.z.size(1)})[0];
  for (int64_t i = 0; i < sides.size(0); ++i) {
    const Tensor across = sides[i] - direction * (sides[i] * direction).sum();
    test(direction + across / (across.square().sum().sqrt() * std::sqrt(concentration)), 2);
  }
}

/// mean(): the mean itself where a family is declared, and on the sphere the direction. Of others, where flows allow an image of
/// another mean, it is near: a median is never a standard deviation away.
void expect_mean(const Posterior& q, const Drawn& all, int64_t datum, const std::string& where) {
  if (!q.mean().defined()) return;
  const auto n = static_cast<double>(all.z.size(0));
  const Tensor said = q.mean()[datum], found = all.z.mean(0), spread = all.z.std(0);
  Tensor most = spread * 1.5, expected = found;
  if (lie_on_sphere(all.z)) {
    expected = found / found.square().sum().sqrt();
    most = (spread + 1e-12) / found.square().sum().sqrt() * (most_z / std::sqrt(n));
  } else if (!declared_families(q).empty()) {
    most = spread * (most_z / std::sqrt(n));
  }
  if (const auto j = first_true(((said - expected).abs() <= most).logical_not()))
    fail("{} mean() of latent {} is {:.6g}; the mean of {} samples is {:.6g}, and their standard deviation {:.3g}",
         where, *j, number(said[*j]), all.z.size(0), number(expected[*j]), number(spread[*j]));
}

bool check_drawn(const Posterior& q, const Drawn& first, const Drawn& all, int64_t datum, int64_t batch,
                 const std::string& where) {
  if (const auto i = first_true(all.log_q.isfinite().logical_not()))
    fail("{} a sample {} has log q {}", where, in_words(all.z[*i]), in_words(all.log_q[*i]));
  expect_mean(q, all, datum, where);
  if (lie_on_sphere(first.z)) return compare_on_sphere(first, all, where), true;
  expect_entropy(all, where);
  return compare(q, first, all, datum, batch, where);
}

/// Of every data point of the batch.
bool check_draws_of(const Posterior& q, int64_t batch, int64_t n, const std::string& where) {
  const auto first = drawn(q, first_draws, 12), all = drawn(q, n, 13);
  bool is_compared = false;
  for (int64_t b = 0; b < batch; ++b) {
    const auto datum = static_cast<size_t>(b);
    is_compared = check_drawn(q, first[datum], all[datum], b, batch, where) || is_compared;
  }
  return is_compared;
}

/// One sample of each of many equal data, as training takes them.
void check_single_draws(Encoder& encoder, const Tensor& x, const std::string& where) {
  constexpr int64_t n = 40000;
  const auto q = encoder.encode(x),
             many = encoder.encode(x.expand_as(at::empty(Shape{n} + x[0].sizes().vec(), x.options())).contiguous());
  Rng rng = double_rng(18);
  const Sample draw = many->draw(1, rng);
  check_drawn(*q, drawn(*q, first_draws, 12)[0], {draw.z[0], draw.log_prob[0]}, 0, 1, where);
}

}  // namespace

/// Of one data point, where a bias that is as long as z, of a mean or of a log scale, is moved far, and for data far out.
void check_draws_elsewhere(const EncoderNetwork& network) {
  constexpr int64_t latents = 2, n = 30000;
  const auto encoder = network.moved(network.choice(), latents);
  const Shape& shape = encoder->context().observation.shape;
  const Tensor x = network.inputs(shape, latents, 1);
  for (const auto& [name, t] : encoder->named_parameters()) {
    if (t.dim() != 1 || t.numel() != latents) continue;
    for (const double by : {-4., 4.}) {
      const Tensor kept = t.detach().clone();
      t.detach().add_(by);
      check_draws_of(*encoder->encode(x), 1, n,
                     fmt::format("for L = {} with its parameter {} moved by {:g}", latents, name, by));
      t.detach().copy_(kept);
    }
  }
  check_draws_of(*encoder->encode(network.inputs(shape, latents, 2, 2, 20)), 2, n,
                 fmt::format("for L = {} and inputs up to 10", latents));
}

void check_posterior_draws(const EncoderNetwork& network) {
  const at::NoGradGuard no_gradients;
  bool is_compared = false, is_first = true;
  network.with_each_kind([&](const PluginChoice& other) {
    const bool is_given = std::exchange(is_first, false);
    const int64_t batch = is_given ? 2 : 1;
    for (const int64_t latents : is_given ? std::vector<int64_t>{1, 2, 3, 12} : std::vector<int64_t>{2, 12}) {
      Encoded encoded;
      try {
        encoded = network.encoded(other, latents, batch);
      } catch (const UserError&) {
        continue;  // a distribution of directions has no L = 1
      }
      const int64_t n = !is_given ? 20000 : latents > 3 ? 60000 : 40000;
      is_compared = check_draws_of(*encoded.q, batch, n, fmt::format("for L = {}", latents)) || is_compared;
    }
  });
  if (!is_compared) skip("log q differs so much between neighbouring samples that none can be compared with it");

  const auto encoder = network.moved(network.choice(), 2);
  const Tensor x = network.inputs(encoder->context().observation.shape, 2, 1);
  check_single_draws(*encoder, x, "for L = 2 and one sample of each data point");
  encoder->set_training(true);
  const Tensor batch = network.inputs(encoder->context().observation.shape, 2, 4);
  check_draws_of(*encoder->encode(batch), 4, 40000, "for L = 2 in training");
  check_draws_elsewhere(network);
}

}  // namespace elbo::host::conformance
