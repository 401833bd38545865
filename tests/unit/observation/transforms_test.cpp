// What must hold of every transform: its formulas are each other's means, inverses and derivatives. A new transform is tested
// here once it has an example.
#include <gtest/gtest.h>

#include <cmath>

#include "observation/observation_model.hpp"

namespace elbo::host::observation {
namespace {

Standardize fitted(bool of_x, bool of_table) {
  Standardize transform{{}, of_x, of_table};
  Observation table{{3}, Support::real, 0, {{"a", Support::real}, {"b", Support::levels, 9}, {"c", Support::real}}};
  transform.fit({{3, 4, 5}, {4, 2, 0}}, of_table ? table : Observation{{3}, Support::real, 0});
  return transform;
}

const std::vector<Transform> examples = {Columns(),
                                         Composite(),
                                         Crop(),
                                         Pad(),
                                         Resize(),
                                         Levels(),
                                         Intervals(),
                                         Binarize(),
                                         Binarize{{}, Binarize::Method::threshold},
                                         Soften(),
                                         Dequantize(),
                                         Dequantize{{}, 256, false},
                                         Counts(),
                                         fitted(false, false),
                                         fitted(true, false),
                                         fitted(true, true)};

/// f(transform, its constants at one position) for every example, and each position that has constants of its own.
template <class F>
void for_each_example(F&& f) {
  for (const Transform& example : examples)
    std::visit(
        [&](const auto& transform) {
          const auto lists = transform.constants();
          for (size_t i = 0; i < (lists.empty() ? 1 : lists.front().size()); ++i) {
            std::vector<double> here;
            for (const auto& list : lists) here.push_back(list[i]);
            SCOPED_TRACE(testing::Message() << "alternative " << example.index() << ", position " << i);
            f(transform, Constants<double>(here));
          }
        },
        example);
}

TEST(Transforms, EveryOneHasAnExample) {
  std::vector<bool> seen(std::variant_size_v<Transform>);
  for (const Transform& example : examples) seen[example.index()] = true;
  for (size_t i = 0; i < seen.size(); ++i) EXPECT_TRUE(seen[i]) << "alternative " << i;
}

TEST(Transforms, ToStoredUndoesWhatIsExpected) {
  for_each_example([](const auto& transform, Constants<double> here) {
    for (const double stored : {1.0, 2.0, 37.0, 255.0})
      EXPECT_NEAR(transform.to_stored(expected(transform, stored, here), here), stored, 1e-12 * 256);
  });
}

TEST(Transforms, TheExpectedIsTheMeanOverTheNoise) {
  constexpr int points = 25500;
  for_each_example([](const auto& transform, Constants<double> here) {
    if (!transform.noise()) return;
    for (const double stored : {1.0, 2.0, 37.0, 255.0}) {
      double mean = 0;
      for (int i = 0; i < points; ++i) mean += transform.apply(stored, (i + 0.5) / points, here) / points;
      EXPECT_NEAR(mean, expected(transform, stored, here), 1e-9);
    }
  });
}

TEST(Transforms, TheJacobianIsTheDerivativeWhereDataAreNotChanged) {
  for_each_example([](const auto& transform, Constants<double> here) {
    MeasureKey key;
    transform.add_to(key);
    const bool changes = !key.chain.empty() && key.chain.back().changes_data;
    // A number that is scored as the mass of a level needs no Jacobian.
    if (changes || key.quantisation.starts_with("tiles")) return;
    for (const double stored : {1.5, 37.0}) {
      const double step = 1e-3, noise = 0.25;
      const double rise = transform.apply(stored + step, noise, here) - transform.apply(stored - step, noise, here);
      EXPECT_NEAR(transform.log_jacobian(stored, here), std::log(rise / (2 * step)), 1e-6);
    }
  });
}

TEST(Transforms, AFloatIsWhatADoubleRoundsTo) {
  for_each_example([](const auto& transform, Constants<double> here) {
    std::vector<float> floats(here.begin(), here.end());
    for (const float stored : {1.F, 3.F, 200.F})
      EXPECT_FLOAT_EQ(transform.apply(stored, 0.25F, Constants<float>(floats)),
                      static_cast<float>(transform.apply(static_cast<double>(stored), 0.25, here)));
  });
}

TEST(Transforms, TheEncoderSeesNumbersOfOrderOne) {
  for_each_example([](const auto& transform, Constants<double> here) {
    for (const double stored : {1.0, 3.0, 9.0}) {
      const double input = transform.encoder_input(expected(transform, stored, here), here);
      EXPECT_LE(std::abs(input), 10);
    }
  });
}

}  // namespace
}  // namespace elbo::host::observation
