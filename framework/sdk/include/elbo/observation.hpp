// What one datum is: its shape and the set its values come from. The set fixes the base measure.
#pragma once
#include <array>
#include <optional>
#include <string_view>

#include <elbo/error.hpp>
#include <elbo/shapes.hpp>

namespace elbo {

/// Values an observation may take.
enum class Support {
  binary,          // {0, 1}
  levels,          // {0, ..., levels - 1}
  counts,          // {0, 1, 2, ...}
  unit_interval,   // [0, 1]
  positive,        // (0, inf)
  real,            // (-inf, inf)
  simplex_counts,  // counts with a given total
};

enum class Measure { counting, lebesgue };

inline constexpr std::array<std::string_view, 7> support_names = {
    "binary", "levels", "counts", "unit_interval", "positive", "real", "simplex_counts"};

constexpr std::string_view to_string(Support s) { return support_names[static_cast<size_t>(s)]; }

/// Nothing when no support has that name.
constexpr std::optional<Support> support_named(std::string_view name) {
  for (size_t i = 0; i < support_names.size(); ++i)
    if (support_names[i] == name) return static_cast<Support>(i);
  return {};
}

/// Counting measure on discrete sets, Lebesgue measure on continuous ones.
constexpr Measure measure_of(Support s) {
  return s == Support::unit_interval || s == Support::positive || s == Support::real
             ? Measure::lebesgue
             : Measure::counting;
}

/// One datum after the experiment's transforms, as the likelihood sees it.
struct Observation {
  Shape shape;
  Support support = Support::real;
  int64_t levels = 0;  // of Support::levels; else 0
};

}  // namespace elbo
