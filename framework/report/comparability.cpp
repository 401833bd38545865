#include "report/comparability.hpp"

#include <fmt/format.h>

#include <cmath>

namespace elbo::report {
namespace {

using observation::MeasureKey;

bool same_data(const MeasureKey& a, const MeasureKey& b) {
  return a.data == b.data && a.test_ids == b.test_ids && a.dimensions == b.dimensions;
}

/// log |dy/dx| of the whole chain for one dimension; NaN when a step does not say it.
double log_jacobian(const MeasureKey& key) {
  double sum = 0;
  for (const MeasureKey::Step& t : key.chain) sum += t.log_jacobian_per_dim;
  return sum;
}

bool changes_data(const MeasureKey& key) {
  for (const MeasureKey::Step& t : key.chain)
    if (t.changes_data) return true;
  return false;
}

/// The cross-entropy of soft targets is E_b log p(b | z) for b ~ Bernoulli(x), so its bound lies below the mean over draws.
std::optional<Conversion> to_binary_draws(const MeasureKey& from, const MeasureKey& to) {
  if (!from.has_soft_targets() || !to.binarisation.starts_with("dynamic")) return {};
  return Conversion{
      .exact = false,
      .ranked = false,
      .words =
          "soft targets give a lower bound of the mean of log p(x) over binary draws; without a rank beside "
          "numbers of one draw (R3)"};
}

bool is_dequantised(const MeasureKey& key) { return key.quantisation.starts_with("dequantised"); }

/// log P(k) >= E_u log p((k + u) / levels) - D log levels (Theis et al. 2016)
std::optional<Conversion> to_levels(const MeasureKey& from, const MeasureKey& to) {
  if (!is_dequantised(from) || to.is_density() || from.levels != to.levels || to.levels == 0) return {};
  const double added = static_cast<double>(from.dimensions) * log_jacobian(from);
  if (std::isnan(added)) return {};
  return Conversion{
      .added = added,
      .exact = false,
      .words = fmt::format("density on dequantised levels {:+.2f} nat, a lower bound of the mass", added)};
}

std::optional<Conversion> to_other_unit(const MeasureKey& from, const MeasureKey& to) {
  const bool plain = from.is_density() && from.base == to.base && from.quantisation == "none" &&
                     to.quantisation == "none" && !changes_data(from) && !changes_data(to);
  const double added = static_cast<double>(from.dimensions) * (log_jacobian(from) - log_jacobian(to));
  if (!plain || std::isnan(added)) return {};
  return Conversion{.added = added, .words = fmt::format("another unit of x, {:+.2f} nat", added)};
}

/// A law that is given the size of a datum but need not keep it wastes what it gives to counts of another total: its
/// number is a lower bound of log P(x | total).
bool wastes_mass(const MeasureKey& key) { return key.conditioning == "library size"; }

/// P(x) = P(total) P(x | total)
std::optional<Conversion> to_whole_counts(const MeasureKey& from, const MeasureKey& to) {
  if (from.base != "CM" || to.base != "CN") return {};
  const std::string law = "with log P(total) of a law fitted to the training totals";
  if (!wastes_mass(from)) return Conversion{.adds_log_total = true, .words = law};
  return Conversion{
      .exact = false, .adds_log_total = true, .words = law + ", a lower bound: its law does not keep the total"};
}

std::optional<Conversion> to_given_total(const MeasureKey& from, const MeasureKey& to) {
  if (from.base != "CM" || to.base != "CM" || !wastes_mass(from) || wastes_mass(to)) return {};
  return Conversion{.exact = false, .words = "a lower bound of the mass given the total, which its law does not keep"};
}

Refusal other_measure(const MeasureKey& a, const MeasureKey& b) {
  const std::string both = fmt::format("one is a {}, the other a {}", in_words(a), in_words(b));
  if (a.quantisation == "centres" || b.quantisation == "centres")
    return {"R1",
            both + "; a density at the centres of levels, without noise, has no conversion: evaluate interval masses"};
  return {"R1", both};
}

}  // namespace

std::optional<Conversion> conversion(const MeasureKey& from, const MeasureKey& to) {
  if (!same_data(from, to) || from.same_measure(to) || from.direction != to.direction) return {};
  if (auto bound = to_levels(from, to)) return bound;
  if (auto bound = to_binary_draws(from, to)) return bound;
  if (auto whole = to_whole_counts(from, to)) return whole;
  if (auto bound = to_given_total(from, to)) return bound;
  if (from.conditioning != to.conditioning || from.binarisation != to.binarisation) return {};
  return to_other_unit(from, to);
}

std::optional<Refusal> refusal(const MeasureKey& a, const MeasureKey& b) {
  if (a.same_measure(b)) return {};
  if (a.data != b.data) return Refusal{"R1", "the data or their split differ"};
  if (a.test_ids != b.test_ids) return Refusal{"R1", "the test data differ"};
  if (a.dimensions != b.dimensions)
    return Refusal{"R1", fmt::format("data of {} and of {} dimensions", a.dimensions, b.dimensions)};
  if (a.base == b.base && a.binarisation != b.binarisation) {
    if (a.has_soft_targets() || b.has_soft_targets())
      return Refusal{"R3", "grey values as targets of a binary likelihood bound the mean over draws, not a draw"};
    return Refusal{
        "R2", fmt::format("binarisation differs ({}; {}): these are different data", a.binarisation, b.binarisation)};
  }
  if (a.conditioning != b.conditioning)
    return Refusal{"R11", fmt::format("conditioning differs (given: {}; given: {})", a.conditioning, b.conditioning)};
  if (std::isnan(log_jacobian(a)) || std::isnan(log_jacobian(b)))
    return Refusal{"R10", "a transform of the data does not say its Jacobian"};
  return other_measure(a, b);
}

}  // namespace elbo::report
