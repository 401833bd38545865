// The checking calls: a plugin that gives a wrong shape is named, with what was expected.
#include <elbo/component.hpp>

#include <gtest/gtest.h>

#include <elbo/model.hpp>

namespace elbo {
namespace {

struct Averaging : Likelihood {
  Support do_support() const override { return Support::real; }
  std::vector<DecoderOutput> do_params() const override { return {{"loc", {4}}}; }
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override { return -(x - theta["loc"]).square().mean(); }
  Tensor do_mean(const Theta& theta) const override { return theta["loc"]; }
  Tensor do_sample(const Theta& theta, Rng&) const override { return theta["loc"]; }
};

struct Collapsing : Encoder {
  std::unique_ptr<Posterior> do_encode(const Tensor& x) override {
    return posteriors::diagonal_normal(zeros({x.size(0), 1}), zeros({x.size(0), 1}));
  }
};

struct NoPosterior : Encoder {
  std::unique_ptr<Posterior> do_encode(const Tensor&) override { return nullptr; }
};

struct Narrow : Decoder {
  Tensor do_decode(const Tensor& z) override { return z; }
};

Context context() {
  return {.observation = {{4}, Support::real, 0}, .latent_dim = 2, .decoder_output = {{"loc", {4}}}};
}

template <class F>
std::string message(F&& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

/// Gives the noise that it is handed, as it is.
struct Echo : Prior {
  explicit Echo(bool has_parameter) : owns(has_parameter) {
    if (owns) scale = parameter("scale", zeros({2}));
  }
  Tensor do_log_prob(const Tensor& z) const override { return z.sum(2); }
  Tensor do_sample(int64_t n, Rng& rng) const override { return rng.normal({1, n, 2})[0]; }
  bool owns = false;
  Tensor scale;
};

struct Noisy : Likelihood {
  Support do_support() const override { return Support::real; }
  std::vector<DecoderOutput> do_params() const override { return {{"loc", {4}}}; }
  Tensor do_log_prob(const Tensor& x, const Theta& theta) const override { return zeros({1, x.size(0)}, theta.flat()); }
  bool do_has_mean() const override { return false; }
  Tensor do_sample(const Theta& theta, Rng& rng) const override { return rng.normal(theta["loc"].sizes().vec()); }
};

TEST(Component, HandsAPriorAGeneratorOfItsOwnDtype) {
  Echo own(true), none(false);
  for (Echo* prior : {&own, &none}) prior->attach("prior:echo", context());
  own.to_like(zeros(Shape{}).to(at::kDouble));
  Rng rng(3);
  const Tensor z = own.sample(5, rng);
  EXPECT_EQ(z.scalar_type(), at::kDouble);
  EXPECT_TRUE(z.equal(Rng(3).like(z).normal({1, 5, 2})[0]));
  EXPECT_FALSE(z.equal(own.sample(5, rng))) << "the next draw is another one";
  EXPECT_EQ(none.sample(5, rng).scalar_type(), at::kFloat) << "one without tensors has the given generator";
  EXPECT_EQ(rng.normal({1, 1}).scalar_type(), at::kFloat) << "the caller's stays as it was";
}

TEST(Component, HandsALikelihoodAGeneratorOfThetasDtype) {
  Noisy likelihood;
  likelihood.attach("likelihood:noisy", context());
  Rng rng(3);
  const Theta theta(likelihood.params(), zeros({1, 2, 4}).to(at::kDouble));
  const Tensor x = likelihood.sample(theta, rng);
  EXPECT_EQ(x.scalar_type(), at::kDouble);
  EXPECT_FALSE(x.equal(likelihood.sample(theta, rng)));
}

TEST(Component, SaysThatALikelihoodHasNoMean) {
  Noisy likelihood;
  likelihood.attach("likelihood:noisy", context());
  EXPECT_FALSE(likelihood.has_mean());
  const std::string said = message([&] { likelihood.mean({likelihood.params(), zeros({1, 2, 4})}); });
  EXPECT_NE(said.find("likelihood:noisy: x has no mean"), std::string::npos) << said;
}

TEST(Component, NamesALikelihoodThatAverages) {
  Averaging likelihood;
  likelihood.attach("likelihood:averaging", context());
  const Theta theta(likelihood.params(), zeros({3, 5, 4}));
  EXPECT_EQ(message([&] { likelihood.log_prob(zeros({5, 4}), theta); }),
            "likelihood:averaging: log_prob returned []; expected [3, 5]; sum over the event and keep [S, B]");
}

TEST(Component, NamesAnEncoderWithTheWrongLatentSize) {
  Collapsing encoder;
  encoder.attach("encoder:collapsing", context());
  EXPECT_EQ(message([&] { encoder.encode(zeros({5, 4})); }),
            "encoder:collapsing: the posterior's mean returned [5, 1]; expected [5, 2]; one row a data point, "
            "latent_dim columns");
  NoPosterior none;
  none.attach("encoder:none", context());
  EXPECT_EQ(message([&] { none.encode(zeros({5, 4})); }), "encoder:none: encode returned no posterior");
}

TEST(Component, NamesADecoderWithTooFewValues) {
  Narrow decoder;
  decoder.attach("decoder:narrow", context());
  EXPECT_EQ(message([&] { decoder.decode(zeros({5, 2})); }),
            "decoder:narrow: decode returned [5, 2]; expected [5, 4]; give every parameter that context.decoder_output "
            "lists");
}

TEST(Component, RefusesArgumentsOfTheWrongShape) {
  Averaging likelihood;
  likelihood.attach("likelihood:averaging", context());
  const Theta theta(likelihood.params(), zeros({3, 5, 4}));
  EXPECT_EQ(message([&] { likelihood.log_prob(zeros({5, 3}), theta); }),
            "likelihood:averaging: log_prob was given x of shape [5, 3]; expected [5, 4]");
}

TEST(Theta, SplitsByNameAndListsTheNamesItHas) {
  const std::vector<DecoderOutput> params = {{"loc", {2, 3}}, {"scale", {1}}};
  const Theta theta(params, zeros({2, 5, 7}));
  EXPECT_EQ(theta["loc"].sizes().vec(), (Shape{2, 5, 2, 3}));
  EXPECT_EQ(theta["scale"].sizes().vec(), (Shape{2, 5, 1}));
  EXPECT_EQ(message([&] { theta["sigma"]; }), "theta: there is no parameter 'sigma'; there are: loc, scale");
  EXPECT_THROW(Theta(params, zeros({2, 5, 6})), Error);
}

TEST(Theta, GivesEachParameterItsOwnGradient) {
  const std::vector<DecoderOutput> params = {{"loc", {2}}, {"scale", {1}}, {"unused", {1}}};
  const Tensor flat = zeros({1, 3, 4}).set_requires_grad(true);
  const Theta theta(params, flat);
  (theta["loc"] * 2).sum().backward({}, true);
  EXPECT_EQ(flat.grad().sum(1).squeeze(0).narrow(0, 0, 2).sum().item<double>(), 12);
  EXPECT_EQ(flat.grad().narrow(2, 2, 2).abs().sum().item<double>(), 0);
  (theta["scale"] * 5).sum().backward();
  EXPECT_EQ(flat.grad().select(2, 2).sum().item<double>(), 15);
  EXPECT_EQ(flat.grad().select(2, 3).sum().item<double>(), 0);
}

TEST(DiagonalNormal, ScoresItsOwnDrawsTheSameBothWays) {
  Rng rng(1);
  const auto q = posteriors::diagonal_normal(rng.normal({1, 5, 3}).squeeze(0).to(at::kDouble),
                                             rng.normal({1, 5, 3}).squeeze(0).to(at::kDouble));
  const Sample draw = q->draw(7, rng);
  EXPECT_EQ(draw.z.scalar_type(), at::kDouble);
  EXPECT_TRUE(draw.log_prob.allclose(*q->log_prob(draw.z), 1e-10, 1e-10));
}

TEST(DiagonalNormal, PassesGradientsThroughTheSample) {
  const Tensor mean = zeros({1, 2}).set_requires_grad(true), log_scale = zeros({1, 2}).set_requires_grad(true);
  Rng rng(1);
  const Sample draw = posteriors::diagonal_normal(mean, log_scale)->draw(1, rng);
  draw.z.sum().backward();
  EXPECT_TRUE(mean.grad().equal(ones({1, 2})));
  EXPECT_TRUE(log_scale.grad().allclose(draw.z.detach().squeeze(0)));
}

}  // namespace
}  // namespace elbo
