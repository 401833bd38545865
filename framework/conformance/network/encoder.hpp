// The properties of encoders and of the posteriors that they give.
#pragma once
#include <elbo/model.hpp>

#include "conformance/network/network.hpp"

namespace elbo::host::conformance {

/// All z of samples are compared with this one. Of the some ten thousand comparisons that a check makes, one exceeds it by chance in
/// one of a million checks (8e-11 each); the seeds are fixed, so that the same plugin always gets the same answer.
inline constexpr double most_z = 6.5;

/// A posterior, and the encoder that it may refer to.
struct Encoded {
  std::shared_ptr<Encoder> encoder;
  std::unique_ptr<Posterior> q;
};

class EncoderNetwork final : public Network {
 public:
  using Network::Network;

  std::shared_ptr<Encoder> encoder(const PluginChoice& choice, const Shape& x, int64_t latents) const;
  /// Made with its parameters moved, so that nothing rests on how they start.
  std::shared_ptr<Encoder> moved(const PluginChoice& choice, int64_t latents) const;
  /// q(z|x) of some data under such parameters.
  Encoded encoded(const PluginChoice& choice, int64_t latents, int64_t batch) const;

  /// The choice itself and, for each option that names one of several things, each of these: posterior families, flows. What the
  /// plugin refuses is left out.
  void with_each_kind(const std::function<void(const PluginChoice&)>& check) const;

  Tensor inputs(const Shape& x, int64_t latents, int64_t rows, uint64_t seed = 1, double times = 1) const override;
  using Network::results;
  NamedTensors results(Component& network, const Tensor& x, const Tensor& ids) const override;
  size_t driven() const override { return 1; }  // the samples
  std::string input_words(int64_t column) const override;
  std::string output_words(int64_t column) const override;

 private:
  std::shared_ptr<Component> create(const PluginChoice& choice, const Context& context) const override;
};

/// What a posterior says of itself by naming its family.
struct Declared {
  std::string family;
  Tensor mean;                                      // [B, L]
  std::function<Tensor(const Tensor& z)> log_prob;  // z [S, B, L] -> [S, B]
  NamedTensors params;
};
std::vector<Declared> declared_families(const Posterior& q);

/// Samples of unit length, whose density is one of the sphere's surface; z [n, L].
bool lie_on_sphere(const Tensor& z);

// posterior.cpp
void check_posterior_agrees(const EncoderNetwork& network);
void check_posterior_normalisation(const EncoderNetwork& network);
void check_posterior_independence(const EncoderNetwork& network);
void check_posterior_generator(const EncoderNetwork& network);
void check_posterior_tiny_scales(const EncoderNetwork& network);
// posterior_samples.cpp
void check_posterior_draws(const EncoderNetwork& network);
// expectation_gradient.cpp
void check_expectation_gradient(const EncoderNetwork& network);

}  // namespace elbo::host::conformance
