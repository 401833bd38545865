// Pictures made of characters.
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace elbo::report {

/// One character for each of at most `width` equal stretches of the values (their mean), from the lowest to the highest;
/// blocks, or digits 0-9 where the terminal has no UTF-8. Stretches without a finite value are blank.
std::string sparkline(std::span<const double> values, size_t width, bool utf8);

/// Grey or RGB pixels [height, width, channels] as half blocks in 256 colours: two rows of pixels a line.
std::string blocks(std::span<const uint8_t> pixels, size_t height, size_t width, size_t channels);

}  // namespace elbo::report
