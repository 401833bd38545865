#include <elbo/likelihood_parts.hpp>

#include <cmath>

#include <elbo/tensor.hpp>

namespace elbo {
namespace {
constexpr double max_log_scale = 40;  // e^40 squared is still a float32
constexpr double kept = 0.99;         // of the running mean square at each batch

void add_options(Options<NoiseScaleConfig>& o, bool may_be_optimal) {
  const std::string doc =
      "the scale is fixed, one learned number (shared), or one of the decoder's outputs for each value "
      "of x (per_pixel)";
  const std::string optimal =
      "; or (optimal) the root mean square of the residuals, of the batch in training and of the "
      "training data, as a running mean, in evaluation (Rybkin et al. 2021)";
  std::vector<std::string> choices = {"fixed", "shared", "per_pixel"};
  if (may_be_optimal) choices.push_back("optimal");
  o.add("scale", &NoiseScaleConfig::scale, may_be_optimal ? doc + optimal : doc).one_of(std::move(choices));
  o.add("fixed_scale", &NoiseScaleConfig::fixed_scale, "the scale, in the units of x")
      .range(1e-6, 1e6)
      .only_with("scale", {"fixed"});
  o.add("min_log_scale", &NoiseScaleConfig::min_log_scale,
        "soft lower bound of the log of a learned scale; without one the density of a value that "
        "never varies has no maximum")
      .range(-20, 20)
      .not_with("scale", {"fixed"});
}

}  // namespace

void NoiseScaleConfig::describe(Options<NoiseScaleConfig>& o) { add_options(o, false); }
void NoiseScaleConfig::describe_with_optimal(Options<NoiseScaleConfig>& o) { add_options(o, true); }

NoiseScale::NoiseScale(const NoiseScaleConfig& config, Shape shape) : config_(config), shape_(std::move(shape)) {
  if (config_.scale == "shared") shared_ = parameter("log_scale", zeros({1}));
  if (config_.scale == "optimal") mean_square_ = buffer("mean_square", full({1}, 1));
}

NoiseScale::~NoiseScale() = default;

std::vector<DecoderOutput> NoiseScale::params() const {
  if (config_.scale == "per_pixel") return {{"log_scale", shape_}};
  return {};
}

// No gradient asks for a soft bound here.
Tensor NoiseScale::bounded(const Tensor& mean_square) const {
  return (mean_square.toType(at::kDouble).log() / 2).clamp(config_.min_log_scale, max_log_scale);
}

Tensor NoiseScale::log(const Theta& theta) const {
  if (config_.scale == "fixed") return full({1}, std::log(config_.fixed_scale), theta.flat().toType(at::kDouble));
  if (mean_square_.defined()) return bounded(mean_square_);
  const Tensor& raw = shared_.defined() ? shared_ : theta["log_scale"];
  return soft_bound(raw, config_.min_log_scale, max_log_scale, at::kDouble);
}

// The gradient by the decoder is that of a fixed scale: at its optimum the scale adds nothing to it.
Tensor NoiseScale::log(const Theta& theta, const std::function<Tensor()>& residuals) const {
  if (!mean_square_.defined() || !training()) return log(theta);
  const Tensor all = residuals();
  if (!all.requires_grad()) return log(theta);
  const Tensor now = all.detach().square().mean().view({1});
  mean_square_.copy_(mean_square_ * kept + now.toType(mean_square_.scalar_type()) * (1 - kept));
  return bounded(now);
}

std::optional<Tensor> NoiseScale::init(const Tensor& scale) {
  if (config_.scale == "fixed") return {};
  // A value that never varied gets a hundredth of the typical scale, not 0.
  const Tensor typical = scale.square().mean().sqrt().clamp_min(1e-6);
  if (mean_square_.defined()) mean_square_.copy_(typical.square());
  if (mean_square_.defined()) return {};
  if (!shared_.defined())
    return inverse_soft_lower_bound(scale.maximum(typical / 100).log(), config_.min_log_scale).flatten();
  shared_.detach().copy_(inverse_soft_lower_bound(typical.log(), config_.min_log_scale));
  return {};
}

LocationScale::LocationScale(const NoiseScaleConfig& config, const Context& context, Support support)
    : shape_(context.observation.shape),
      support_(support),
      scale_(part("scale", std::make_shared<NoiseScale>(config, shape_))) {}

LocationScale::~LocationScale() = default;

Tensor LocationScale::rounded(const Tensor& t, const Theta& theta) { return t.toType(theta.flat().scalar_type()); }

Tensor LocationScale::begin_at(const Tensor& loc, const Tensor& scale) {
  const auto raw = scale_->init(scale);
  return raw ? cat({loc.flatten(), *raw}, 0) : loc.flatten();
}

std::vector<DecoderOutput> LocationScale::do_params() const {
  std::vector<DecoderOutput> params = scale_->params();
  params.insert(params.begin(), {"loc", shape_});
  return params;
}

Tensor LocationScale::do_mean(const Theta& theta) const { return theta["loc"]; }

}  // namespace elbo
