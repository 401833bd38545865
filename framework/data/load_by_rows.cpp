#include "data/load_by_rows.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <elbo/error.hpp>

#include "data/blocks.hpp"
#include "data/gather.hpp"
#include "data/locate.hpp"
#include "data/row_file.hpp"
#include "data/scan.hpp"
#include "data/stored.hpp"
#include "data/values.hpp"

namespace elbo::data {
namespace {

using Rows = std::vector<int64_t>;

/// A file of data, and how many rows it should have.
struct Source {
  std::string prefix;  // of the roles: "train_", "valid_", "test_", or nothing where one file holds all
  int64_t rows = 0;
};

/// Throws ChangedData unless it holds what was planned.
std::unique_ptr<RowFile> opened(const Description& d, const Source& source) {
  const Description::File& file = *file_for(d, source.prefix + "x");
  return as_when_planned(file, [&] {
    auto rows = open_rows(d.format, locate(d, file), file.dataset);
    if (file.planned || !file.md5.empty()) scan_of(d, file, *rows);
    check_shape(rows->shape(), Shape{source.rows} + d.shape, name_in(d, file));
    return rows;
  });
}

std::vector<int64_t> labels_of(const Description& d, const Source& source, const Rows& rows) {
  const auto all = read_labels(d, source.prefix + "labels", source.rows);
  std::vector<int64_t> labels;
  for (const int64_t row : rows)
    if (!all.empty()) labels.push_back(all[static_cast<size_t>(row)]);
  return labels;
}

Split in_memory(const Description& d, RowFile& file, const Source& source, const Rows& rows) {
  return {.x = gathered(file, rows, d), .labels = labels_of(d, source, rows), .exact_log_px = {}, .rows = rows};
}

Split in_blocks(const Description& d, std::unique_ptr<RowFile> file, const Source& source, Rows rows,
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

}  // namespace

Dataset load_by_rows(const Description& d, const DataConfig& config, const SplitSizes& sizes) {
  SplitRows rows = split_rows(d, sizes);
  const Source pool{d.shuffle ? "" : "train_", d.shuffle ? d.train + d.test : d.train};
  Dataset dataset{.name = d.name,
                  .shape = d.shape,
                  .support = d.support,
                  .levels = d.levels,
                  .columns = column_names(d),
                  .train = {},
                  .valid = {},
                  .test = {}};

  auto file = opened(d, pool);
  const bool bytes = stays_bytes(d.support, file->holds_bytes());
  const int64_t row = numel(d.shape) * (bytes ? 1 : static_cast<int64_t>(sizeof(float)));
  const double limit = config.memory_gb * 1e9,
               held_out = static_cast<double>(row) * static_cast<double>(sizes.valid + sizes.test);
  const bool fits = held_out + static_cast<double>(row) * static_cast<double>(sizes.train) <= limit;
  if (!fits && held_out > limit / 2) refuse_held_out(d, sizes, held_out, limit);

  const auto held_out_part = [&](const Source& source, bool is_apart, const Rows& chosen) {
    return is_apart ? in_memory(d, *opened(d, source), source, chosen) : in_memory(d, *file, pool, chosen);
  };
  dataset.valid = held_out_part({"valid_", d.valid}, d.valid > 0, rows.valid);
  dataset.test = held_out_part({"test_", d.test}, !d.shuffle, rows.test);
  dataset.train = fits ? in_memory(d, *file, pool, rows.train)
                       : in_blocks(d, std::move(file), pool, std::move(rows.train), row, limit - held_out);
  return dataset;
}

void check_memory(const Description& d, const DataConfig& config, const SplitSizes& sizes) {
  const double width = measure_of(d.support) == Measure::lebesgue ? sizeof(float) : 1;
  const double needed =
      width * static_cast<double>(numel(d.shape)) * static_cast<double>(sizes.train + sizes.valid + sizes.test);
  if (needed > config.memory_gb * 1e9)
    throw UserError(fmt::format(
        "{}: takes {:.3f} GB, more than dataset.memory_gb = {}; expected hdf5 or npy files, which can be read by "
        "blocks; convert it, use fewer data, or leave memory_gb out",
        d.name, needed / 1e9, config.memory_gb));
}

}  // namespace elbo::data
