// What one data point is: its shape and the set its values come from. The set fixes the base measure.
// The letters in every shape of elbo:
//   S  Monte-Carlo or importance samples per data point     B  batch of data
//   L  latent size      X...  shape of one observation      N = S*B
// Networks (encoder, decoder) see one leading dimension N; densities see [S, B].
// A log-density is summed over the event, never averaged, keeps [S, B], and is in nats.
// Only the host reduces S and B.
// Nothing here throws.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <elbo/error.hpp>

namespace elbo {

using Shape = std::vector<int64_t>;

/// Number of elements; 1 for the empty shape.
inline int64_t numel(const Shape& shape) {
  int64_t n = 1;
  for (const int64_t size : shape) n *= size;
  return n;
}

/// "[1, 28, 28]"
inline std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

/// head and then tail, as in joined({S, B}, X).
inline Shape joined(Shape head, const Shape& tail) {
  head.insert(head.end(), tail.begin(), tail.end());
  return head;
}

/// The same, for what stands in this namespace: a Shape is a std::vector, so elsewhere + of shapes is not looked up here.
inline Shape operator+(Shape head, const Shape& tail) { return joined(std::move(head), tail); }

/// Values an observation may take.
enum class Support {
  binary,          // {0, 1}
  levels,          // {0, ..., levels - 1}
  counts,          // {0, 1, 2, ...}
  unit_interval,   // [0, 1]
  positive,        // (0, inf)
  real,            // (-inf, inf)
  simplex_counts,  // counts with a given total
  mixed,           // a table whose columns have sets of their own
};

/// product: a different one for different columns.
enum class Measure { counting, lebesgue, product };

inline constexpr std::array<std::string_view, 8> support_names = {
    "binary", "levels", "counts", "unit_interval", "positive", "real", "simplex_counts", "mixed"};

constexpr std::string_view to_string(Support s) { return support_names[static_cast<size_t>(s)]; }

/// Nothing when no support has that name.
constexpr std::optional<Support> support_named(std::string_view name) {
  for (size_t i = 0; i < support_names.size(); ++i)
    if (support_names[i] == name) return static_cast<Support>(i);
  return {};
}

/// Counting measure on discrete sets, Lebesgue measure on continuous ones.
constexpr Measure measure_of(Support s) {
  if (s == Support::mixed) return Measure::product;
  return s == Support::unit_interval || s == Support::positive || s == Support::real ? Measure::lebesgue
                                                                                     : Measure::counting;
}

/// What a likelihood takes as given beside z, and so says nothing about.
enum class Conditioning {
  nothing,
  total,  // the sum of the counts: it scores how they share it
  library_size,  // the sum of the counts as a known size of the data point, which its distribution need not keep (Lopez et al. 2018)
};

/// One column of a table.
struct Column {
  std::string name;
  Support support = Support::real;
  int64_t levels = 0;  // of Support::levels; else 0
};

/// One data point after the experiment's transforms, as the likelihood sees it.
struct Observation {
  Shape shape;
  Support support = Support::real;
  int64_t levels = 0;             // of Support::levels; else 0
  std::vector<Column> columns{};  // of a table, one for each value; else none
};

}  // namespace elbo
