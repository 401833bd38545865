// What is maximised. The host assembles the ELBO from the four other plugins and logs its terms with a weight of 1; an objective
// says what the parameters climb in its place.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <elbo/model.hpp>
#include <elbo/objective_term.hpp>

namespace elbo {

// One pass of a batch through the model, which an objective makes its terms of.

/// Where z comes from, and what carries gradient to the encoder.
enum class Latent {
  sample,  // z ~ q(z|x), all of it
  path,   // z ~ q(z|x), but log q(z|x) is that of fixed parameters: gradient flows through z alone (Roeder et al. 2017)
  score,  // z ~ q(z|x), but z carries no gradient: it flows through log q(z|x) alone (Williams 1992)
  mean    // z = E_q[z|x], without noise
};

/// Adds factor x (sum of the values of t): a mean over the batch that the host adds up in float64, all terms in one node of the graph.
struct Summand {
  Tensor t;
  double factor = 1;

  /// Scalar, of t's dtype.
  Tensor value() const { return t.sum() * factor; }
};

/// The mean of values [S, B] or [B], or of a scalar.
inline Summand mean_of(const Tensor& t) { return {t, 1 / static_cast<double>(t.numel())}; }
/// The mean over the batch of values [B, L] that are summed over L.
inline Summand mean_of_rows(const Tensor& t) { return {t, 1 / static_cast<double>(t.size(0))}; }

struct ELBO_EXPORT Pass {
  std::unique_ptr<Posterior> posterior;  // q(z|x)
  Tensor z;                              // [S, B, L]
  Tensor log_lik;                        // [S, B], log p(x|z)
  Tensor log_q, log_prior;               // [S, B]; undefined for Latent::mean
  std::optional<Tensor> kl_per_dim;      // [B, L], closed form
  bool sampled_kl = false;  // the mean of log q(z|x) - log p(z) stands for the KL even where that has a closed form

  /// log p(x, z) - log q(z|x), [S, B]
  Tensor log_weight() const { return log_lik + log_prior - log_q; }
  bool has_closed_kl() const { return kl_per_dim.has_value() && !sampled_kl; }

  /// The terms of the ELBO over the batch, for do_values().
  Summand reconstruction() const { return mean_of(log_lik); }
  Summand kl() const { return has_closed_kl() ? mean_of_rows(*kl_per_dim) : mean_of(log_q - log_prior); }

  /// The same per data point, [B]; the last two are undefined for Latent::mean.
  Tensor reconstruction_each() const;
  Tensor kl_each() const;
  Tensor elbo_each() const;
};

/// What an objective asks of the passes.
struct Sampling {
  int64_t samples = 1;  // latent samples for each data point, all groups together; on test data as well
  Latent latent = Latent::sample;
  bool sampled_kl = false;  // Pass::sampled_kl
  int64_t updates = 1;      // of the weights, on each batch
  bool is_replayable =
      true;  // false where values of a step decide which operations it has: a device can then not replay it
};

/// A step of training, as an objective sees it.
struct TrainingStep {
  const ModelParts& model;
  Tensor ids;                                        // [B], places of the batch among the training data
  int64_t train_data = 0;                            // N
  double epoch = 0;                                  // from 0; fractions are steps
  Rng rng{0};                                        // for noise that is not the posterior's
  std::function<Tensor(const Tensor& z)> log_joint;  // log p(x, z) [S, B] of this batch at z [S, B, L]
  std::function<Tensor(const Tensor& x)>
      input_of;      // x [B, X...] as the likelihood draws it -> as the encoder is shown it
  Tensor condition;  // [B, C], what is given of the batch; undefined where nothing is
};

/// A scalar whose gradient climbs, and the parameters that follow it. Its value may be a surrogate's, right in its gradient alone:
/// it is not for the log.
struct Ascent {
  Tensor value;
  std::vector<Tensor> parameters;
};

/// What an objective comes to on a pass.
struct ObjectiveValues {
  std::map<std::string, Summand> terms;  // of the names that terms() gives
  std::vector<Ascent> ascents{};  // none: all parameters, the objective's own too, climb the weighted sum of the terms
};

/// Its own parameters are trained and its buffers are stored, in checkpoints too.
/// Each call passes on what the plugin throws, and throws Error, with the plugin's name, where its result is not what is said here.
class ELBO_EXPORT Objective : public Component {
 public:
  ~Objective() override;
  /// The terms whose weighted sum is maximised in this epoch: from 0, fractions are steps, infinity is after all warm-up and at the
  /// end of a cycle. Their names and number are the same in every epoch. Throws Error where there are none.
  std::vector<ObjectiveTerm> terms(double epoch) const;
  /// Throws Error on fewer than one sample or update.
  Sampling sampling() const;
  /// Whether what is maximised lies below log p(x) in expectation, after all warm-up.
  bool is_bound() const;
  /// What else changes with the epoch, for the log: "beta".
  std::vector<Scheduled> scheduled(double epoch) const;
  /// What else there is to say, for elbo explain: one clause each.
  std::vector<std::string> remarks() const;

  /// Called once for a model, before training and before weights are loaded. The only place beside the constructor to register
  /// parameters and buffers.
  void begin(const ModelParts& model, int64_t train_data, const Rng& rng);
  /// Called once for each batch of training, before its first pass.
  void prepare(const TrainingStep& step);
  /// Throws Error where a declared term has no value, where there are others, and where an ascent is no scalar.
  ObjectiveValues values(const Pass& pass, const TrainingStep& step);
  /// What it comes to on data that are only tested, per data point [B]: with a weight of 1 and without a regulariser. Throws
  /// Error on another shape.
  Tensor tested(const Pass& pass) const;

 private:
  virtual std::vector<ObjectiveTerm> do_terms(double epoch) const = 0;
  virtual Sampling do_sampling() const = 0;
  virtual bool do_is_bound() const = 0;
  virtual std::vector<Scheduled> do_scheduled(double epoch) const;
  virtual std::vector<std::string> do_remarks() const;
  virtual void do_begin(const ModelParts& model, int64_t train_data, const Rng& rng);
  virtual void do_prepare(const TrainingStep& step);
  virtual ObjectiveValues do_values(const Pass& pass, const TrainingStep& step) = 0;
  /// Unless it is said otherwise, the ELBO; log p(x|z) where there is none.
  virtual Tensor do_tested(const Pass& pass) const;
};

/// "E_q(z|x)[log p(x|z)]", the first term of most objectives.
ELBO_EXPORT ObjectiveTerm reconstruction_term();
/// "E_q(z|x)[log p(x|z) + log p(z) - log q(z|x)]"
ELBO_EXPORT ObjectiveTerm elbo_term(double weight);
/// "0.5", "1e-06": a number within a formula or a remark.
ELBO_EXPORT std::string in_formula(double value);

}  // namespace elbo
