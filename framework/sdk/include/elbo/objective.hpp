// What is maximised. The host assembles the ELBO from the four other plugins and logs its terms with a weight of 1; an objective
// says what the parameters climb in its place.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <elbo/component.hpp>
#include <elbo/model_parts.hpp>
#include <elbo/objective_term.hpp>
#include <elbo/options.hpp>
#include <elbo/pass.hpp>

namespace elbo {

/// What an objective asks of the passes.
struct Sampling {
  int64_t samples = 1;  // latent samples for each datum, all groups together; on test data as well
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
      input_of;  // x [B, X...] as the likelihood draws it -> as the encoder is shown it
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
class ELBO_EXPORT Objective : public Component {
 public:
  ~Objective() override;
  /// The terms whose weighted sum is maximised in this epoch: from 0, fractions are steps, infinity is after all warm-up and at the
  /// end of a cycle. Their names and number are the same in every epoch.
  std::vector<ObjectiveTerm> terms(double epoch) const;
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
  ObjectiveValues values(const Pass& pass, const TrainingStep& step);
  /// What it comes to on data that are only tested, per datum [B]: with a weight of 1 and without a regulariser.
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

/// The options of objectives with a KL term; their Config derives from it.
struct KlOptions {
  int64_t samples = 1;
  std::string kl = "analytic";

  template <class Config>
  static void describe(Options<Config>& o) {
    o.template add<int64_t>("samples", &Config::samples, "latent samples for each datum").range(1, 100000);
    o.template add<std::string>(
         "kl", &Config::kl,
         "closed form where prior and posterior have one, or Monte Carlo: the mean of log q(z|x) - log p(z)")
        .one_of({"analytic", "monte_carlo"});
  }
  bool is_sampled() const { return kl == "monte_carlo"; }
  Sampling sampling() const { return {.samples = samples, .sampled_kl = is_sampled()}; }
  ObjectiveTerm term(double weight) const {
    return {"kl", weight, is_sampled() ? "E_q(z|x)[log q(z|x) - log p(z)]" : "KL(q(z|x) || p(z))"};
  }
};

/// The same with the gradient that leaves out the score of q(z|x), whose mean is zero (Roeder et al. 2017).
struct KlGradientOptions : KlOptions {
  std::string gradient = "total";

  template <class Config>
  static void describe(Options<Config>& o) {
    KlOptions::describe(o);
    o.template add<std::string>("gradient", &Config::gradient,
                                "total, or stl: without the score of q, which a closed form of the KL does not have")
        .one_of({"total", "stl"})
        .only_with("kl", {"monte_carlo"});
  }
  bool leaves_out_score() const { return gradient == "stl"; }
  Sampling sampling() const {
    Sampling s = KlOptions::sampling();
    if (leaves_out_score()) s.latent = Latent::path;
    return s;
  }
  std::vector<std::string> remarks() const {
    return leaves_out_score() ? std::vector<std::string>{"gradient without the score of q (sticking the landing)"}
                              : std::vector<std::string>{};
  }
};

}  // namespace elbo
