// Measure keys for tests.
#pragma once
#include <cmath>

#include "observation/measure_key.hpp"

namespace elbo::host::report {

/// Mass on the levels of grey images.
inline observation::MeasureKey levels_key(int64_t dimensions, int64_t levels) {
  observation::MeasureKey key;
  key.data = "d";
  key.test_ids = "t";
  key.dimensions = dimensions;
  key.base = "C" + std::to_string(levels);
  key.levels = levels;
  key.quantisation = "tiles k/levels, tails folded";
  key.binarisation = key.conditioning = "none";
  key.chain = {{"levels"}};
  return key;
}

/// The same data as a density on [0, 1].
inline observation::MeasureKey dequantised_key(int64_t dimensions, int64_t levels) {
  observation::MeasureKey key = levels_key(dimensions, levels);
  key.base = "L01";
  key.quantisation = "dequantised, test draw seed 1";
  key.chain = {{"dequantize"}, {"scale", -std::log(static_cast<double>(levels))}};
  return key;
}

}  // namespace elbo::host::report
