#include "data/audit/duplicates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

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
        "repeat an earlier one; scores on copies reward memory: remove the repeated rows before the split, unless such "
        "data are "
        "expected to repeat",
        copies, datum, name, row_of(*split, first), name, row_of(dataset.train, original), repeated, hashes_.size()));
  }
  return sentences;
}

}  // namespace elbo::host::data
