// Reads, checks and splits a data set: as a whole, or within a bound on memory where its rows can be read without the rest.
#include <fmt/format.h>

#include <algorithm>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "data/audit/values.hpp"
#include "data/blocks.hpp"
#include "data/condition.hpp"
#include "data/dataset.hpp"
#include "data/factors.hpp"
#include "data/files/locate.hpp"
#include "data/files/read_verified.hpp"
#include "data/files/scan.hpp"
#include "data/generators/generate.hpp"
#include "data/own_images.hpp"
#include "data/splits/row_keys.hpp"
#include "data/splits/split.hpp"
#include "formats/format.hpp"

namespace elbo::host::data {
namespace {

std::vector<formats::TableColumn> kept_of(std::vector<formats::TableColumn> table) {
  std::erase_if(table, [](const formats::TableColumn& column) { return !column.left_out.empty(); });
  return table;
}

Dataset empty_dataset(const Description& d) {
  return {.name = d.name,
          .shape = d.shape,
          .support = d.support,
          .levels = d.levels,
          .columns = column_names(d),
          .table = kept_of(d.table),
          .masked = d.masked,
          .train = {},
          .valid = {},
          .test = {},
          .factor_names = {},
          .notes = d.notes};
}

int64_t left_out_of(const Description& d, const std::string& part) {
  const auto found = d.left_out.find(part);
  return found == d.left_out.end() ? 0 : found->second;
}

/// Of a described data set nothing says what the other files call its names, and from which day or number they count.
void must_be_plain(const Description& d, const Description::File& file, const Array& x) {
  for (const formats::TableColumn& column : x.table)
    if (column.left_out.empty() && (column.kind == "category" || column.kind == "date" || column.origin != 0))
      throw UserError(fmt::format(
          "{}: column '{}' holds {}, whose values would differ between the files of training and test data; expected "
          "plain numbers; store all rows in one file, which is split at random, or leave the column out",
          name_in(d, file), column.name,
          column.kind == "category" ? "names"
          : column.kind == "date"   ? "dates"
                                    : "numbers far from 0"));
}

/// Of so many stored rows; the values may be missing in some.
Array read_x(const Description& d, const std::string& part, int64_t rows) {
  const Description::File& file = *file_for(d, part + "x");
  Array x = read_verified(d, file);
  if (d.table.empty() && file.role != "x") must_be_plain(d, file, x);
  const Shape expected = Shape{rows} + d.shape;
  check_shape(x.shape, expected, name_in(d, file));
  if (!x.columns.empty() && !d.columns.empty() && x.columns != d.columns)
    throw UserError(
        fmt::format("{}: its header names the columns {}; expected {}, as the description has them; correct it",
                    name_in(d, file), join(x.columns), join(d.columns)));
  x.shape = expected;
  if (d.channels_last) put_channels_first(x, d.shape);
  return x;
}

/// One a row, or none where nothing groups the rows.
std::vector<int64_t> groups_of(const Description& d, const RowKeys& keys, const std::string& part, int64_t rows) {
  const auto found = keys.codes.find(part);
  if (found == keys.codes.end()) return {};
  if (static_cast<int64_t>(found->second.size()) != rows)
    throw UserError(
        fmt::format("{}: '{}' has {} groups; expected {}, one a row", d.name, keys.column, found->second.size(), rows));
  return found->second;
}

/// The rows of a part without a missing value; Split::rows stays empty where these are all there are.
Split read_split(const Description& d, const RowKeys& groups, const std::string& part) {
  const int64_t rows = usable_rows(d, part);
  const int64_t left_out = left_out_of(d, part);
  Split split{.x = read_x(d, part, rows + left_out),
              .labels = read_labels(d, part + "labels", rows + left_out),
              .groups = groups_of(d, groups, part, rows + left_out),
              .exact_log_px = {}};
  if (left_out > 0) {
    split.rows = complete_rows(split.x);
    split.x = gathered(split.x, split.rows);
    for (auto* codes : {&split.labels, &split.groups})
      if (!codes->empty()) *codes = gathered(*codes, split.rows, 1);
  }
  conform(split.x, d, 0, name_in(d, *file_for(d, part + "x")), split.rows);
  return split;
}

Split rows_of(const Split& all, const std::vector<int64_t>& rows) {
  Split part{.x = gathered(all.x, rows),
             .labels = {},
             .exact_log_px = {},
             .rows = all.rows.empty() ? rows : gathered(all.rows, rows, 1)};
  if (!all.labels.empty()) part.labels = gathered(all.labels, rows, 1);
  if (!all.groups.empty()) part.groups = gathered(all.groups, rows, 1);
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
  const RowKeys groups = read_keys(d, "groups");
  const auto read = [&](const std::string& part) { return read_split(d, groups, part); };
  const Split pool = read(d.shuffle ? "" : "train_");
  dataset.train = rows_of(pool, rows.train);
  dataset.valid = d.valid > 0 ? rows_of(read("valid_"), rows.valid) : rows_of(pool, rows.valid);
  dataset.test = d.shuffle ? rows_of(pool, rows.test) : rows_of(read("test_"), rows.test);
}

using Rows = std::vector<int64_t>;

/// A file of data, and how many rows it should have.
struct RowSource {
  std::string prefix;  // of the roles: "train_", "valid_", "test_", or nothing where one file holds all
  int64_t rows = 0;
};

/// Throws ChangedData unless it holds what was planned.
std::unique_ptr<RowFile> opened(const Description& d, const RowSource& source) {
  const Description::File& file = *file_for(d, source.prefix + "x");
  return as_when_planned(file, [&] {
    auto rows = formats::open_rows(d.format, locate(d, file), file.dataset);
    if (file.planned || !file.md5.empty()) scan_of(d, file, *rows);
    check_shape(rows->shape(), Shape{source.rows} + d.shape, name_in(d, file));
    return rows;
  });
}

std::vector<int64_t> labels_of(const Description& d, const RowSource& source, const Rows& rows) {
  const auto all = read_labels(d, source.prefix + "labels", source.rows);
  std::vector<int64_t> labels;
  for (const int64_t row : rows)
    if (!all.empty()) labels.push_back(all[static_cast<size_t>(row)]);
  return labels;
}

Split in_memory(const Description& d, RowFile& file, const RowSource& source, const Rows& rows) {
  const auto groups = groups_of(d, read_keys(d, "groups"), source.prefix, source.rows);
  return {.x = gathered(file, rows, d),
          .labels = labels_of(d, source, rows),
          .groups = groups.empty() ? groups : gathered(groups, rows, 1),
          .exact_log_px = {},
          .rows = rows};
}

Split in_blocks(const Description& d, std::unique_ptr<RowFile> file, const RowSource& source, Rows rows,
                int64_t bytes_of_a_row, double bytes) {
  std::sort(rows.begin(), rows.end());
  const BlockSizes sizes = block_sizes(*file, bytes_of_a_row, bytes);
  Split split{.x = {.shape = Shape{static_cast<int64_t>(rows.size())} + d.shape, .values = {}},
              .labels = labels_of(d, source, rows),
              .exact_log_px = {},
              .rows = rows};
  Blocks::Reopen reopen;
  if (file_for(d, source.prefix + "x")->planned)
    reopen = [d, prefix = source.prefix, count = source.rows] { return opened(d, {prefix, count}); };
  split.blocks = std::make_shared<Blocks>(std::move(file), std::move(rows), d, sizes, std::move(reopen));
  return split;
}

[[noreturn]] void refuse_held_out(const Description& d, const SplitSizes& sizes, double held_out, double limit) {
  throw UserError(fmt::format(
      "{}: {} validation and {} test data take {:.3f} GB, and they stay in memory while training data are read by "
      "blocks; expected at most half of dataset.memory_gb = {}; lower dataset.test, valid or "
      "test_fraction, or raise memory_gb",
      d.name, sizes.valid, sizes.test, held_out / 1e9, limit / 1e9));
}

/// What fits in config.memory_gb lies in memory; else the training data are read by blocks, and only the data held out lie there.
Dataset load_by_rows(const Description& d, const DataConfig& config, const SplitSizes& sizes) {
  if (d.channels_last)
    throw UserError(d.name +
                    ": holds images as height x width x channels; expected channels x height x width, which can be "
                    "read by blocks; transpose them, or leave "
                    "dataset.memory_gb out");
  SplitRows rows = split_rows(d, sizes);
  const RowSource pool{d.shuffle ? "" : "train_", d.shuffle ? d.train + d.test : d.train};
  Dataset dataset = empty_dataset(d);
  auto file = opened(d, pool);
  const bool bytes = stays_bytes(d, file->holds_bytes());
  const int64_t row = numel(d.shape) * (bytes ? 1 : static_cast<int64_t>(sizeof(float)));
  const double limit = config.memory_gb * 1e9,
               held_out = static_cast<double>(row) * static_cast<double>(sizes.valid + sizes.test);
  const bool fits = held_out + static_cast<double>(row) * static_cast<double>(sizes.train) <= limit;
  if (!fits && held_out > limit / 2) refuse_held_out(d, sizes, held_out, limit);

  const auto held_out_part = [&](const RowSource& source, bool is_apart, const Rows& chosen) {
    return is_apart ? in_memory(d, *opened(d, source), source, chosen) : in_memory(d, *file, pool, chosen);
  };
  dataset.valid = held_out_part({"valid_", d.valid}, d.valid > 0, rows.valid);
  dataset.test = held_out_part({"test_", d.test}, !d.shuffle, rows.test);
  dataset.train = fits ? in_memory(d, *file, pool, rows.train)
                       : in_blocks(d, std::move(file), pool, std::move(rows.train), row, limit - held_out);
  return dataset;
}

/// For formats that are only read as a whole.
void check_memory(const Description& d, const DataConfig& config, const SplitSizes& sizes) {
  const double width = stays_bytes(d, true) ? 1 : sizeof(float);
  const double needed =
      width * static_cast<double>(numel(d.shape)) * static_cast<double>(sizes.train + sizes.valid + sizes.test);
  if (needed > config.memory_gb * 1e9)
    throw UserError(fmt::format(
        "{}: takes {:.3f} GB, more than dataset.memory_gb = {}; expected hdf5 or npy files, which can be read by "
        "blocks; convert it, use fewer data, or leave memory_gb out",
        d.name, needed / 1e9, config.memory_gb));
}

Dataset load_values(const Description& d, const DataConfig& config) {
  const SplitSizes sizes = split_sizes(d, config);
  if (config.memory_gb > 0) {
    if (formats::has_rows(d.format)) return load_by_rows(d, config, sizes);
    check_memory(d, config, sizes);
  }
  Dataset dataset = empty_dataset(d);
  if (d.format == "generated") load_generated(d, config, sizes, dataset);
  else load_files(d, sizes, dataset);
  return dataset;
}

}  // namespace

Dataset load(const Description& d, const DataConfig& config) {
  Dataset dataset = load_values(d, config);
  if (!config.factors.empty()) set_factors(d, config, dataset);
  if (config.condition.empty()) return dataset;
  Condition c = d.format == "generated"
                    ? generated_condition(dataset, config)
                    : condition_of(d, config, {dataset.train.rows, dataset.valid.rows, dataset.test.rows});
  dataset.condition = std::move(c.columns);
  dataset.unseen = config.unseen;
  dataset.train.condition = std::move(c.train);
  dataset.valid.condition = std::move(c.valid);
  dataset.test.condition = std::move(c.test);
  dataset.notes.insert(dataset.notes.end(), c.notes.begin(), c.notes.end());
  return dataset;
}

}  // namespace elbo::host::data
