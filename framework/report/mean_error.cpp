#include "report/mean_error.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/tools/roots.hpp>
#include <cmath>
#include <map>
#include <vector>

namespace elbo::report {
namespace {

constexpr double smallest_tail = 1e-16;
constexpr size_t data_for_t = 200;      // below, the mean of skewed differences is not near enough to normal
constexpr double carried_share = 0.2;   // of the sum of squares, by one datum
constexpr double carried_multiple = 3;  // of few data each has a large share: so many times its even share

double t_quantile(double freedom, double tail) { return quantile(complement(boost::math::students_t(freedom), tail)); }

/// In standard errors. BCa of a mean in closed form (ABC of DiCiccio & Efron 1992, where the bias correction is the acceleration).
double bca_reach(double acceleration, double tail) {
  const double w = acceleration + quantile(complement(boost::math::normal(), tail)), rest = 1 - acceleration * w;
  return rest > 0 ? w / (rest * rest) : std::numeric_limits<double>::infinity();
}

double square(double x) { return x * x; }

}  // namespace

double MeanError::standard_error() const { return std::sqrt(seeds + images); }

double MeanError::freedom() const {
  const double parts = square(seeds) / seeds_freedom + square(images) / images_freedom;
  return parts > 0 ? square(seeds + images) / parts : std::numeric_limits<double>::infinity();
}

double MeanError::reach(double tail, Side side) const {
  if (!by_parts) return t_quantile(freedom(), tail) * standard_error();
  double of_images = images > 0 ? t_quantile(images_freedom, tail) : 0;
  if (acceleration != 0 && images > 0)
    of_images = std::max(of_images, bca_reach(side == Side::above ? acceleration : -acceleration, tail));
  const double of_seeds = seeds > 0 ? t_quantile(seeds_freedom, tail) : 0;
  return std::sqrt(seeds * square(of_seeds) + images * square(of_images));
}

double MeanError::tail_beyond(double distance, Side side) const {
  if (!(distance >= 0)) return 1 - tail_beyond(-distance, side == Side::above ? Side::below : Side::above);
  if (standard_error() == 0) return distance > 0 ? 0 : 0.5;
  if (!by_parts) return cdf(complement(boost::math::students_t(freedom()), distance / standard_error()));
  if (reach(smallest_tail, side) <= distance) return smallest_tail;
  if (reach(0.5, side) >= distance) return 0.5;
  const auto too_far = [&](double log_tail) {
    const double r = reach(std::exp(log_tail), side);
    return std::isinf(r) ? 1.0 : (r - distance) / (r + distance);
  };
  std::uintmax_t steps = 60;
  const auto found = boost::math::tools::toms748_solve(too_far, std::log(smallest_tail), std::log(0.5),
                                                       boost::math::tools::eps_tolerance<double>(24), steps);
  return std::exp((found.first + found.second) / 2);
}

Difference difference_with(double mean, const MeanError& error) {
  Difference d{.mean = mean};
  const double standard_error = error.standard_error();
  if (!std::isfinite(standard_error)) return d;
  d.standard_error = standard_error;
  d.degrees_of_freedom = error.freedom();
  d.interval = interval_with(mean, error, claim_level / 2);
  d.p = std::min(1.0, 2 * error.tail_beyond(std::abs(mean), mean > 0 ? Side::below : Side::above));
  return d;
}

Interval interval_with(double mean, const MeanError& error, double tail) {
  return {mean - error.reach(tail, Side::below), mean + error.reach(tail, Side::above)};
}

double equivalence_p(double mean, const MeanError& error, double margin) {
  const double room = margin - std::abs(mean);  // to the nearer end; the other one's p is smaller
  if (!std::isfinite(error.standard_error()) || !(margin > 0)) return 1;
  if (error.standard_error() == 0) return room > 0 ? 0 : 1;
  return error.tail_beyond(room, mean > 0 ? Side::above : Side::below);
}

ImagePart image_part(std::span<const double> values, double noise, std::span<const int64_t> groups) {
  const auto n = static_cast<double>(values.size());
  const double centre = mean(values);
  std::map<int64_t, std::pair<double, double>>
      of_group;  // sum of the values, how many; of each datum by itself without groups
  std::vector<std::pair<double, double>> units;
  if (groups.empty())
    for (const double v : values) units.emplace_back(v, 1);
  for (size_t i = 0; i < groups.size(); ++i) of_group[groups[i]].first += values[i], of_group[groups[i]].second += 1;
  for (const auto& [group, unit] : of_group) units.push_back(unit);
  const auto count = static_cast<double>(units.size());
  ImagePart part{.freedom = count - 1, .units = units.size()};
  if (units.size() < 2) return {.variance = std::numeric_limits<double>::quiet_NaN(), .units = units.size()};
  // How far the mean moves without a unit, towards the other side.
  std::vector<double> moves;
  double sum = 0, squares_of_values = 0, most = 0;
  for (const auto& [total, size] : units) {
    moves.push_back((total - size * centre) / (n - size));
    sum += moves.back();
    squares_of_values += square(total);
    most = std::max(most, square(total));
  }
  double squares = 0, cubes = 0;
  for (const double move : moves) {
    const double off = move - sum / count;
    squares += square(off);
    cubes += square(off) * off;
  }
  part.variance = std::max(0.0, squares * (count - 1) / count - noise / n);
  part.acceleration = squares > 0 ? cubes / (6 * std::pow(squares, 1.5)) : 0;
  part.largest_share = squares_of_values > 0 ? most / squares_of_values : 0;
  return part;
}

void add(const ImagePart& part, MeanError& error) {
  error.images = part.variance;
  error.images_freedom = part.freedom;
  const bool is_carried =
      part.largest_share > std::max(carried_share, carried_multiple / static_cast<double>(part.units));
  if (part.units >= data_for_t && !is_carried) return;
  error.acceleration = part.acceleration;
  error.by_parts = true;
}

}  // namespace elbo::report
