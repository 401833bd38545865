#include "data/audit/leakage.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "data/blocks.hpp"

namespace elbo::host::data {
namespace {

/// Of the values, whichever type holds them: bytes of one file may meet the floats of another. (FNV-1a by words, mixed.)
template <class T>
uint64_t hash_of(const T* values, size_t count) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (size_t i = 0; i < count; ++i) {
    const float value = static_cast<float>(values[i]) + 0.0f;  // -0 is 0
    hash = (hash ^ std::bit_cast<uint32_t>(value)) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
  }
  return hash;
}

}  // namespace

std::vector<uint64_t> row_hashes(const Array& x) {
  const auto row = static_cast<size_t>(numel(x.shape) / std::max<int64_t>(1, x.rows()));
  std::vector<uint64_t> hashes;
  hashes.reserve(static_cast<size_t>(x.rows()));
  std::visit(
      [&](const auto& values) {
        for (size_t first = 0; first < values.size(); first += row)
          hashes.push_back(hash_of(values.data() + first, row));
      },
      x.values);
  return hashes;
}

template <class T>
void TrainingRows::add(const std::vector<T>& values) {
  for (size_t first = 0; first < values.size(); first += row_)
    hashes_.emplace_back(hash_of(values.data() + first, row_), static_cast<int64_t>(hashes_.size()));
}

template void TrainingRows::add(const std::vector<uint8_t>&);
template void TrainingRows::add(const std::vector<float>&);

namespace {

/// Of its file, counted from 1.
int64_t row_of(const Split& split, int64_t datum) {
  return 1 + (split.rows.empty() ? datum : split.rows[static_cast<size_t>(datum)]);
}

}  // namespace

std::vector<std::string> TrainingRows::findings(const Dataset& dataset) {
  std::sort(hashes_.begin(), hashes_.end());
  int64_t repeated = 0;
  for (size_t i = 1; i < hashes_.size(); ++i) repeated += hashes_[i].first == hashes_[i - 1].first;

  std::vector<std::string> sentences;
  for (const auto& [split, name] : {std::pair(&dataset.valid, "validation"), std::pair(&dataset.test, "test")}) {
    if (!split->exact_log_px.empty()) continue;  // drawn from a known distribution: equal data are its doing
    int64_t datum = 0, copies = 0, first = -1, original = -1;
    for_each_part(*split, [&](const auto& values) {
      for (size_t at = 0; at < values.size(); at += row_, ++datum) {
        const uint64_t hash = hash_of(values.data() + at, row_);
        const auto twin =
            std::lower_bound(hashes_.begin(), hashes_.end(), std::pair(hash, std::numeric_limits<int64_t>::min()));
        if (twin == hashes_.end() || twin->first != hash) continue;
        if (copies++ == 0) first = datum, original = twin->second;
      }
    });
    if (copies == 0) continue;
    sentences.push_back(fmt::format(
        "{} of {} {} data are exact copies of training data (the first: row {} of the file of the {} data is row {} of "
        "that of the training data), and {} of {} training data "
        "repeat an earlier one; scores on copies reward memory: remove the repeated rows before the split, or leave "
        "the "
        "copies out of data of your own by dataset.duplicates = \"drop\", unless such data are expected to repeat",
        copies, datum, name, row_of(*split, first), name, row_of(dataset.train, original), repeated, hashes_.size()));
  }
  return sentences;
}

namespace {

using Places = std::vector<std::pair<size_t, size_t>>;  // of two data in their part

constexpr size_t fewest_pairs = 30;  // below, chance alone may sort labels
constexpr size_t most_pairs = 2000;  // compared value by value
constexpr double few_changes = 0.2;  // of label between neighbours, against those of rows in random order
constexpr double alike = 0.5;        // squared difference of neighbours, against that of two rows at random
constexpr double one_class = 1e-6;   // chance that two labels differ, below which there is but one

/// Data that were next to each other in the file.
Places neighbours(const Split& split) {
  std::vector<size_t> order(split.rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return split.rows[a] < split.rows[b]; });
  Places pairs;
  for (size_t i = 1; i < order.size(); ++i)
    if (split.rows[order[i]] == split.rows[order[i - 1]] + 1) pairs.emplace_back(order[i - 1], order[i]);
  return pairs;
}

bool is_sorted_by_label(const Split& split, const Places& pairs) {
  if (split.labels.empty() || pairs.size() < fewest_pairs) return false;
  std::map<int64_t, double> shares;
  for (const int64_t label : split.labels) shares[label] += 1.0 / static_cast<double>(split.labels.size());
  double expected = 1;
  for (const auto& [label, share] : shares) expected -= share * share;
  const auto changes = std::count_if(pairs.begin(), pairs.end(),
                                     [&](const auto& p) { return split.labels[p.first] != split.labels[p.second]; });
  if (expected < one_class) return false;
  return static_cast<double>(changes) < few_changes * expected * static_cast<double>(pairs.size());
}

double mean_squared_difference(const Split& split, const Places& pairs) {
  const auto row = static_cast<size_t>(numel(split.x.shape) / std::max<int64_t>(1, split.x.rows()));
  double sum = 0;
  std::visit(
      [&](const auto& values) {
        for (const auto& [a, b] : pairs)
          for (size_t j = 0; j < row; ++j) {
            const double d = static_cast<double>(values[a * row + j]) - static_cast<double>(values[b * row + j]);
            if (!std::isnan(d)) sum += d * d;
          }
      },
      split.x.values);
  return sum / static_cast<double>(pairs.size());
}

/// The share that neighbours differ by, of what two rows at random do; 1 where it cannot be said. Rows lie in random order.
double difference_of_neighbours(const Split& split, Places pairs) {
  if (split.blocks || pairs.size() < fewest_pairs) return 1;
  pairs.resize(std::min(pairs.size(), most_pairs));
  Places random;
  for (size_t i = 1; i < std::min(split.rows.size(), most_pairs); ++i) random.emplace_back(i - 1, i);
  const double all = mean_squared_difference(split, random);
  return all > 0 ? mean_squared_difference(split, pairs) / all : 1;
}

}  // namespace

std::vector<std::string> row_order_findings(const Dataset& dataset) {
  std::vector<std::string> sentences;
  for (const auto& [split, name] : {std::pair(&dataset.train, "training"), std::pair(&dataset.test, "test")}) {
    const Places pairs = neighbours(*split);
    if (is_sorted_by_label(*split, pairs)) {
      sentences.push_back(fmt::format(
          "the rows of the {} data are sorted by label in their file; parts of them are drawn at random, not cut off",
          name));
      continue;
    }
    if (!split->groups.empty()) continue;  // they are split, and errors are taken, by what makes neighbours alike
    const double difference = difference_of_neighbours(*split, pairs);
    if (difference < alike)
      sentences.push_back(fmt::format(
          "neighbouring rows of the {} data are alike: they differ by {:.0f} % of what two rows at random "
          "do (mean square), as rows of one "
          "moment, place or subject do; where parts are drawn at random, near copies of training data are "
          "tested, and standard errors are too small; dataset.groups or time splits data of your own otherwise",
          name, 100 * difference));
  }
  return sentences;
}

}  // namespace elbo::host::data
