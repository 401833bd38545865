// A pair of variants in words: of methods or of checkpoints, of log p(x) or of lower bounds.
#include <fmt/format.h>

#include <cmath>

#include "report/statistics/pairing.hpp"

namespace elbo::host::report {
namespace {

constexpr double most_data_named = 1e7, most_seeds_named = 1e3;  // that a difference is said to need

/// Fixed digits, or the first digit that is not 0 where those would all be 0.
std::string small_number(double value, int decimals) {
  std::string fixed = fmt::format("{:.{}f}", value, decimals);
  const bool all_zero = fixed.find_first_of("123456789") == std::string::npos;
  return all_zero && value != 0 ? fmt::format("{:.1g}", value) : fixed;
}

/// "3 seeds", "2 of 3 seeds"; empty where one seed was all that was wanted.
std::string of_seeds(const Pair& pair) {
  if (pair.planned_seeds > pair.seeds) return fmt::format(", {} of {} seeds", pair.seeds, pair.planned_seeds);
  return pair.seeds > 1 ? fmt::format(", {} seeds", pair.seeds) : "";
}

/// What the error is made of, where seeds have a part in it.
std::string error_text(const Pair& pair) {
  if (!pair.of_methods()) return "";
  const auto shown = [](double variance) { return fmt::format("{:.2g}", std::sqrt(variance)); };
  return fmt::format("; error {} nat = seeds {}, test data {}", shown(pair.error.seeds + pair.error.images),
                     shown(pair.error.seeds), shown(pair.error.images));
}

/// The interval that holds together with those of the other pairs, and of what.
std::string interval_text(const Pair& pair) {
  const auto shown = [&](double nats) {
    return pair.dimensions > 0 ? small_number(pair.bits_per_dim(nats), 4) : small_number(nats, 3);
  };
  return fmt::format("{}{:.4g} % {} to {}, {}{}{}", pair.alone ? "" : "simultaneous ", 100 * (1 - pair.level),
                     shown(pair.simultaneous.low), shown(pair.simultaneous.high),
                     pair.of_methods() ? "this method" : "these checkpoints", of_seeds(pair), error_text(pair));
}

std::string p_text(double p) { return p < 1e-15 ? "< 1e-15" : fmt::format("{:.2g}", p); }

/// "p = 0.0012, corrected 0.0036"
std::string p_values(const Pair& pair) {
  const double raw = pair.difference.p;
  return fmt::format("p {}{}, corrected {}{}", raw < 1e-15 ? "" : "= ", p_text(raw), p_text(pair.adjusted_p),
                     pair.looks > 0 ? fmt::format(", at look {} of {}", pair.look, pair.looks) : "");
}

/// Trained models are checkpoints; a method is what many seeds say something of.
std::string one(const Pair& pair, const std::string& variant) {
  return pair.of_methods() ? variant : fmt::format("the checkpoint{} of {}", pair.seeds > 1 ? "s" : "", variant);
}

std::string both(const Pair& pair) {
  const std::string names = pair.better + " and " + pair.worse,
                    checkpoints = pair.of_methods() ? names : "the checkpoints of " + names;
  return pair.of_bounds ? "the bounds of " + checkpoints : checkpoints;
}

std::string decided_text(const Pair& pair) {
  const bool many = !pair.of_methods() && pair.seeds > 1;
  const std::string better = one(pair, pair.better), worse = one(pair, pair.worse),
                    size = size_text(pair, pair.difference.mean);
  const std::string margin = "the margin of " + margin_text(pair);
  if (pair.negligible)
    return fmt::format("{} {} negligibly higher {} than {}, by {}, within {}", better, many ? "have a" : "has a",
                       pair.of_bounds ? "bound" : "log p(x)", worse, size, margin);
  const bool may_be_negligible = std::abs(pair.difference.mean) < pair.margin - pair.bias;
  const std::string note = may_be_negligible ? fmt::format(", within {}, but its interval reaches beyond", margin) : "";
  if (pair.of_bounds)
    return fmt::format("{} {} a higher bound than {}, by {}{}", better, many ? "have" : "has", worse, size, note);
  return fmt::format("{} {} {} by {}{}", better, many ? "beat" : "beats", worse, size, note);
}

/// ": a difference of this size needs about 9000"; empty where that is out of reach.
std::string need(double number, double most) {
  if (!(number > 0) || number > most) return "";
  return fmt::format(": a difference of this size needs about {:.0f}",
                     number < 20 ? std::ceil(number) : std::stod(fmt::format("{:.1e}", number)));
}

}  // namespace

std::string margin_text(const Pair& pair) {
  if (pair.dimensions == 0) return fmt::format("{:.3g} nat", pair.margin);
  return fmt::format("{:.3g} bits/dim", pair.bits_per_dim(pair.margin));
}

std::string size_text(const Pair& pair, double nats) {
  if (pair.dimensions == 0) return small_number(nats, 3) + " nat";
  return fmt::format("{} bits/dim = {} nat", small_number(pair.bits_per_dim(nats), 4), small_number(nats, 3));
}

std::string what_limits(const Pair& pair, size_t open, double level) {
  const MeanError& error = pair.error;
  const double tail = level / 2 / static_cast<double>(open);
  const double errors = error.reach(tail, Side::below) / error.standard_error();
  const double wanted = std::pow(pair.difference.mean / errors, 2);  // variance that would decide it
  if (error.images > error.seeds) {
    if (!pair.of_methods() || wanted > error.seeds)
      return "limited by test data" +
             need(static_cast<double>(pair.images) * error.images / (wanted - error.seeds), most_data_named);
    return "limited by test data and by seeds";
  }
  return "limited by seeds" +
         need(static_cast<double>(pair.seeds) * error.seeds / (wanted - error.images), most_seeds_named);
}

std::string sentence(const Pair& pair) {
  if (pair.images < 2) return fmt::format("{} are undecided: {}", both(pair), pair.undecided);
  if (!pair.identical.empty())
    return fmt::format("{} are identical: the same number for each of {} test data, {}", both(pair), pair.images,
                       pair.identical);
  const std::string interval = interval_text(pair), size = size_text(pair, pair.difference.mean);
  if (pair.undecided.empty()) return fmt::format("{} ({}), {}", decided_text(pair), interval, p_values(pair));
  if (pair.equivalent)
    return fmt::format(
        "{} are equivalent within {}: they differ by {} ({}), and p of a larger difference is {} after correction",
        both(pair), margin_text(pair), size, interval, p_text(pair.equivalence_p));
  return fmt::format("{} are undecided: they differ by {} ({}), and {}", both(pair), size, interval, pair.undecided);
}

}  // namespace elbo::host::report
