// Whether values lie on an evenly spaced grid, as rounded or counted numbers do.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

namespace elbo::host::data {

/// Values sorted, each once, with how often it occurs.
struct Distinct {
  std::vector<float> values;
  std::vector<int64_t> counts;
  int64_t total = 0;
};

/// `values` may come in any order.
Distinct distinct(std::vector<float> values);

/// The largest step of which all differences between the values are multiples, to the precision of float32 or of 6
/// printed digits. Nothing where there are fewer than three values or the step is too fine to tell it from none.
std::optional<double> grid_step(const Distinct& values);

/// Whether so many values on a grid of this step, no two of which are equal, are no chance: as row numbers and dates, which
/// occur once each. Drawn at random, n of R grid points are all different with a probability of about exp(-n^2 / 2R).
bool counts_the_rows(const Distinct& values, double step);

}  // namespace elbo::host::data
