#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/tools/roots.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <vector>

#include "report/statistics/statistics.hpp"

namespace elbo::host::report {
namespace {

constexpr double smallest_tail = 1e-16;
constexpr size_t data_for_t = 200;      // below, the mean of skewed differences is not near enough to normal
constexpr double carried_share = 0.2;   // of the sum of squares, by one data point
constexpr double carried_multiple = 3;  // of few data each has a large share: so many times its even share

double t_quantile(double freedom, double tail) { return quantile(complement(boost::math::students_t(freedom), tail)); }

/// In standard errors. BCa of a mean in closed form (ABC of DiCiccio & Efron 1992, where the bias correction is the acceleration).
double bca_reach(double acceleration, double tail) {
  const double w = acceleration + quantile(complement(boost::math::normal(), tail)), rest = 1 - acceleration * w;
  return rest > 0 ? w / (rest * rest) : std::numeric_limits<double>::infinity();
}

double square(double x) { return x * x; }

constexpr double notable_share = 0.2;  // of the sum of squares
constexpr double notable_data = 3;     // of few data, each has a large share: so many times its even share

bool carries(const Influence& one, size_t images) {
  return one.share > std::max(notable_share, notable_data / static_cast<double>(images));
}

}  // namespace

double mean(std::span<const double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double sample_variance(std::span<const double> values) {
  if (values.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  const double centre = mean(values);
  double squares = 0;
  for (const double v : values) squares += (v - centre) * (v - centre);
  return squares / static_cast<double>(values.size() - 1);
}

Difference over_images(std::span<const double> differences) {
  const auto n = static_cast<double>(differences.size());
  return with_t(mean(differences), std::sqrt(sample_variance(differences) / n), n - 1);
}

Difference with_t(double mean, double standard_error, double degrees_of_freedom) {
  Difference d{.mean = mean};
  if (!(degrees_of_freedom > 0)) return d;
  d.standard_error = standard_error;
  d.degrees_of_freedom = degrees_of_freedom;
  if (!std::isfinite(standard_error)) return d;
  const boost::math::students_t t(degrees_of_freedom);
  const double reach = standard_error * quantile(complement(t, claim_level / 2));
  d.interval = {mean - reach, mean + reach};
  const bool exact = standard_error == 0;  // every value is the same
  d.p = exact ? (mean == 0 ? 1.0 : 0.0) : 2 * cdf(complement(t, std::abs(mean) / standard_error));
  return d;
}

std::vector<double> means_of_rows(const std::vector<std::vector<double>>& d) {
  std::vector<double> means;
  for (const auto& row : d) means.push_back(mean(row));
  return means;
}

std::vector<double> means_of_columns(const std::vector<std::vector<double>>& d) {
  std::vector<double> means(d.empty() ? 0 : d[0].size(), 0.0);
  for (const auto& row : d)
    for (size_t i = 0; i < means.size(); ++i) means[i] += row[i] / static_cast<double>(d.size());
  return means;
}

double residual_variance(const std::vector<std::vector<double>>& d) {
  if (d.size() < 2 || d[0].size() < 2) return 0;
  const auto rows = means_of_rows(d), columns = means_of_columns(d);
  const double all = mean(rows);
  double squares = 0;
  for (size_t s = 0; s < d.size(); ++s)
    for (size_t i = 0; i < d[s].size(); ++i) {
      const double rest = d[s][i] - rows[s] - columns[i] + all;
      squares += rest * rest;
    }
  return squares / static_cast<double>((d.size() - 1) * (d[0].size() - 1));
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto rank = [&](size_t i) { return std::isnan(p[i]) ? 2.0 : p[i]; };
  std::stable_sort(order.begin(), order.end(), [&](size_t i, size_t j) { return rank(i) < rank(j); });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (size_t k = 0; k < order.size(); ++k) {
    const double factor = static_cast<double>(p.size() - k);
    if (!std::isnan(p[order[k]])) largest = std::max(largest, std::min(1.0, factor * p[order[k]]));
    adjusted[order[k]] = std::isnan(p[order[k]]) ? p[order[k]] : largest;
  }
  return adjusted;
}

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
      of_group;  // sum of the values, how many; of each data point by itself without groups
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

std::vector<BestClaim> compare_with_best(size_t variants, const std::vector<Contrast>& contrasts, double level,
                                         size_t candidates) {
  std::vector<BestClaim> claims(variants);
  for (const Contrast& c : contrasts) claims[c.better].is_compared = claims[c.worse].is_compared = true;
  if (candidates == 0)
    candidates = static_cast<size_t>(
        std::count_if(claims.begin(), claims.end(), [](const auto& claim) { return claim.is_compared; }));
  const double others = std::max<double>(static_cast<double>(candidates) - 1, 2);
  constexpr double none = std::numeric_limits<double>::infinity();
  std::vector<double> least_p(variants, 1), low(variants, -none), high(variants, none);
  for (const Contrast& c : contrasts) {
    double p = 0.5, below = none, above = none;
    if (c.proves) {
      p = c.error.tail_beyond(c.mean, Side::below);
      below = c.error.reach(level / others, Side::below);
      above = c.error.acceleration == 0 ? below : c.error.reach(level / others, Side::above);
    }
    least_p[c.worse] = std::min(least_p[c.worse], c.proves ? p : 1);
    least_p[c.better] = std::min(least_p[c.better], 1 - p);
    low[c.worse] = std::max(low[c.worse], c.mean + above);
    high[c.worse] = std::min(high[c.worse], -c.mean + below);
    low[c.better] = std::max(low[c.better], -c.mean + below);
    high[c.better] = std::min(high[c.better], c.mean + above);
  }
  for (size_t i = 0; i < variants; ++i) {
    if (!claims[i].is_compared) continue;
    claims[i].level = level;
    claims[i].p = std::min(1.0, others * least_p[i]);
    claims[i].from_best_other = {low[i] > 0 ? -low[i] : 0.0, std::max(0.0, high[i])};
  }
  return claims;
}

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

}  // namespace elbo::host::report
