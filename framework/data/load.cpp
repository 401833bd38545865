// Reads, checks and splits a data set.
#include <fmt/format.h>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "data/dataset.hpp"
#include "data/generate.hpp"
#include "data/load_by_rows.hpp"
#include "data/row_file.hpp"
#include "data/split.hpp"
#include "data/stored.hpp"
#include "data/values.hpp"

namespace elbo::data {
namespace {

Array read_x(const Description& d, const std::string& role, int64_t rows) {
  const Description::File& file = *file_for(d, role);
  Array x = read_stored(d, file);
  const Shape expected = Shape{rows} + d.shape;
  check_shape(x.shape, expected, name_in(d, file));
  if (!x.columns.empty() && !d.columns.empty() && x.columns != d.columns)
    throw UserError(
        fmt::format("{}: its header names the columns {}; expected {}, as the description has them; correct it",
                    name_in(d, file), join(x.columns), join(d.columns)));
  x.shape = expected;
  conform(x, d, 0, name_in(d, file));
  return x;
}

Split read_split(const Description& d, const std::string& part, int64_t rows) {
  return {read_x(d, part + "x", rows), read_labels(d, part + "labels", rows), {}};
}

template <class T>
std::vector<T> gathered(const std::vector<T>& all, const std::vector<int64_t>& rows, int64_t row) {
  std::vector<T> chosen;
  chosen.reserve(rows.size() * static_cast<size_t>(row));
  for (const int64_t i : rows) chosen.insert(chosen.end(), all.begin() + i * row, all.begin() + (i + 1) * row);
  return chosen;
}

Split rows_of(const Split& all, const std::vector<int64_t>& rows) {
  const int64_t row = all.x.rows() > 0 ? numel(all.x.shape) / all.x.rows() : 0;
  Split part{.x = {.shape = all.x.shape, .values = {}}, .labels = {}, .exact_log_px = {}, .rows = rows};
  part.x.shape[0] = static_cast<int64_t>(rows.size());
  std::visit([&](const auto& values) { part.x.values = gathered(values, rows, row); }, all.x.values);
  if (!all.labels.empty()) part.labels = gathered(all.labels, rows, 1);
  return part;
}

enum Stream : uint64_t { train_stream, test_stream };

template <class T>
std::vector<T> slice(const std::vector<T>& all, int64_t first, int64_t count) {
  if (all.empty()) return {};
  return {all.begin() + first, all.begin() + first + count};
}

/// Made in any number, and as good in one order as in another.
Split slice(const Split& all, int64_t first, int64_t count) {
  const int64_t row = all.x.rows() > 0 ? numel(all.x.shape) / all.x.rows() : 0;
  Split part{.x = {.shape = all.x.shape, .values = {}},
             .labels = slice(all.labels, first, count),
             .exact_log_px = slice(all.exact_log_px, first, count)};
  part.x.shape[0] = count;
  std::visit([&](const auto& values) { part.x.values = slice(values, first * row, count * row); }, all.x.values);
  for (const auto& factor : all.factors) part.factors.push_back(slice(factor, first, count));
  return part;
}

void load_generated(const Description& d, const DataConfig& config, const SplitSizes& sizes, Dataset& dataset) {
  const Split pool = generate(d, config.seed, train_stream, sizes.pool, false);
  dataset.train = slice(pool, 0, sizes.train);
  dataset.valid = slice(pool, sizes.pool - sizes.valid, sizes.valid);
  dataset.test = generate(d, config.seed, test_stream, sizes.test, true);
  dataset.factor_names = generated_factors(d.generator);
}

void load_files(const Description& d, const SplitSizes& sizes, Dataset& dataset) {
  const SplitRows rows = split_rows(d, sizes);
  const Split pool = d.shuffle ? read_split(d, "", d.train + d.test) : read_split(d, "train_", d.train);
  dataset.train = rows_of(pool, rows.train);
  dataset.valid = d.valid > 0 ? rows_of(read_split(d, "valid_", d.valid), rows.valid) : rows_of(pool, rows.valid);
  dataset.test = d.shuffle ? rows_of(pool, rows.test) : rows_of(read_split(d, "test_", d.test), rows.test);
}

}  // namespace

Dataset load(const Description& d, const DataConfig& config) {
  const SplitSizes sizes = split_sizes(d, config);
  if (config.memory_gb > 0) {
    if (has_rows(d.format)) return load_by_rows(d, config, sizes);
    check_memory(d, config, sizes);
  }
  Dataset dataset{.name = d.name,
                  .shape = d.shape,
                  .support = d.support,
                  .levels = d.levels,
                  .columns = column_names(d),
                  .train = {},
                  .valid = {},
                  .test = {}};
  if (d.format == "generated") load_generated(d, config, sizes, dataset);
  else load_files(d, sizes, dataset);
  return dataset;
}

}  // namespace elbo::data
