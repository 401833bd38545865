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
    throw UserError(fmt::format("{}: its header names the columns {}; expected {}, as the description has them; correct it",
                                name_in(d, file), join(x.columns), join(d.columns)));
  x.shape = expected;
  conform(x, d, 0, name_in(d, file));
  return x;
}

Split read_split(const Description& d, const std::string& part, int64_t rows) {
  return {read_x(d, part + "x", rows), read_labels(d, part + "labels", rows), {}};
}

template <class T>
std::vector<T> slice(const std::vector<T>& all, int64_t first, int64_t count) {
  if (all.empty()) return {};
  return {all.begin() + first, all.begin() + first + count};
}

Split rows_of(const Split& all, int64_t first, int64_t count) {
  const int64_t row = all.x.rows() > 0 ? numel(all.x.shape) / all.x.rows() : 0;
  Split part;
  part.x.shape = all.x.shape;
  part.x.shape[0] = count;
  std::visit([&](const auto& values) { part.x.values = slice(values, first * row, count * row); }, all.x.values);
  part.labels = slice(all.labels, first, count);
  part.exact_log_px = slice(all.exact_log_px, first, count);
  for (const auto& factor : all.factors) part.factors.push_back(slice(factor, first, count));
  return part;
}

Split first_rows(Split all, int64_t count) { return all.x.rows() == count ? std::move(all) : rows_of(all, 0, count); }

template <class T>
std::vector<T> gathered(const std::vector<T>& all, const std::vector<int64_t>& order, int64_t row) {
  std::vector<T> mixed;
  mixed.reserve(all.size());
  if (!all.empty())
    for (const int64_t i : order) mixed.insert(mixed.end(), all.begin() + i * row, all.begin() + (i + 1) * row);
  return mixed;
}

Split shuffled(const Split& all, int64_t seed) {
  const std::vector<int64_t> order = permutation(all.x.rows(), seed);
  Split mixed{.x = {.shape = all.x.shape, .values = {}}, .labels = gathered(all.labels, order, 1), .exact_log_px = {}};
  const int64_t row = order.empty() ? 0 : numel(all.x.shape) / all.x.rows();
  std::visit([&](const auto& values) { mixed.x.values = gathered(values, order, row); }, all.x.values);
  return mixed;
}

enum Stream : uint64_t { train_stream, test_stream };

struct Parts {
  Split pool, test;
};

Parts parts_of(const Description& d, const DataConfig& config, const SplitSizes& sizes) {
  if (d.format == "generated")
    return {generate(d, config.seed, train_stream, sizes.pool, false),
            generate(d, config.seed, test_stream, sizes.test, true)};
  if (!d.shuffle) return {read_split(d, "train_", d.train), read_split(d, "test_", d.test)};
  const Split all = shuffled(read_split(d, "", d.train + d.test), *d.shuffle);
  return {rows_of(all, 0, d.train), rows_of(all, d.train, d.test)};
}

}  // namespace

Dataset load(const Description& d, const DataConfig& config) {
  const SplitSizes sizes = split_sizes(d, config);
  if (config.memory_gb > 0) {
    if (has_rows(d.format)) return load_by_rows(d, config, sizes);
    check_memory(d, config, sizes);
  }
  auto [pool, test] = parts_of(d, config, sizes);
  Dataset dataset{
      .name = d.name, .shape = d.shape, .support = d.support, .levels = d.levels, .columns = column_names(d),
      .train = {}, .valid = {}, .test = {}};
  dataset.valid = rows_of(pool, sizes.pool - sizes.valid, sizes.valid);
  dataset.train = first_rows(std::move(pool), sizes.train);
  dataset.test = first_rows(std::move(test), sizes.test);
  if (d.format == "generated") dataset.factor_names = generated_factors(d.generator);
  return dataset;
}

}  // namespace elbo::data
