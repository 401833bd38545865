// Whether one test datum carries a difference by itself.
#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "report/statistics.hpp"

namespace elbo::report {

/// What one test datum does to a difference.
struct Influence {
  size_t row = 0;          // of /per_example
  double share = 0;        // of the sum of squares of the differences of all test data
  double nats = 0;         // the difference of this datum
  Difference without;      // the deciding difference without it
  bool undoes_it = false;  // a decided difference is not decided, or the other way round, without it
};

/// The two data, largest and smallest, that can carry a mean difference; `without` gives what decides without a place of `d`.
std::vector<Influence> extremes(const std::vector<double>& d, const std::function<Difference(size_t)>& without);

/// Among the extremes the one that a reader must know of; `factor` is what p is multiplied by for the number of comparisons.
std::optional<Influence> decisive(std::vector<Influence> extremes, size_t images, const Difference& deciding,
                                  double factor, double level);

}  // namespace elbo::report
