// Runs on fewer training data are evaluated on the same data: which fingerprints are equal.
#include <gtest/gtest.h>

#include "data/blocks.hpp"
#include "data/dataset.hpp"
#include "data/files/data_record.hpp"

namespace elbo::host::data {
namespace {

DataConfig some_bars(int64_t train, int64_t valid, int64_t test, int64_t seed = 1) {
  setenv("ELBO_DATASET_PATH", ELBO_SOURCE_DIR "/datasets", 1);
  DataConfig config;
  config.name = "bars";
  config.observe = "binary";
  config.train = train;
  config.valid = valid;
  config.test = test;
  config.seed = seed;
  return config;
}

DataRecord record_with(int64_t train, int64_t valid, int64_t test, int64_t seed = 1) {
  const DataConfig config = some_bars(train, valid, test, seed);
  return record_of(description_of(config), config);
}

}  // namespace

TEST(LearningCurve, TheNumberOfTrainingDataIsNotInWhatIsEvaluated) {
  const DataRecord few = record_with(100, 50, 200), many = record_with(5000, 50, 200);
  EXPECT_NE(few.fingerprint(), many.fingerprint()) << "they are trained to other results";
  EXPECT_EQ(few.evaluation_fingerprint(), many.evaluation_fingerprint());
  EXPECT_EQ(few.evaluation_fingerprint(), record_with(20000, 50, 200).evaluation_fingerprint()) << "of a larger pool";
  EXPECT_NE(few.evaluation_fingerprint(), record_with(100, 50, 300).evaluation_fingerprint());
  EXPECT_NE(few.evaluation_fingerprint(), record_with(100, 60, 200).evaluation_fingerprint());
  EXPECT_NE(few.evaluation_fingerprint(), record_with(100, 50, 200, 2).evaluation_fingerprint());
}

// What the fingerprint promises.
TEST(LearningCurve, TheTestDataAreTheSame) {
  const auto loaded = [](int64_t train) {
    const DataConfig config = some_bars(train, 50, 200);
    return load(description_of(config), config);
  };
  const Dataset few = loaded(100), many = loaded(5000), more = loaded(20000);
  const auto values = [](const Split& split) {
    std::vector<double> all;
    for_each_part(split, [&](const auto& part) { all.insert(all.end(), part.begin(), part.end()); });
    return all;
  };
  EXPECT_EQ(values(few.test), values(many.test));
  EXPECT_EQ(values(few.test), values(more.test));
  EXPECT_EQ(values(few.valid), values(many.valid));
  const auto of_few = values(few.train), of_many = values(many.train);
  EXPECT_TRUE(std::equal(of_few.begin(), of_few.end(), of_many.begin())) << "subsets are nested";
}

}  // namespace elbo::host::data
