// Noisy bars: every row and every column of a square is a bar that is on with probability `on`; the bars on are OR-ed
// and every pixel is flipped with probability `flip`. Their evidence is exact.
#pragma once
#include <cstdint>
#include <vector>

#include <elbo/options.hpp>

#include "base/random.hpp"

namespace elbo::host::data {

struct Bars {
  double on = 0.125;
  double flip = 0.05;

  static void describe(Options<Bars>& o) {
    o.add("on", &Bars::on, "probability of each bar").range(1e-6, 1 - 1e-6);
    o.add("flip", &Bars::flip, "probability that a pixel is flipped").range(1e-6, 0.5);
  }

  /// Writes one image of side x side bytes in {0, 1}.
  void draw(Draws& draws, int64_t side, uint8_t* image) const;
  /// log p(x) in nats, summed over all 2^(2 side) settings of the bars. side is at most 12.
  double log_px(const uint8_t* image, int64_t side) const;
};

}  // namespace elbo::host::data
