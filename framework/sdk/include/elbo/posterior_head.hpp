// What turns an encoder's features into q(z|x): one choice of posterior families and flows for every encoder.
#pragma once
#include <elbo/flows.hpp>
#include <elbo/nn.hpp>
#include <elbo/options.hpp>

namespace elbo {

/// An encoder's Config derives from this one.
struct PosteriorConfig {
  std::string posterior = "diagonal_normal";
  double min_log_scale = -7.0;
  double max_log_scale = 3.0;
  double initial_log_scale = -1.0;
  std::string flow = "none";
  int64_t flow_steps = 4;
  std::vector<int64_t> flow_hidden = {64};
};

class ELBO_EXPORT PosteriorHead : public Module {
 public:
  /// Whether the scale is a linear function of the features, or the same for all data and without bounds.
  enum class Scale { of_features, constant };

  /// Adds the options posterior, min_log_scale, max_log_scale (bounds that a constant scale does not have), flow, flow_steps
  /// and flow_hidden.
  template <class Config>
  static void describe(Options<Config>& o, Scale scale = Scale::of_features) {
    o.template add<std::string>(
         "posterior", &Config::posterior,
         "family of q(z|x): diagonal_normal; full_normal, which has every covariance for L^2/2 more "
         "outputs; laplace, with heavier tails; uniform, on a box within [-1, 1], for the uniform prior; "
         "von_mises_fisher, "
         "on the unit sphere, for the prior hyperspherical_uniform")
        .one_of({"diagonal_normal", "full_normal", "laplace", "uniform", "von_mises_fisher"});
    if (scale == Scale::of_features) {
      o.template add<double>(
           "min_log_scale", &Config::min_log_scale,
           "soft lower bound of the log of q's scale: it nears the bound smoothly and never passes it; of "
           "von_mises_fisher the scale is that of an angle to the prior's, (L / concentration)^1/2")
          .range(-30, 0)
          .not_with("objective.plugin", {"autoencoder"});
      o.template add<double>("max_log_scale", &Config::max_log_scale, "soft upper bound of the log of q's scale")
          .range(0.1, 10)
          .not_with("objective.plugin", {"autoencoder"});
      o.template add<double>("initial_log_scale", &Config::initial_log_scale,
                             "log of q's scale before training, the same for all data: where draws are as narrow as "
                             "this, each says from the "
                             "first step which datum it is of, and the decoder learns to read it; at 0 it may learn to "
                             "ignore it for good")
          .range(-30, 10)
          .above("min_log_scale")
          .below("max_log_scale")
          .not_with("objective.plugin", {"autoencoder"});
    }
    o.template add<std::string>(
         "flow", &Config::flow,
         "invertible map of the draws, which lets q bend: planar (cheap, one direction a step); "
         "householder (rotates, so q has covariances); iaf (strong, cheap to draw from, L passes to score "
         "a given z); realnvp (strong, cheap both ways). No KL in closed form is left")
        .one_of({"none", "planar", "householder", "iaf", "realnvp"});
    o.template add<int64_t>("flow_steps", &Config::flow_steps, "maps one after the other")
        .range(1, 64)
        .not_with("flow", {"none"});
    o.template add<std::vector<int64_t>>("flow_hidden", &Config::flow_hidden, "units of each hidden layer inside a map")
        .range(1, 1e4)
        .only_with("flow", {"iaf", "realnvp"});
  }

  /// `init`: what the weights begin with (nn.hpp), those of all but the scale, which begins where the options say.
  PosteriorHead(const PosteriorConfig& config, int64_t features, int64_t latents, Rng rng,
                const std::string& init = "lecun", Scale scale = Scale::of_features);
  ~PosteriorHead() override;

  /// features [B, F] -> q(z|x) of B data
  std::unique_ptr<Posterior> posterior(const Tensor& features) const;

 private:
  std::unique_ptr<Posterior> base(const Tensor& features) const;
  std::pair<Tensor, Tensor> mean_and_log_scale(const Tensor& features) const;
  int64_t scales() const;
  Tensor below(const Tensor& features) const;

  PosteriorConfig config_;
  int64_t latents_;
  std::shared_ptr<nn::Linear> mean_, log_scale_, below_;  // the last two null where they are constant
  Tensor constant_log_scale_, constant_below_;
  std::vector<std::shared_ptr<Flow>> flows_;
};

}  // namespace elbo
