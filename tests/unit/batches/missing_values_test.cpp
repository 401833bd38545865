// What a table with missing values becomes in a batch: NaN for the likelihood, the mean and a mask for the encoder.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <elbo/error.hpp>

#include "batches/batch_source.hpp"
#include "list_of.hpp"

namespace elbo::host {
namespace {
using test::list_of;

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// Columns: real (observed 1, 5, mean 3, deviation 2), levels, real.
data::Dataset table() {
  data::Dataset d;
  d.name = "toy";
  d.shape = {3};
  d.support = Support::real;
  d.columns = {"a", "b", "c"};
  d.masked = true;
  d.train.x = {{3, 3}, std::vector<float>{1, 2, nan, 5, nan, 7, nan, 0, 9}};
  d.valid.x = {{0, 3}, std::vector<float>{}};
  d.test.x = {{2, 3}, std::vector<float>{3, 1, nan, nan, nan, nan}};
  return d;
}

observation::ObservationModel observed(const data::Dataset& d, bool standardize) {
  DataConfig config;
  config.name = "toy";
  config.observe = "columns";
  config.standardize = standardize;
  auto model =
      observation::observation_model({.shape = {3}, .support = Support::real, .columns = {{"a"}, {"b"}, {"c"}}},
                                     Support::mixed, true, config, "composite");
  observation::complete(model, d,
                        {{"gaussian", Support::real}, {"categorical", Support::levels}, {"gaussian", Support::real}});
  return model;
}

TEST(MissingValues, TheEncoderSeesTheMeanInTheirPlaceAndTheMask) {
  const data::Dataset d = table();
  const BatchSource source(d, observed(d, true), true);
  const Batch b = source.batch(Part::train, 0, 3, Rng(1));
  EXPECT_EQ(list_of(b.input.narrow(1, 0, 3)), (std::vector<double>{-1, 1, 0, 1, 0, -1, 0, -1, 1}));
  EXPECT_EQ(list_of(b.input.narrow(1, 3, 3)), (std::vector<double>{1, 1, 0, 1, 0, 1, 0, 1, 1}));
  EXPECT_EQ(list_of(b.x.isnan()), (std::vector<double>{0, 0, 1, 0, 1, 0, 1, 0, 0})) << "the likelihood's";
  const Observation seen = source.observation_model().encoder_observation();
  EXPECT_EQ(seen.shape, (Shape{6}));
  EXPECT_EQ(seen.columns.at(4).name, "'b' is observed");
  EXPECT_EQ(source.observation_model().scoring(), observation::Scoring::observed);
}

TEST(MissingValues, StatisticsAreThoseOfTheObservedValues) {
  const data::Dataset d = table();
  const Statistics s = BatchSource(d, observed(d, false), true).statistics();
  EXPECT_EQ(list_of(s.mean), (std::vector<double>{3, 1, 8}));
  EXPECT_EQ(list_of(s.variance), (std::vector<double>{4, 1, 1}));
  EXPECT_EQ(list_of(s.min), (std::vector<double>{1, 0, 7}));
  EXPECT_EQ(list_of(s.max), (std::vector<double>{5, 2, 9}));
  EXPECT_EQ(list_of(s.median), (std::vector<double>{1, 0, 7})) << "the lower one of two";
  EXPECT_EQ(list_of(s.mean_abs_deviation), (std::vector<double>{2, 1, 1}));
  EXPECT_EQ(list_of(s.histogram.select(1, 1)), (std::vector<double>{1, 0, 1})) << "column b has 0 and 2";
}

TEST(MissingValues, SamplesLackWhatTheTestDataLack) {
  const data::Dataset d = table();
  const BatchSource source(d, observed(d, false), true);
  const Tensor ids = zeros(Shape{1}).to(at::kLong);
  const Batch b = source.sampled(elbo::full({1, 3}, 1, source.like()), ids);
  EXPECT_EQ(list_of(b.x.isnan()), (std::vector<double>{0, 0, 1}));
  EXPECT_EQ(list_of(b.input.narrow(1, 3, 3)), (std::vector<double>{1, 1, 0}));
}

TEST(MissingValues, TheMaskOfTheTestDataIsPartOfTheMeasure) {
  const auto key = [](const data::Dataset& d, bool standardize) {
    return observation::measure_key(observed(d, standardize), Support::mixed, "fingerprint", 2);
  };
  const data::Dataset d = table();
  data::Dataset other = table();
  std::get<std::vector<float>>(other.test.x.values)[1] = nan;
  std::get<std::vector<float>>(other.test.x.values)[2] = 1;
  const observation::MeasureKey own = key(d, false);
  EXPECT_TRUE(own.observed.starts_with("2 of 6, mask ")) << own.observed;
  EXPECT_TRUE(own.same_measure(key(d, false)));
  EXPECT_FALSE(own.same_measure(key(other, false)));
  EXPECT_TRUE(own.same_measure(observation::measure_key_from_json(observation::to_json(own))));
  EXPECT_NE(in_words(own).find("of the observed values (2 of 6)"), std::string::npos) << in_words(own);
  EXPECT_TRUE(key(d, true).same_measure(key(d, true)));
  EXPECT_TRUE(std::isnan(key(d, true).chain.at(0).log_jacobian_per_dim)) << "it differs by row";
}

TEST(MissingValues, AColumnThatTheTrainingDataLackIsRefused) {
  data::Dataset d = table();
  auto& x = std::get<std::vector<float>>(d.train.x.values);
  x[2] = x[5] = x[8] = nan;
  try {
    observed(d, false);
    ADD_FAILURE() << "no refusal";
  } catch (const UserError& e) {
    EXPECT_NE(std::string(e.what()).find("toy: the column 'c' has no value in any of the 3 training rows"),
              std::string::npos)
        << e.what();
  }
}

}  // namespace
}  // namespace elbo::host
