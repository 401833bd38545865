// The ladder of estimators against models of two latents whose log p(x) quadrature knows.
#include "evidence/ladder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "evidence/modes.hpp"
#include "support/evidence_models.hpp"
#include "support/ppca.hpp"

namespace elbo::host {
namespace {

using testing::by_quadrature, testing::double_rng, testing::doubles, testing::item, testing::noise_of, testing::Posed,
    testing::random_network, testing::RowModel;

constexpr int64_t data = 6;

/// Data of a model itself, and an encoder that knows only the prior, shifted.
RowModel network(const PluginChoice& likelihood, Support support, int64_t values, double weights, uint64_t seed,
                 std::function<Tensor(const Tensor&)> decoder = {}) {
  if (!decoder) decoder = random_network(2, 10, values, weights, seed);
  Rng rng = double_rng(seed).fork("data");
  const Tensor z = rng.normal({data, 2});
  const Tensor wrong = z + 0.5 * rng.normal({data, 2}), sd = elbo::full({data, 2}, 0.5, z);
  RowModel m(likelihood, support, elbo::zeros({data, values}, z), decoder, wrong, sd);
  Rng noise = double_rng(seed).fork("noise");
  m.batch.x = m.model.likelihood->sample(decode(m.model, z.unsqueeze(0)), noise)[0].to(at::kDouble);
  return m;
}

/// Root mean square of the errors in units of the error bars, where the ladder gives one; every error must be below `most`.
double errors(const std::vector<LadderEstimate>& climbed, const std::vector<double>& exact, double most) {
  double squares = 0, count = 0;
  for (size_t b = 0; b < exact.size(); ++b) {
    const Evidence& e = climbed[b].evidence;
    if (e.rung == Rung::none) continue;
    EXPECT_NEAR(e.log_px, exact[b], most) << b << ", " << rung_names[static_cast<size_t>(e.rung)];
    squares += std::pow((e.log_px - exact[b]) / std::max(e.standard_error, 1e-3), 2);
    ++count;
  }
  return std::sqrt(squares / count);
}

// The encoder is left out: it is so wrong that its weights do not show it.
TEST(Ladder, HoldsForBernoulliModels) {
  for (const int64_t values : {20, 5}) {
    const RowModel m =
        network(testing::choice("likelihood", "bernoulli"), Support::binary, values, 2, static_cast<uint64_t>(values));
    const Posed p(m);
    const auto climbed = climb(p.density, {.without = {Rung::encoder}}, Rng(1));
    EXPECT_LT(errors(climbed, by_quadrature(p.density, 8, 321), 0.2), 2) << values;
  }
}

TEST(Ladder, HoldsForLaplaceLikelihoodsWithSeveralStarts) {
  for (const double scale : {0.3, 0.05}) {
    const RowModel m = network(noise_of("laplace", scale), Support::real, 6, 2, 5);
    const Posed p(m);
    const auto climbed = climb(p.density, {.several_starts_first = true}, Rng(1));
    EXPECT_LT(errors(climbed, by_quadrature(p.density, 5, scale < 0.1 ? 1001 : 401), 0.3), 2) << scale;
  }
}

/// Four mirrored modes: only squares of the latents are seen.
RowModel mirrored() {
  const auto inner = random_network(2, 8, 6, 2, 9);
  return network(noise_of("gaussian", 0.3), Support::real, 6, 2, 9,
                 [inner](const Tensor& z) { return inner(z.square()); });
}

TEST(Ladder, SeveralStartsFindMirroredModes) {
  const RowModel m = mirrored();
  const Posed p(m);
  const auto exact = by_quadrature(p.density, 6, 401);
  const auto counts = count_modes(p.density, {}, Rng(1));
  EXPECT_GT(*std::max_element(counts.begin(), counts.end()), 1);
  const auto climbed = climb(p.density, {.several_starts_first = true}, Rng(1));
  errors(climbed, exact, 0.3);
}

// The rung is needed: from one start, the other modes are missing, which k-hat does not always see.
TEST(Ladder, OneStartMissesMirroredModes) {
  const RowModel m = mirrored();
  const Posed p(m);
  const auto exact = by_quadrature(p.density, 6, 401);
  const LadderSettings one{.without = {Rung::encoder, Rung::starts, Rung::annealed}};
  const auto climbed = climb(p.density, one, Rng(1));
  double low = 0;
  for (size_t b = 0; b < exact.size(); ++b) low += (climbed[b].evidence.log_px - exact[b]) / data;
  EXPECT_LT(low, -0.3);
}

TEST(Ladder, APosteriorOfOneModeHasOne) {
  const RowModel m = network(testing::choice("likelihood", "bernoulli"), Support::binary, 20, 1, 4);
  const Posed p(m);
  for (const int64_t count : count_modes(p.density, {}, Rng(1))) EXPECT_EQ(count, 1);
}

// Three Laplace pixels, integrated elsewhere: log p(x) = -3.57883879.
TEST(Ladder, HoldsOnKinks) {
  const RowModel m(
      noise_of("laplace", 0.25), Support::real, doubles({1, .2, -.9}, {1, 3}),
      [](const Tensor& z) { return z * doubles({1, .7, -.5}, {1, 3}); }, doubles({-2}, {1, 1}), doubles({0.1}, {1, 1}));
  const Posed p(m);
  const Evidence e = climb(p.density, {}, Rng(1)).front().evidence;
  EXPECT_EQ(e.rung, Rung::refined);
  EXPECT_NEAR(e.log_px, -3.57883879, 4 * e.standard_error);
  EXPECT_LT(e.standard_error, 0.03);  // sqrt(.053 / 250) = .0146
}

TEST(Ladder, StopsAtTheFirstRungThatPasses) {
  const RowModel m = network(testing::choice("likelihood", "bernoulli"), Support::binary, 5, 0.5, 3);
  const Posed p(m);
  for (const LadderEstimate& c : climb(p.density, {}, Rng(1))) {
    EXPECT_NE(c.evidence.rung, Rung::none);
    EXPECT_TRUE(c.evidence.rung == Rung::encoder ? c.evidence.passes == 500 : c.evidence.passes > 750);
  }
}

// Each rung in turn is the last that is left in; what it cannot do stays a lower bound without an error bar.
TEST(Ladder, WithoutRungsThatPassOnlyALowerBoundIsLeft) {
  const RowModel m = mirrored();
  const Posed p(m);
  const LadderSettings only_encoder{
      .without = {Rung::normal, Rung::refined, Rung::again, Rung::starts, Rung::annealed}};
  const auto exact = by_quadrature(p.density, 6, 401);
  const auto climbed = climb(p.density, only_encoder, Rng(1));
  int64_t open = 0;
  for (size_t b = 0; b < exact.size(); ++b)
    if (const Evidence& e = climbed[b].evidence; e.rung == Rung::none) {
      ++open;
      EXPECT_TRUE(std::isnan(e.standard_error));
      EXPECT_LT(e.log_px, exact[b] + 3);  // Markov: with a probability of 95 % for each
    }
  EXPECT_GT(open, 0);
}

TEST(Ladder, AnnealingTakesWhatTheOthersLeave) {
  RowModel m = network(testing::choice("likelihood", "bernoulli"), Support::binary, 20, 1, 20);
  m.batch = rows_of(m.batch, {0, 1});
  const Posed p(m);
  const LadderSettings last{.most_temperatures = 32,
                            .without = {Rung::encoder, Rung::normal, Rung::refined, Rung::again, Rung::starts}};
  const auto climbed = climb(p.density, last, Rng(1));
  const auto exact = by_quadrature(p.density, 8, 321);
  int64_t annealed = 0;  // the encoder, where the paths begin, is poor: two in a row need not agree so soon
  for (size_t b = 0; b < exact.size(); ++b) {
    annealed += climbed[b].evidence.rung == Rung::annealed;
    EXPECT_NEAR(climbed[b].evidence.log_px, exact[b], 0.2);
  }
  EXPECT_GT(annealed, 0);
}

// The first try has too few samples for a k-hat, so that each data point goes on; a rung that is left out leaves it to the next one.
TEST(Ladder, LeavesToTheNextRungWhatOneThatIsSwitchedOffWouldTake) {
  RowModel m = network(testing::choice("likelihood", "bernoulli"), Support::binary, 20, 1, 4);
  m.batch = rows_of(m.batch, {0, 1, 2});
  const Posed p(m);
  std::vector<Rung> without = {Rung::encoder};
  const auto taken_by = [&](Rung rung) {
    const LadderSettings settings{.samples = 24, .most_temperatures = 32, .without = without};
    const auto climbed = climb(p.density, settings, Rng(1));
    return std::count_if(climbed.begin(), climbed.end(),
                         [&](const LadderEstimate& e) { return e.evidence.rung == rung; });
  };
  EXPECT_EQ(taken_by(Rung::again), 3);
  without.push_back(Rung::again);
  EXPECT_EQ(taken_by(Rung::starts), 3);
  without.push_back(Rung::starts);
  EXPECT_GT(taken_by(Rung::annealed), 0);  // two in a row need not agree so soon
  without.push_back(Rung::annealed);
  EXPECT_EQ(taken_by(Rung::none), 3);
}

// A normal posterior is known exactly, but by importance samples of a Student-t distribution with their noise only.
TEST(Ladder, NeedsTheNormalDistributionForExactEvidence) {
  const Model model = testing::ppca::optimum();
  const Posed p(model, testing::ppca::batch());
  for (const bool with : {true, false}) {
    std::vector<Rung> without = {Rung::encoder};
    if (!with) without.push_back(Rung::normal);
    const auto climbed = climb(p.density, {.without = without}, Rng(1));
    for (size_t b = 0; b < climbed.size(); ++b) {
      const Evidence& e = climbed[b].evidence;
      EXPECT_EQ(e.rung, with ? Rung::normal : Rung::refined);
      EXPECT_NEAR(e.log_px, testing::ppca::log_px[b], with ? 1e-8 : 5 * e.standard_error);
      EXPECT_EQ(e.standard_error < 1e-6, with);
    }
  }
}

TEST(Ladder, DataOutsideTheSupportHaveNoEvidenceAndCostLittle) {
  RowModel m = network(testing::choice("likelihood", "poisson"), Support::counts, 4, 1, 6);
  m.batch.x.select(0, 1).fill_(-1);
  const Posed p(m);
  const Evidence e = climb(p.density, {}, Rng(1))[1].evidence;
  EXPECT_EQ(e.log_px, -INFINITY);
  EXPECT_EQ(e.rung, Rung::none);
}

TEST(Ladder, AModelWithoutGradientsIsRefusedInWords) {
  const RowModel m = network(testing::choice("likelihood", "bernoulli"), Support::binary, 5, 3, 3,
                             [f = random_network(2, 10, 5, 6, 3)](const Tensor& z) { return f(z.detach()); });
  const Posed p(m);
  try {
    climb(p.density, {.without = {Rung::encoder}}, Rng(1));
    FAIL() << "it was accepted";
  } catch (const UserError& e) {
    for (const char* word : {"decoder:function", "likelihood:bernoulli", "gradient", "evaluate.evidence", "importance"})
      EXPECT_NE(std::string(e.what()).find(word), std::string::npos) << word;
  }
}

}  // namespace
}  // namespace elbo::host
