// The model: the four kinds of plugins that make p(x, z) and q(z|x), and all of them as an objective trains them.
// Every public call throws Error where an argument or the plugin's result has another shape than is said here, with the names of the
// plugin and of the call; what a plugin throws itself passes through.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include <elbo/component.hpp>
#include <elbo/posterior.hpp>

namespace elbo {

/// x -> q(z|x)
class ELBO_EXPORT Encoder : public Component {
 public:
  ~Encoder() override;
  /// x [B, X...], scaled by the host to about [0, 1] or unit variance. Throws Error where there is no posterior, too.
  std::unique_ptr<Posterior> encode(const Tensor& x);

 private:
  virtual std::unique_ptr<Posterior> do_encode(const Tensor& x) = 0;
};

/// z -> the raw parameters of p(x|z)
class ELBO_EXPORT Decoder : public Component {
 public:
  ~Decoder() override;
  /// z [N, context.latent_dim] -> [N, numel(context.decoder_output)], the parameters one after the other, each row-major. Where
  /// something is given of the data, the last context.condition_dim of each row are that, names as 0 and 1 and numbers standardised.
  Tensor decode(const Tensor& z);
  /// Starts the output layer's bias at `raw` [numel(context.decoder_output)], so that training begins at the
  /// data's marginal (Burda et al. 2016, code). Decoders without such a bias ignore it.
  void set_output_bias(const Tensor& raw);

 private:
  virtual Tensor do_decode(const Tensor& z) = 0;
  virtual void do_set_output_bias(const Tensor& raw);
};

/// p(z)
class ELBO_EXPORT Prior : public Component {
 public:
  ~Prior() override;
  /// z [S, B, L] -> [S, B], nats.
  Tensor log_prob(const Tensor& z) const;
  /// [n, L]. The prior is given a generator that makes tensors of its own dtype and device, those of its first floating-point
  /// parameter or buffer; one without any is given `rng` as it is. `rng` goes on where the prior has left it.
  Tensor sample(int64_t n, Rng& rng) const;
  /// KL(q || p) per latent dimension [B, L] where it has a closed form: that of z_j given z_1 .. z_{j-1}, so that the sum
  /// is the whole even where q's latents are dependent. Throws UserError when it is infinite for every q of this family, as
  /// where one of the two lies on the unit sphere and the other does not.
  std::optional<Tensor> kl(const Posterior& q) const;
  /// Called once, before training, with some training data [n, X...] as the encoder sees them. Most priors ignore them.
  void init_from(const Tensor& x);
  /// Whether z lies on the unit sphere of R^L and log_prob is a density of its surface, as elbo/posterior.hpp has it.
  bool is_on_sphere() const;

 private:
  virtual Tensor do_log_prob(const Tensor& z) const = 0;
  virtual Tensor do_sample(int64_t n, Rng& rng) const = 0;
  virtual std::optional<Tensor> do_kl(const Posterior& q) const;
  virtual void do_init_from(const Tensor& x);
  virtual bool do_is_on_sphere() const;
};

/// Of the training data, in the units the likelihood sees; each over the data, per value of X....
struct Statistics {
  int64_t count = 0;
  Tensor mean, variance, min, max;  // [X...]
  Tensor median;                    // [X...], of a subsample where the data are many
  Tensor mean_abs_deviation;        // [X...], about the median
  Tensor histogram;                 // [levels, X...] where values or columns are on levels, else undefined
};

/// p(x|z), given the decoder's output theta
class ELBO_EXPORT Likelihood : public Component {
 public:
  ~Likelihood() override;
  /// The values x may take; fixes the base measure.
  Support support() const;
  /// What log_prob takes from x as known. Numbers stand beside each other only where it is the same.
  Conditioning conditioning() const;
  /// What the decoder must give for each data point. Raw and unconstrained: the likelihood owns its links.
  std::vector<DecoderOutput> params() const;

