// The values of a split, wherever they lie.
#pragma once
#include <span>

#include "data/blocks.hpp"
#include "data/dataset.hpp"

namespace elbo::data {

/// f(const std::vector<T>& values) for all data in order: once, or block by block. T is uint8_t or float.
template <class F>
void for_each_part(const Split& split, F&& f) {
  if (!split.blocks) return std::visit(f, split.x.values);
  for (int64_t block = 0; block < split.blocks->count(); ++block) std::visit(f, split.blocks->block(block).values);
}

/// f(const T* values) for each of these data in turn; `row` values belong to one.
template <class F>
void for_each_row(const Split& split, std::span<const int64_t> data, int64_t row, F&& f) {
  if (split.blocks) {
    for (const int64_t datum : data) std::visit(f, split.blocks->row(datum));
    return;
  }
  std::visit(
      [&](const auto& values) {
        for (const int64_t datum : data) f(values.data() + datum * row);
      },
      split.x.values);
}

inline bool holds_bytes(const Split& split) {
  return split.blocks ? split.blocks->are_bytes() : std::holds_alternative<std::vector<uint8_t>>(split.x.values);
}

}  // namespace elbo::data
