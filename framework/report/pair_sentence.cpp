// A pair in words: of methods or of checkpoints, of log p(x) or of lower bounds.
#include <fmt/format.h>

#include <cmath>

#include "report/pairing.hpp"

namespace elbo::report {
namespace {

/// Fixed digits, or the first digit that is not 0 where those would all be 0.
std::string small_number(double value, int decimals) {
  std::string fixed = fmt::format("{:.{}f}", value, decimals);
  const bool all_zero = fixed.find_first_of("123456789") == std::string::npos;
  return all_zero && value != 0 ? fmt::format("{:.1g}", value) : fixed;
}

std::string interval_text(const Pair& pair, const Difference& d, const std::string& whose) {
  const bool bits = pair.dimensions > 0;
  const auto shown = [&](double nats) {
    return bits ? small_number(pair.bits_per_dim(nats), 4) : small_number(nats, 3);
  };
  return fmt::format("95 % {} to {}, {}", shown(d.interval.low), shown(d.interval.high), whose);
}

/// ", 3 seeds", ", 2 of 3 seeds"; empty where one seed was all that was wanted.
std::string of_seeds(const Pair& pair) {
  if (pair.planned_seeds > pair.seeds) return fmt::format(", {} of {} seeds", pair.seeds, pair.planned_seeds);
  return pair.seeds > 1 ? fmt::format(", {} seeds", pair.seeds) : "";
}

std::string intervals_of(const Pair& pair) {
  const std::string checkpoints =
      interval_text(pair, pair.checkpoints, pair.method ? "these checkpoints" : "these checkpoints" + of_seeds(pair));
  return pair.method ? checkpoints + "; " + interval_text(pair, *pair.method, "this method" + of_seeds(pair))
                     : checkpoints;
}

std::string p_text(double p) { return p < 1e-15 ? "< 1e-15" : fmt::format("{:.2g}", p); }

/// "p = 0.0012, corrected 0.0036"
std::string p_values(const Pair& pair) {
  const double raw = pair.deciding().p;
  return fmt::format("p {}{}, corrected {}", raw < 1e-15 ? "" : "= ", p_text(raw), p_text(pair.adjusted_p));
}

std::string margin_text(const Pair& pair) {
  if (pair.dimensions == 0) return fmt::format("{:.3g} nat", pair.margin);
  return fmt::format("{:.3g} bits/dim", pair.bits_per_dim(pair.margin));
}

/// Trained models are checkpoints; a method is what many seeds say something of.
std::string one(const Pair& pair, const std::string& variant) {
  return pair.method ? variant : fmt::format("the checkpoint{} of {}", pair.seeds > 1 ? "s" : "", variant);
}

std::string both(const Pair& pair) {
  const std::string names = pair.better + " and " + pair.worse,
                    checkpoints = pair.method ? names : "the checkpoints of " + names;
  return pair.of_bounds ? "the bounds of " + checkpoints : checkpoints;
}

std::string decided_text(const Pair& pair) {
  const bool many = !pair.method && pair.seeds > 1;
  const std::string better = one(pair, pair.better), worse = one(pair, pair.worse),
                    size = size_text(pair, pair.checkpoints.mean);
  const std::string margin = "the margin of " + margin_text(pair);
  if (pair.negligible)
    return fmt::format("{} {} negligibly higher {} than {}, by {}, within {}", better, many ? "have a" : "has a",
                       pair.of_bounds ? "bound" : "log p(x)", worse, size, margin);
  const bool may_be_negligible = std::abs(pair.deciding().mean) < pair.margin - pair.bias;
  const std::string note = may_be_negligible ? fmt::format(", within {}, but its interval reaches beyond", margin) : "";
  if (pair.of_bounds)
    return fmt::format("{} {} a higher bound than {}, by {}{}", better, many ? "have" : "has", worse, size, note);
  return fmt::format("{} {} {} by {}{}", better, many ? "beat" : "beats", worse, size, note);
}

}  // namespace

std::string size_text(const Pair& pair, double nats) {
  if (pair.dimensions == 0) return small_number(nats, 3) + " nat";
  return fmt::format("{} bits/dim = {} nat", small_number(pair.bits_per_dim(nats), 4), small_number(nats, 3));
}

std::string sentence(const Pair& pair) {
  if (pair.images < 2) return fmt::format("{} are undecided: {}", both(pair), pair.undecided);
  if (!pair.identical.empty())
    return fmt::format("{} are identical: the same number for each of {} test data, {}", both(pair), pair.images,
                       pair.identical);
  const std::string intervals = intervals_of(pair), size = size_text(pair, pair.checkpoints.mean);
  if (pair.undecided.empty()) return fmt::format("{} ({}), {}", decided_text(pair), intervals, p_values(pair));
  if (pair.equivalent)
    return fmt::format(
        "{} are equivalent within {}: they differ by {} ({}), and p of a larger difference is {} after correction",
        both(pair), margin_text(pair), size, intervals, p_text(pair.equivalence_p));
  return fmt::format("{} are undecided: they differ by {} ({}), and {}", both(pair), size, intervals, pair.undecided);
}

}  // namespace elbo::report