  /// x [B, X...] -> log p(x|theta) [S, B], summed over X..., in nats. -inf outside the support. Throws Error where the plugin
  /// overrides neither do_log_prob nor do_log_prob_per_value.
  Tensor log_prob(const Tensor& x, const Theta& theta) const;
  /// The log-density of each value, [S, B, X...], whose sum is log_prob; nothing unless the plugin gives it.
  std::optional<Tensor> log_prob_per_value(const Tensor& x, const Theta& theta) const;
  /// Log mass of the box [lo, hi] (each [B, X...], ends may be infinite), summed over dimensions -> [S, B].
  /// Turns a density into an exact pmf on a grid of levels. Nothing for discrete likelihoods, and for densities that have neither a
  /// form of their own nor log_prob_per_value, which is integrated in the absence of one. Throws Error where that is not possible to
  /// a relative error of 1e-8.
  std::optional<Tensor> interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const;

  /// Whether mean() is something: not for names in no order, for instance.
  bool has_mean() const;
  /// E[x|theta], [S, B, X...]. Throws UserError where has_mean() is false.
  Tensor mean(const Theta& theta) const;
  /// Var[x|theta], [S, B, X...], where it has a closed form.
  std::optional<Tensor> variance(const Theta& theta) const;
  /// One draw for each theta, [S, B, X...]. The plugin is given a generator that makes tensors of theta's dtype and device; `rng`
  /// goes on where it has left that.
  Tensor sample(const Theta& theta, Rng& rng) const;

  /// Raw parameters [numel(params())] whose marginal fits the training data; sets parameters that the module
  /// itself owns. Nothing leaves the decoder as it is.
  std::optional<Tensor> init_from(const Statistics& statistics);

 private:
  virtual Support do_support() const = 0;
  virtual Conditioning do_conditioning() const;
  virtual std::vector<DecoderOutput> do_params() const = 0;
  /// One of these two. Values that are independent given z have a density each: then the second is enough, and gives
  /// do_log_prob and do_interval_log_prob their default. It is called in float64, too, and with x that differ by sample.
  virtual Tensor do_log_prob(const Tensor& x, const Theta& theta) const;
  virtual std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const;
  virtual std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const;
  /// Overridden with `return false` by a likelihood whose mean means nothing, which then needs no do_mean.
  virtual bool do_has_mean() const;
  virtual Tensor do_mean(const Theta& theta) const;
  virtual std::optional<Tensor> do_variance(const Theta& theta) const;
  virtual Tensor do_sample(const Theta& theta, Rng& rng) const = 0;
  virtual std::optional<Tensor> do_init_from(const Statistics& statistics);
};

struct ELBO_EXPORT ModelParts {
  std::shared_ptr<Encoder> encoder;
  std::shared_ptr<Decoder> decoder;
  std::shared_ptr<Prior> prior;
  std::shared_ptr<Likelihood> likelihood;
  int64_t latent_dim = 0;

  /// Of the encoder: what q(z|x) depends on.
  std::vector<Tensor> inference_parameters() const;
  /// Of decoder, prior and likelihood: what p(x, z) depends on.
  std::vector<Tensor> generative_parameters() const;
};

/// z [S, B, L] and what is given of the data, c [B, C] or none -> the likelihood's parameters. Throws Error as Decoder::decode does.
ELBO_EXPORT Theta decode(const ModelParts& model, const Tensor& z, const Tensor& condition);
/// The same of a model that is given nothing.
ELBO_EXPORT Theta decode(const ModelParts& model, const Tensor& z);
/// z [S, B, L] with c [B, C] behind it, as a decoder of p(x|z,c) sees it; z where nothing is given.
ELBO_EXPORT Tensor with_condition(const Tensor& z, const Tensor& condition);

/// While it lives, no parameter of the model asks for a gradient: those of z alone are wanted.
class ELBO_EXPORT HeldParameters {
 public:
  explicit HeldParameters(const ModelParts& model);
  ~HeldParameters();
  HeldParameters(const HeldParameters&) = delete;
  HeldParameters& operator=(const HeldParameters&) = delete;

 private:
  std::vector<Tensor> held_;
};

}  // namespace elbo
