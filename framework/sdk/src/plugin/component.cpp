// The public calls of the five kinds (the objective in objective.cpp): they check what goes in and out, so that a plugin only computes.
#include <elbo/component.hpp>
#include <elbo/model.hpp>

#include "sdk/src/plugin/call.hpp"

namespace elbo {
namespace {

constexpr const char* keep_sb = "sum over the event and keep [S, B]";

/// The same generator, for tensors of the module's dtype and device where it has tensors of its own.
Rng matched(const Rng& rng, const Module& module) {
  for (const NamedTensors& all : {module.named_parameters(), module.named_buffers()})
    for (const auto& [name, t] : all)
      if (t.is_floating_point()) return rng.like(t);
  return rng;
}

Shape shape_of(const Tensor& t) { return t.defined() ? t.sizes().vec() : Shape{}; }

}  // namespace

Component::~Component() = default;
Encoder::~Encoder() = default;
Decoder::~Decoder() = default;
Prior::~Prior() = default;
Likelihood::~Likelihood() = default;

void Component::attach(std::string label, const Context& context) {
  label_ = std::move(label);
  context_ = context;
}

void Component::check_shape(const Tensor& t, const Shape& expected, const char* function, const char* advice) const {
  if (!t.defined())
    throw Error(label_ + ": " + function + " returned an undefined tensor; expected " + to_string(expected));
  if (shape_of(t) != expected)
    throw Error(label_ + ": " + function + " returned " + to_string(shape_of(t)) + "; expected " + to_string(expected) +
                "; " + advice);
}

void Component::check_argument(const Tensor& t, const Shape& expected, const char* function,
                               const char* argument) const {
  if (!t.defined() || shape_of(t) != expected)
    throw Error(label_ + ": " + function + " was given " + argument + " of shape " + to_string(shape_of(t)) +
                "; expected " + to_string(expected));
}

// ------------------------------------------------------------------------------------------ encoder
std::unique_ptr<Posterior> Encoder::encode(const Tensor& x) {
  const int64_t batch = x.dim() ? x.size(0) : 0;
  check_argument(x, Shape{batch} + context().observation.shape, "encode", "x");
  const Call call(label(), "encode");
  auto q = do_encode(x);
  if (!q) throw Error(label() + ": encode returned no posterior");
  if (const Tensor mean = q->mean(); mean.defined())
    check_shape(mean, {batch, context().latent_dim}, "the posterior's mean",
                "one row a data point, latent_dim columns");
  return q;
}

// ------------------------------------------------------------------------------------------ decoder
Tensor Decoder::decode(const Tensor& z) {
  const int64_t rows = z.dim() ? z.size(0) : 0;
  check_argument(z, {rows, context().latent_dim}, "decode", "z");
  const Call call(label(), "decode");
  Tensor raw = do_decode(z);
  check_shape(raw, {rows, numel(context().decoder_output)}, "decode",
              "give every parameter that context.decoder_output lists");
  return raw;
}

void Decoder::set_output_bias(const Tensor& raw) {
  check_argument(raw, {numel(context().decoder_output)}, "set_output_bias", "raw");
  const Call call(label(), "set_output_bias");
  do_set_output_bias(raw);
}

void Decoder::do_set_output_bias(const Tensor&) {}

// ------------------------------------------------------------------------------------------ prior
Tensor Prior::log_prob(const Tensor& z) const {
  const bool three = z.dim() == 3;
  check_argument(z, {three ? z.size(0) : 0, three ? z.size(1) : 0, context().latent_dim}, "log_prob", "z");
  const Call call(label(), "log_prob");
  Tensor lp = do_log_prob(z);
  check_shape(lp, {z.size(0), z.size(1)}, "log_prob", "sum over the latent dimension and keep [S, B]");
  return lp;
}

Tensor Prior::sample(int64_t n, Rng& rng) const {
  const Call call(label(), "sample");
  Rng own = matched(rng, *this);
  Tensor z = do_sample(n, own);
  rng.go_on_after(own);
  check_shape(z, {n, context().latent_dim}, "sample", "one row a sample");
  return z;
}

std::optional<Tensor> Prior::kl(const Posterior& q) const {
  const Call call(label(), "kl");
  if (const bool on_sphere = is_on_sphere(); on_sphere != q.von_mises_fisher().has_value())
    throw UserError(
        label() +
        (on_sphere ? ": p(z) lies on the unit sphere and q(z|x) does not, so that its KL is infinite; expected an "
                     "encoder with "
                     "posterior = \"von_mises_fisher\"; choose that one, or another prior"
                   : ": q(z|x) lies on the unit sphere and p(z) does not, so that its KL is infinite; expected prior = "
                     "\"hyperspherical_uniform\"; choose that one, or another posterior"));
  auto kl = do_kl(q);
  const Tensor mean = q.mean();
  if (kl && mean.defined())
    check_shape(*kl, mean.sizes().vec(), "kl", "give one value for each data point and latent dimension");
  return kl;
}

void Prior::init_from(const Tensor& x) {
  check_argument(x, Shape{x.dim() ? x.size(0) : 0} + context().observation.shape, "init_from", "x");
  const Call call(label(), "init_from");
  do_init_from(x);
}

bool Prior::is_on_sphere() const {
  const Call call(label(), "is_on_sphere");
  return do_is_on_sphere();
}

std::optional<Tensor> Prior::do_kl(const Posterior&) const { return {}; }
void Prior::do_init_from(const Tensor&) {}
bool Prior::do_is_on_sphere() const { return false; }

// ------------------------------------------------------------------------------------------ likelihood
Support Likelihood::support() const {
  const Call call(label(), "support");
  return do_support();
}

Conditioning Likelihood::conditioning() const {
  const Call call(label(), "given");
  return do_conditioning();
}

std::vector<DecoderOutput> Likelihood::params() const {
  const Call call(label(), "params");
  return do_params();
}

Tensor Likelihood::log_prob(const Tensor& x, const Theta& theta) const {
  check_argument(x, Shape{theta.batch()} + context().observation.shape, "log_prob", "x");
  const Call call(label(), "log_prob");
  Tensor lp = do_log_prob(x, theta);
  check_shape(lp, {theta.samples(), theta.batch()}, "log_prob", keep_sb);
  return lp;
}

std::optional<Tensor> Likelihood::log_prob_per_value(const Tensor& x, const Theta& theta) const {
  check_argument(x, Shape{theta.batch()} + context().observation.shape, "log_prob_per_value", "x");
  const Call call(label(), "log_prob_per_value");
  auto each = do_log_prob_per_value(x, theta);
  if (each)
    check_shape(*each, Shape{theta.samples(), theta.batch()} + context().observation.shape, "log_prob_per_value",
                "one value for each of x");
  return each;
}

std::optional<Tensor> Likelihood::interval_log_prob(const Tensor& lo, const Tensor& hi, const Theta& theta) const {
  const Shape expected = Shape{theta.batch()} + context().observation.shape;
  check_argument(lo, expected, "interval_log_prob", "lo");
  check_argument(hi, expected, "interval_log_prob", "hi");
  const Call call(label(), "interval_log_prob");
  auto lp = do_interval_log_prob(lo, hi, theta);
  if (lp) check_shape(*lp, {theta.samples(), theta.batch()}, "interval_log_prob", keep_sb);
  return lp;
}

bool Likelihood::has_mean() const {
  const Call call(label(), "has_mean");
  return do_has_mean();
}

Tensor Likelihood::mean(const Theta& theta) const {
  const Call call(label(), "mean");
  if (!do_has_mean())
    throw UserError(label() +
                    ": x has no mean under it; expected a likelihood with one for what is asked; choose "
                    "another, or leave that out");
  Tensor m = do_mean(theta);
  check_shape(m, Shape{theta.samples(), theta.batch()} + context().observation.shape, "mean",
              "one value for each of x");
  return m;
}

std::optional<Tensor> Likelihood::variance(const Theta& theta) const {
  const Call call(label(), "variance");
  auto v = do_variance(theta);
  if (v)
    check_shape(*v, Shape{theta.samples(), theta.batch()} + context().observation.shape, "variance",
                "one value for each of x");
  return v;
}

Tensor Likelihood::sample(const Theta& theta, Rng& rng) const {
  const Call call(label(), "sample");
  Rng own = rng.like(theta.flat());
  Tensor x = do_sample(theta, own);
  rng.go_on_after(own);
  check_shape(x, Shape{theta.samples(), theta.batch()} + context().observation.shape, "sample",
              "one draw for each theta");
  return x;
}

std::optional<Tensor> Likelihood::init_from(const Statistics& statistics) {
  const Call call(label(), "init_from");
  auto raw = do_init_from(statistics);
  if (raw)
    check_shape(*raw, {numel(params())}, "init_from", "give the parameters of one data point, one after the other");
  return raw;
}

Conditioning Likelihood::do_conditioning() const {
  return do_support() == Support::simplex_counts ? Conditioning::total : Conditioning::nothing;
}
Tensor Likelihood::do_log_prob(const Tensor& x, const Theta& theta) const {
  if (const auto each = do_log_prob_per_value(x, theta)) return sum_event(*each);
  throw Error(label() + ": gives no density; expected an override of do_log_prob or of do_log_prob_per_value");
}
std::optional<Tensor> Likelihood::do_log_prob_per_value(const Tensor&, const Theta&) const { return {}; }
bool Likelihood::do_has_mean() const { return true; }
Tensor Likelihood::do_mean(const Theta&) const {
  throw Error(label() + ": gives no mean; expected an override of do_mean, or of do_has_mean that returns false");
}
std::optional<Tensor> Likelihood::do_variance(const Theta&) const { return {}; }
std::optional<Tensor> Likelihood::do_init_from(const Statistics&) { return {}; }

int64_t numel(const std::vector<DecoderOutput>& params) {
  int64_t n = 0;
  for (const DecoderOutput& p : params) n += numel(p.shape);
  return n;
}

Theta::Theta(const std::vector<DecoderOutput>& params, const Tensor& flat) : flat_(flat) {
  if (flat.dim() != 3 || flat.size(2) != numel(params))
    throw Error("theta: found decoder output of shape " + to_string(flat.sizes().vec()) + "; expected [S, B, " +
                std::to_string(numel(params)) + "], as many values per data point as the likelihood asked for");
  std::vector<int64_t> sizes;
  for (const DecoderOutput& p : params) sizes.push_back(numel(p.shape));
  // One split, whose gradient is put together once: that of each slice would be copied into zeros of the whole.
  const std::vector<Tensor> pieces =
      sizes.size() == 1 ? std::vector<Tensor>{flat} : flat.unsafe_split_with_sizes(sizes, 2);
  for (size_t i = 0; i < params.size(); ++i)
    parts_.emplace_back(params[i].name, pieces[i].reshape(Shape{flat.size(0), flat.size(1)} + params[i].shape));
}

const Tensor& Theta::operator[](std::string_view name) const {
  std::string known;
  for (const auto& [part, t] : parts_) {
    if (part == name) return t;
    known += (known.empty() ? "" : ", ") + part;
  }
  throw Error("theta: there is no parameter '" + std::string(name) + "'; there are: " + known);
}

namespace {

void append_parameters(const Module& part, std::vector<Tensor>& to) {
  for (const auto& [name, t] : part.named_parameters()) to.push_back(t);
}

}  // namespace

std::vector<Tensor> ModelParts::inference_parameters() const {
  std::vector<Tensor> tensors;
  append_parameters(*encoder, tensors);
  return tensors;
}

std::vector<Tensor> ModelParts::generative_parameters() const {
  std::vector<Tensor> tensors;
  append_parameters(*decoder, tensors);
  append_parameters(*prior, tensors);
  append_parameters(*likelihood, tensors);
  return tensors;
}

Tensor with_condition(const Tensor& z, const Tensor& condition) {
  return condition.defined() ? cat({z, condition.expand({z.size(0), z.size(1), condition.size(1)})}, 2) : z;
}

Theta decode(const ModelParts& model, const Tensor& z, const Tensor& condition) {
  return decode(model, with_condition(z, condition));
}

Theta decode(const ModelParts& model, const Tensor& z) {
  const Tensor raw = model.decoder->decode(z.flatten(0, 1));
  return Theta(model.decoder->context().decoder_output, raw.reshape({z.size(0), z.size(1), raw.size(1)}));
}

HeldParameters::HeldParameters(const ModelParts& model) {
  for (const auto& parameters : {model.inference_parameters(), model.generative_parameters()})
    for (const Tensor& t : parameters)
      if (t.requires_grad()) held_.push_back(t);
  for (Tensor& t : held_) t.requires_grad_(false);
}

HeldParameters::~HeldParameters() {
  for (Tensor& t : held_) t.requires_grad_(true);
}

}  // namespace elbo
