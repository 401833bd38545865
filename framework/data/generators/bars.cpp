#include "data/generators/bars.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace elbo::host::data {

void Bars::draw(Draws& draws, int64_t side, uint8_t* image) const {
  uint32_t rows = 0, columns = 0;
  for (int64_t i = 0; i < side; ++i) rows |= uint32_t{draws.flip(on)} << i;
  for (int64_t j = 0; j < side; ++j) columns |= uint32_t{draws.flip(on)} << j;
  for (int64_t i = 0; i < side; ++i)
    for (int64_t j = 0; j < side; ++j) {
      const bool clean = (rows >> i & 1) || (columns >> j & 1);
      image[i * side + j] = clean != draws.flip(flip);
    }
}

// Given the row bars r the columns are independent, so the sum over the column bars factorises:
//   p(x) = sum_r p(r) prod_j [ on p(x_j | all ones) + (1 - on) p(x_j | r) ],   x_j the j-th column,
// and p(x_j | clean) depends on the Hamming distance only. That is side * 2^side terms in place of 2^(2 side).
double Bars::log_px(const uint8_t* image, int64_t side) const {
  std::vector<double> at_distance(static_cast<size_t>(side) + 1);
  for (int64_t d = 0; d <= side; ++d)
    at_distance[static_cast<size_t>(d)] =
        std::pow(flip, static_cast<double>(d)) * std::pow(1 - flip, static_cast<double>(side - d));

  std::vector<uint32_t> column(static_cast<size_t>(side));
  for (int64_t i = 0; i < side; ++i)
    for (int64_t j = 0; j < side; ++j) column[static_cast<size_t>(j)] |= uint32_t{image[i * side + j]} << i;

  const uint32_t full = (uint32_t{1} << side) - 1;
  std::vector<double> terms(size_t{full} + 1);
  for (uint32_t rows = 0; rows <= full; ++rows) {
    const int bars = std::popcount(rows);
    double term = bars * std::log(on) + static_cast<double>(side - bars) * std::log1p(-on);
    for (const uint32_t x : column)
      term += std::log(on * at_distance[static_cast<size_t>(std::popcount(x ^ full))] +
                       (1 - on) * at_distance[static_cast<size_t>(std::popcount(x ^ rows))]);
    terms[rows] = term;
  }
  const double largest = *std::max_element(terms.begin(), terms.end());
  double sum = 0;
  for (const double term : terms) sum += std::exp(term - largest);
  return largest + std::log(sum);
}

}  // namespace elbo::host::data
