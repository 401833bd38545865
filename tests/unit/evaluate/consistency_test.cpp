#include "evaluate/consistency.hpp"

#include <gtest/gtest.h>

#include "data/dataset.hpp"
#include "evaluate/evaluate.hpp"
#include "model/forward.hpp"
#include "support/toy_model.hpp"

namespace elbo::host {
namespace {

using testing::choice;

/// A normal posterior whose draws have one fault.
class FaultyPosterior final : public Posterior {
 public:
  FaultyPosterior(DiagonalNormalParams params, std::string fault)
      : params_(std::move(params)), fault_(std::move(fault)) {}

  Sample draw(int64_t samples, Rng& rng) const override {
    Tensor eps = rng.like(params_.mean).normal({samples, params_.mean.size(0), params_.mean.size(1)});
    if (fault_ == "narrow" || (fault_ == "narrow_for_many" && samples > 2)) eps = eps * 0.8;
    const Tensor z = params_.mean + params_.log_scale.exp() * eps;
    const Tensor log_q = *diagonal_normal_of()->log_prob(z);
    return {z, fault_ == "other_log_q" ? log_q - 0.3 : log_q};
  }
  Tensor mean() const override { return fault_ == "no_mean" ? Tensor() : params_.mean; }
  std::optional<Tensor> log_prob(const Tensor& z) const override { return diagonal_normal_of()->log_prob(z); }
  std::optional<DiagonalNormalParams> diagonal_normal() const override { return params_; }

 private:
  std::unique_ptr<Posterior> diagonal_normal_of() const {
    return elbo::posteriors::diagonal_normal(params_.mean, params_.log_scale);
  }

  DiagonalNormalParams params_;
  std::string fault_;
};

class FaultyEncoder final : public Encoder {
 public:
  FaultyEncoder(std::shared_ptr<Encoder> inner, std::string fault)
      : inner_(std::move(inner)), fault_(std::move(fault)) {
    attach("encoder:faulty", inner_->context());
  }

 private:
  std::unique_ptr<Posterior> do_encode(const Tensor& x) override {
    return std::make_unique<FaultyPosterior>(*inner_->encode(x)->diagonal_normal(), fault_);
  }

  std::shared_ptr<Encoder> inner_;
  std::string fault_;
};

/// Knows what else is decoded with a latent.
class FaultyDecoder final : public Decoder {
 public:
  explicit FaultyDecoder(std::shared_ptr<Decoder> inner) : inner_(std::move(inner)) {
    attach("decoder:faulty", inner_->context());
  }

 private:
  Tensor do_decode(const Tensor& z) override { return inner_->decode(z) + 0.1 * z.mean(); }

  std::shared_ptr<Decoder> inner_;
};

class Consistency : public ::testing::Test {
 protected:
  Consistency() : dataset_(data::load(data::description_of(config()), config())), source_(dataset_, observed_, true) {
    model_ = testing::make_model(choice("encoder", "mlp", {{"hidden", std::vector<int64_t>{8}}}),
                                 choice("decoder", "mlp", {{"hidden", std::vector<int64_t>{8}}}),
                                 choice("likelihood", "bernoulli"), {dataset_.shape, Support::binary, 0}, 3);
  }
  static DataConfig config() {
    DataConfig config;
    config.name = "bars";
    config.observe = "binary";
    config.train = 40;
    config.test = 60;
    return config;
  }
  std::string fault(int64_t samples = 50) { return inconsistency_of(model_, source_, 60, samples, Rng(1)); }
  void expect(const std::string& part) { EXPECT_NE(fault().find(part), std::string::npos) << "'" << fault() << "'"; }
  void set_encoder(const std::string& fault) {
    model_.encoder = std::make_shared<FaultyEncoder>(model_.encoder, fault);
  }

  data::Dataset dataset_;
  observation::ObservationModel observed_ = observation::observation_model(
      {dataset_.shape, dataset_.support, dataset_.levels}, Support::binary, false, config(), "bernoulli");
  BatchSource source_;
  Model model_;
};

TEST_F(Consistency, OfASoundModelHaveNoFault) {
  for (const int64_t samples : {1, 2, 50, 1000}) EXPECT_EQ(fault(samples), "") << samples;
  set_encoder("none");
  EXPECT_EQ(fault(), "");
}

TEST_F(Consistency, SamplesThatAreNarrowerThanTheirDensityShowInTheKl) {
  set_encoder("narrow");
  expect("encoder:faulty: the mean over its samples of log q(z|x) - log p(z) is");
}

TEST_F(Consistency, SamplesThatAreNarrowerWhereThereAreManyDependOnTheirNumber) {
  set_encoder("narrow_for_many");
  expect("encoder:faulty: a sample of q(z|x) of a data point depends on the others that are computed with it");
}

TEST_F(Consistency, TwoDensitiesAreFound) {
  set_encoder("other_log_q");
  expect("differs from that of the posterior at this z by up to 0.3 nat");
}

TEST_F(Consistency, APosteriorMayHaveNoMean) {
  EXPECT_TRUE(has_posterior_mean(model_, source_));
  set_encoder("no_mean");
  EXPECT_EQ(fault(), "");
  EXPECT_FALSE(has_posterior_mean(model_, source_));
  const auto sentence_of = [&](const auto& f) {
    try {
      f();
    } catch (const UserError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(sentence_of([&] { activity(model_, source_, 60); }).find("encoder:faulty: its posterior has no mean"),
            std::string::npos);
}

TEST_F(Consistency, ADecoderThatMixesDataIsFound) {
  model_.decoder = std::make_shared<FaultyDecoder>(model_.decoder);
  expect("decoder:faulty: log p(x|z) of a data point depends on the others");
}

}  // namespace
}  // namespace elbo::host
