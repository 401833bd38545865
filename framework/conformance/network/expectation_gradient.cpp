// The gradient of E_q[h(z)]. At a small step the samples move as their gradient says even where a choice, as that of a component of a
// mixture, carries none: that one shows over a longer path, on which some samples are chosen anew.
#include <cmath>

#include "conformance/network/encoder.hpp"
#include "conformance/statistics.hpp"

namespace elbo::host::conformance {
namespace {

/// The parameters at `centre + t * direction`.
struct ParameterLine {
  Tensor parameter, centre, direction;
  void go_to(double t) const { parameter.detach().copy_(centre + t * direction); }
};

/// Through a place at which components and their weights are unlike each other, however the network starts.
std::vector<ParameterLine> random_line(const Module& module) {
  constexpr double spread = 0.7;
  Rng rng = double_rng(23);
  std::vector<ParameterLine> all;
  for (const auto& [name, t] : module.named_parameters()) {
    // A layer of many units is moved as far as one of few: its weights less each.
    const double by = 1 / std::sqrt(t.dim() > 1 ? static_cast<double>(t.numel() / t.size(0)) : 1);
    const auto noise = [&] { return rng.normal({1, 1, t.numel()}).view_as(t) * by; };
    all.push_back({t, t.detach() + spread * noise(), noise()});
  }
  return all;
}

/// Of samples z [S, B, L], a bounded slope for each latent, neither even nor odd about the middle of the first samples.
struct Feature {
  Tensor middle, width;  // [B, L]
  Tensor mean_of(const Tensor& z) const {
    const Tensor u = (z - middle) / width;
    return (u.tanh() + (1 + u.square()).log() / 2).sum(2).mean();
  }
};

class ExpectationGradient {
 public:
  ExpectationGradient(Encoder& encoder, Tensor x) : encoder_(encoder), x_(std::move(x)), line_(random_line(encoder)) {
    const Tensor z = samples_at(0, 500, 24);
    has_gradient_ = z.requires_grad();
    feature_ = {z.detach().mean(0), z.detach().std(0) + 1e-12};
  }
  bool has_gradient() const { return has_gradient_; }

  /// How much more the mean of the feature changes from -t to t than its gradient between them adds up to (by Gauss-Legendre), for each
  /// unit of t. The same noise all along.
  double missing(double length, int64_t samples, uint64_t seed) const {
    const auto mean_at = [&](double t) { return feature_.mean_of(samples_at(t * length, samples, seed)); };
    double change = (number(mean_at(1)) - number(mean_at(-1))) / length;
    for (const auto& [t, weight] : {std::pair{-std::sqrt(0.6), 5. / 9}, {0., 8. / 9}, {std::sqrt(0.6), 5. / 9}}) {
      const NamedTensors gradients = gradients_of(mean_at(t), encoder_.named_parameters());
      for (size_t i = 0; i < line_.size(); ++i)
        change -= weight * number((gradients[i].second * line_[i].direction).sum());
    }
    return change / 2;
  }

 private:
  Tensor samples_at(double t, int64_t samples, uint64_t seed) const {
    for (const ParameterLine& line : line_) line.go_to(t);
    Rng rng = double_rng(seed);
    return encoder_.encode(x_)->draw(samples, rng).z;
  }

  Encoder& encoder_;
  Tensor x_;
  std::vector<ParameterLine> line_;
  Feature feature_;
  bool has_gradient_ = false;
};

/// False where samples carry no gradient.
bool check_expectation_gradient_of(const EncoderNetwork& network, const PluginChoice& choice) {
  constexpr int runs = 24;
  constexpr double negligible = 1e-3, much = 0.01, longest = 0.03;
  const auto encoder = network.encoder(choice, network.shapes(choice)[0], 2);
  const ExpectationGradient gradient(*encoder, network.inputs(encoder->context().observation.shape, 2, 3));
  if (!gradient.has_gradient()) return false;
  const auto is_explained = [&](double length) { return std::abs(gradient.missing(length, 500, 25)) < negligible; };
  // What has kinks within the longer piece has hardly any within the shorter one.
  if (is_explained(longest) || is_explained(longest / 6)) return true;
  std::vector<double> all;
  for (uint64_t i = 0; i < runs; ++i) all.push_back(gradient.missing(longest, 2000, 25 + i));
  const double mean = number(doubles(all).mean()), off = z_of_mean(doubles(all), 0);
  if (std::abs(mean) > much && std::abs(off) > most_z)
    fail(
        "the gradient of the samples misses {:.3g} of the change of a mean over them, along a line through the "
        "parameters ({:.1f} standard errors); what decides which samples there are, such as the weights of a mixture, "
        "needs a gradient through z",
        mean, std::abs(off));
  return true;
}

}  // namespace

void check_expectation_gradient(const EncoderNetwork& network) {
  bool has_any = false;
  network.with_each_kind(
      [&](const PluginChoice& other) { has_any = check_expectation_gradient_of(network, other) || has_any; });
  if (!has_any) skip("its samples carry no gradient");
}

}  // namespace elbo::host::conformance
