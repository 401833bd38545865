// Reads, checks and splits a data set.
#include <fmt/format.h>

#include <cmath>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "data/dataset.hpp"
#include "data/generate.hpp"
#include "data/split.hpp"
#include "data/stored.hpp"

namespace elbo::data {
namespace {

const Description::File* file_for(const Description& d, const std::string& role) {
  for (const Description::File& file : d.files)
    if (file.role == role) return &file;
  return nullptr;
}

bool allowed(float value, const Description& d) {
  const bool whole = value >= 0 && std::floor(value) == value;
  switch (d.support) {
    case Support::binary:
      return value == 0 || value == 1;
    case Support::levels:
      return whole && value < static_cast<float>(d.levels);
    case Support::counts:
    case Support::simplex_counts:
      return whole && std::isfinite(value);
    case Support::unit_interval:
      return value >= 0 && value <= 1;
    case Support::positive:
      return value > 0 && std::isfinite(value);
    case Support::real:
    case Support::mixed:
      return std::isfinite(value);
  }
  return false;
}

void check_values(const Array& x, const Description& d, const std::string& where) {
  std::visit(
      [&](const auto& values) {
        const int64_t row = numel(d.shape);
        for (size_t i = 0; i < values.size(); ++i)
          if (!allowed(static_cast<float>(values[i]), d))
            throw UserError(
                fmt::format("{}: datum {} holds {}; expected values of support {}{}; correct the file or the support",
                            where, static_cast<int64_t>(i) / row, values[i], to_string(d.support),
                            d.support == Support::levels ? fmt::format(" (0 to {})", d.levels - 1) : ""));
      },
      x.values);
}

// Continuous data become floats, discrete ones that fit become bytes, whatever the file's type was.
void set_type(Array& x, Support support) {
  if (auto* bytes = std::get_if<std::vector<uint8_t>>(&x.values)) {
    if (measure_of(support) == Measure::lebesgue) x.values = std::vector<float>(bytes->begin(), bytes->end());
  } else if (support == Support::levels || support == Support::binary) {
    const auto& floats = std::get<std::vector<float>>(x.values);
    x.values = std::vector<uint8_t>(floats.begin(), floats.end());
  }
}

Array read_x(const Description& d, const std::string& role, int64_t rows) {
  const Description::File& file = *file_for(d, role);
  const std::string where = d.name + " (" + file.name + file.dataset + ")";
  Array x = read_stored(d, file);
  const Shape expected = Shape{rows} + d.shape;
  if (x.rows() != rows || numel(x.shape) != numel(expected))
    throw UserError(where + ": holds an array " + to_string(x.shape) + "; expected " + to_string(expected) +
                    "; correct shape or splits of the description, or the file");
  if (!x.columns.empty() && !d.columns.empty() && x.columns != d.columns)
    throw UserError(fmt::format("{}: its header names the columns {}; expected {}, as the description has them; correct it",
                                where, join(x.columns), join(d.columns)));
  x.shape = expected;
  check_values(x, d, where);
  set_type(x, d.support);
  return x;
}

std::vector<int64_t> read_labels(const Description& d, const std::string& role, int64_t rows) {
  const Description::File* file = file_for(d, role);
  if (!file) return {};
  const Array stored = read_stored(d, *file);
  const std::string where = d.name + " (" + file->name + file->dataset + ")";
  if (stored.rows() != rows || numel(stored.shape) != rows)
    throw UserError(where + ": holds an array " + to_string(stored.shape) + "; expected " + std::to_string(rows) +
                    " labels");
  return std::visit(
      [&](const auto& values) {
        std::vector<int64_t> labels;
        for (const auto value : values) {
          const auto label = static_cast<float>(value);
          if (std::floor(label) != label || !std::isfinite(label))
            throw UserError(where + fmt::format(": holds the label {}; expected whole numbers", label));
          labels.push_back(static_cast<int64_t>(label));
        }
        return labels;
      },
      stored.values);
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
  auto [pool, test] = parts_of(d, config, sizes);
  Dataset dataset{
      .name = d.name, .shape = d.shape, .support = d.support, .levels = d.levels, .columns = column_names(d),
      .train = {}, .valid = {}, .test = {}};
  dataset.valid = rows_of(pool, sizes.pool - sizes.valid, sizes.valid);
  dataset.train = first_rows(std::move(pool), sizes.train);
  dataset.test = first_rows(std::move(test), sizes.test);
  return dataset;
}

}  // namespace elbo::data
