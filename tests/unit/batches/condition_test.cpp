// What a model of p(x|c) is shown: c behind the values, as planes, or not at all.
#include <gtest/gtest.h>

#include <cmath>

#include "batches/batch_source.hpp"
#include "list_of.hpp"

namespace elbo::host {
namespace {
using observation::ShownCondition;
using test::list_of;

/// Three images of 2 x 2 that are given a name out of two and a number of mean 0 and deviation 1.
data::Dataset images() {
  data::Dataset d;
  d.name = "toy";
  d.shape = {1, 2, 2};
  d.support = Support::real;
  d.condition = {{.name = "kind", .levels = {"a", "b"}}, {.name = "dose"}};
  for (data::Split* part : {&d.train, &d.test}) {
    part->x = {{3, 1, 2, 2}, std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
    part->condition = {{1, 0, -1}, {0.5, -2, 3}};
  }
  d.valid.x = {{0, 1, 2, 2}, std::vector<float>{}};
  d.valid.condition = {{}, {}};
  return d;
}

BatchSource source_of(const data::Dataset& d, ShownCondition how) {
  DataConfig config;
  config.name = "toy";
  config.observe = "real";
  auto model =
      observation::observation_model({.shape = d.shape, .support = d.support}, Support::real, true, config, "gaussian");
  observation::complete(model, d, {});
  BatchSource source(d, model, true);
  source.show_condition(how);
  return source;
}

TEST(Condition, NamesAreZerosAndOnesAndANameThatIsNotKnownIsNone) {
  const data::Dataset d = images();
  const Batch b = source_of(d, ShownCondition::as_values).batch(Part::test, 0, 3, Rng(1));
  EXPECT_EQ(list_of(b.condition), (std::vector<double>{0, 1, 0.5, 1, 0, -2, 0, 0, 3}));
}

TEST(Condition, AnEncoderSeesItBehindTheValuesOrAsPlanes) {
  const data::Dataset d = images();
  BatchSource source = source_of(d, ShownCondition::as_values);
  const Batch row = source.batch(Part::test, 1, 1, Rng(1));
  EXPECT_EQ(row.input.sizes(), (Shape{1, 7}));
  EXPECT_EQ(list_of(row.input.narrow(1, 4, 3)), (std::vector<double>{1, 0, -2}));
  EXPECT_EQ(source.observation_model().encoder_observation().shape, (Shape{7}));
  source.show_condition(ShownCondition::as_planes);
  const Batch planes = source.batch(Part::test, 1, 1, Rng(1));
  EXPECT_EQ(source.observation_model().encoder_observation().shape, (Shape{4, 2, 2}));
  EXPECT_EQ(planes.input.sizes(), (Shape{1, 4, 2, 2}));
  EXPECT_TRUE(planes.input.narrow(1, 0, 1).flatten().equal(row.input.flatten().narrow(0, 0, 4))) << "the image itself";
  EXPECT_EQ(list_of(planes.input.narrow(1, 1, 3)), (std::vector<double>{1, 1, 1, 1, 0, 0, 0, 0, -2, -2, -2, -2}));
  source.show_condition(ShownCondition::not_at_all);
  EXPECT_TRUE(source.batch(Part::test, 1, 1, Rng(1)).input.equal(planes.input.narrow(1, 0, 1)));
  EXPECT_EQ(list_of(source.batch(Part::test, 1, 1, Rng(1)).condition), list_of(planes.condition));
}

TEST(Condition, SomeTrainingDataAreShownWithoutAndTestDataNever) {
  data::Dataset d = images();
  d.unseen = 0.5;
  const BatchSource source = source_of(d, ShownCondition::as_values);
  int without = 0;
  for (int i = 0; i < 400; ++i) {
    const Batch train = source.batch(Part::train, 0, 1, Rng(static_cast<uint64_t>(i)));
    const bool is_hidden = train.condition.abs().sum().item<double>() == 0;
    EXPECT_TRUE(train.input.narrow(1, 4, 3).equal(train.condition));
    without += is_hidden;
    EXPECT_GT(source.batch(Part::test, 0, 1, Rng(static_cast<uint64_t>(i))).condition.abs().sum().item<double>(), 0);
  }
  EXPECT_NEAR(without, 200, 60) << "six standard deviations";
  const Batch all = source.batch(Part::train, 0, 3, Rng(7));
  for (int64_t i = 0; i < 3; ++i)
    EXPECT_TRUE(source.batch(Part::train, i, 1, Rng(7)).condition[0].equal(all.condition[i])) << "whatever the batch";
}

TEST(Condition, TheDataAtSomePlacesKeepWhatIsGivenOfThem) {
  const data::Dataset d = images();
  const Batch all = source_of(d, ShownCondition::as_values).batch(Part::test, 0, 3, Rng(1));
  const Batch some = all.at(elbo::tensor_of({2, 0}, {2}).to(at::kLong));
  EXPECT_EQ(list_of(some.condition), (std::vector<double>{0, 0, 3, 0, 1, 0.5}));
  EXPECT_EQ(list_of(some.ids), (std::vector<double>{2, 0}));
}

TEST(Condition, TheMeasureSaysWhatIsGiven) {
  const data::Dataset d = images();
  const BatchSource source = source_of(d, ShownCondition::as_values);
  EXPECT_EQ(observation::measure_in_words(source.observation_model()), "density on R, given kind (2 levels), dose");
}

}  // namespace
}  // namespace elbo::host
