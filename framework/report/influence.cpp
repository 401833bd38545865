#include "report/influence.hpp"

#include <algorithm>
#include <cmath>

namespace elbo::report {
namespace {

constexpr double notable_share = 0.2;  // of the sum of squares
constexpr double notable_data = 3;     // of few data, each has a large share: so many times its even share

bool carries(const Influence& one, size_t images) {
  return one.share > std::max(notable_share, notable_data / static_cast<double>(images));
}

}  // namespace

std::vector<Influence> extremes(const std::vector<double>& d, const std::function<Difference(size_t)>& without) {
  if (d.size() < 3) return {};
  double squares = 0;
  for (const double x : d) squares += x * x;
  const auto [least, most] = std::minmax_element(d.begin(), d.end());
  std::vector<Influence> found;
  for (const auto one : {least, most}) {
    const auto place = static_cast<size_t>(one - d.begin());
    found.push_back(
        {.row = place, .share = squares > 0 ? *one * *one / squares : 0, .nats = *one, .without = without(place)});
  }
  return found;
}

std::optional<Influence> decisive(std::vector<Influence> found, size_t images, const Difference& deciding,
                                  double factor, double level) {
  const bool decided = deciding.p * factor < level;
  std::optional<Influence> worst;
  for (Influence& one : found) {
    const bool other_sign = (one.without.mean > 0) != (deciding.mean > 0);
    one.undoes_it = decided && (other_sign || !(one.without.p * factor < level));
    if (!one.undoes_it && !carries(one, images)) continue;
    if (!worst || std::pair(one.undoes_it, one.share) > std::pair(worst->undoes_it, worst->share)) worst = one;
  }
  return worst;
}

}  // namespace elbo::report
