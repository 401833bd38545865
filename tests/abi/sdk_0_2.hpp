// What a likelihood of version 0.2 saw of the SDK (plugin ABI 3), in one header. It is kept as it was: a plugin compiled with
// it must load and work for as long as the number is 3.
#pragma once
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#define ELBO_EXPORT __attribute__((visibility("default")))

namespace elbo {

using at::Tensor;
using Shape = std::vector<int64_t>;
using Value = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>, std::vector<double>,
                           std::vector<std::string>>;
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

enum class Support { binary, levels, counts, unit_interval, positive, real, simplex_counts, mixed };

struct Requirement {
  std::string key;
  std::vector<Value> values{};
  bool except = false;
};

struct Limit {
  std::string key;
  bool may_equal = true;
  bool is_upper = true;
};

struct DefaultWith {
  std::string key;
  std::vector<Value> values{};
  Value fallback;
};

struct Option {
  std::string name, doc;
  Value fallback;
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices{};
  std::vector<std::vector<Requirement>> needs{};
  std::vector<Limit> limits{};
  std::vector<DefaultWith> defaults{};
};

struct Setting {
  std::string name;
  Value value;
};

enum class Given { nothing, total, library_size };

struct Column {
  std::string name;
  Support support = Support::real;
  int64_t levels = 0;
};

struct Observation {
  Shape shape;
  Support support = Support::real;
  int64_t levels = 0;
  std::vector<Column> columns;
};

struct Param {
  std::string name;
  Shape shape;
};

class ELBO_EXPORT Rng {
 public:
  Tensor normal(const Shape& shape);

 private:
  uint64_t key_ = 0;
  uint32_t call_ = 0;
  int64_t first_sample_ = 0;
  Tensor ids_, like_;
};

class Likelihood;

struct LikelihoodPart {
  std::string name;
  std::vector<int64_t> places;
  std::shared_ptr<Likelihood> likelihood;
};
class Posterior;

struct Context {
  Observation observation;
  int64_t latent_dim = 0;
  std::vector<Param> decoder_output;
  Rng rng;
  std::vector<LikelihoodPart> parts;
  std::function<std::unique_ptr<Posterior>(const Tensor&)> encode;
};

class ELBO_EXPORT Theta {
 public:
  const Tensor& operator[](std::string_view name) const;

 private:
  Tensor flat_;
  std::vector<std::pair<std::string, Tensor>> parts_;
};

class ELBO_EXPORT Module {
 public:
  Module() = default;
  virtual ~Module();

 protected:
  Tensor parameter(std::string name, Tensor initial);

 private:
  virtual void on_training();

  NamedTensors parameters_, buffers_;
  std::vector<std::pair<std::string, std::shared_ptr<Module>>> parts_;
  bool training_ = true;
};

class ELBO_EXPORT Component : public Module {
 public:
  ~Component() override;

 private:
  std::string label_ = "plugin";
  Context context_;
};

struct Statistics {
  int64_t count = 0;
  Tensor mean, variance, min, max, median, mean_abs_deviation, histogram;
};

class ELBO_EXPORT Likelihood : public Component {
 public:
  ~Likelihood() override;

 private:
  virtual Support do_support() const = 0;
  virtual Given do_given() const;
  virtual std::vector<Param> do_params() const = 0;
  virtual Tensor do_log_prob(const Tensor& x, const Theta& theta) const;
  virtual std::optional<Tensor> do_log_prob_per_value(const Tensor& x, const Theta& theta) const;
  virtual std::optional<Tensor> do_interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const;
  virtual bool do_has_mean() const;
  virtual Tensor do_mean(const Theta& theta) const;
  virtual std::optional<Tensor> do_variance(const Theta& theta) const;
  virtual Tensor do_sample(const Theta& theta, Rng& rng) const = 0;
  virtual std::optional<Tensor> do_init_from(const Statistics& statistics);
};

struct PluginTable {
  int32_t abi;
  const char *kind, *name, *summary;
  std::vector<Option> (*options)();
  std::shared_ptr<Component> (*create)(const std::vector<Setting>&, const Context&);
  bool contains_likelihoods;
};

ELBO_EXPORT Tensor zeros(const Shape& shape);
ELBO_EXPORT Tensor sum_event(const Tensor& t);
ELBO_EXPORT Tensor log_ndtr_difference(const Tensor& a, const Tensor& b);
ELBO_EXPORT Tensor standardized(const Tensor& edge, const Tensor& loc, const Tensor& log_scale);
ELBO_EXPORT Tensor soft_lower_bound(const Tensor& t, double min);

}  // namespace elbo
