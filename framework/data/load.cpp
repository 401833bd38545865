// Reads, checks and splits a data set.
#include <fmt/format.h>

#include <cmath>

#include <elbo/error.hpp>

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
  return {read_x(d, part + "_x", rows), read_labels(d, part + "_labels", rows), {}};
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

enum Stream : uint64_t { train_stream, test_stream };

}  // namespace

Dataset load(const Description& d, const DataConfig& config) {
  const SplitSizes sizes = split_sizes(d, config);
  const bool generated = d.format == "generated";
  Split pool = generated ? generate(d, config.seed, train_stream, sizes.pool, false) : read_split(d, "train", d.train);
  Split test = generated ? generate(d, config.seed, test_stream, sizes.test, true) : read_split(d, "test", d.test);

  Dataset dataset{
      .name = d.name, .shape = d.shape, .support = d.support, .levels = d.levels, .train = {}, .valid = {}, .test = {}};
  dataset.valid = rows_of(pool, sizes.pool - sizes.valid, sizes.valid);
  dataset.train = first_rows(std::move(pool), sizes.train);
  dataset.test = first_rows(std::move(test), sizes.test);
  return dataset;
}

}  // namespace elbo::data
