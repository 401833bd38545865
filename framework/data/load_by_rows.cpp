#include "data/load_by_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

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

/// One half of the data, training or test, in its file or in the file of both.
struct Half {
  std::string prefix;  // of the roles: "train_", "test_", or nothing
  int64_t rows = 0;    // that the file should have
  Rows chosen;         // those of this half, in the order of the parts
};

Rows counted(int64_t count) {
  Rows rows(static_cast<size_t>(count));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

std::pair<Half, Half> halves_of(const Description& d) {
  if (!d.shuffle) return {{"train_", d.train, counted(d.train)}, {"test_", d.test, counted(d.test)}};
  const Rows order = permutation(d.train + d.test, *d.shuffle);
  const auto cut = order.begin() + d.train;
  return {{"", d.train + d.test, {order.begin(), cut}}, {"", d.train + d.test, {cut, order.end()}}};
}

/// The half's file. Throws ChangedData unless it holds what was planned.
std::unique_ptr<RowFile> opened(const Description& d, const Half& half) {
  const Description::File& file = *file_for(d, half.prefix + "x");
  return as_when_planned(file, [&] {
    auto rows = open_rows(d.format, locate(d, file), file.dataset);
    if (file.planned || !file.md5.empty()) scan_of(d, file, *rows);
    check_shape(rows->shape(), Shape{half.rows} + d.shape, name_in(d, file));
    return rows;
  });
}

std::vector<int64_t> labels_of(const Description& d, const Half& half, const Rows& rows) {
  const auto all = read_labels(d, half.prefix + "labels", half.rows);
  std::vector<int64_t> labels;
  for (const int64_t row : rows)
    if (!all.empty()) labels.push_back(all[static_cast<size_t>(row)]);
  return labels;
}

Split in_memory(const Description& d, RowFile& file, const Half& half, const Rows& rows) {
  return {.x = gathered(file, rows, d), .labels = labels_of(d, half, rows), .exact_log_px = {}};
}

Split in_blocks(const Description& d, std::unique_ptr<RowFile> file, const Half& half, Rows rows, int64_t bytes_of_a_row, double bytes) {
  std::sort(rows.begin(), rows.end());
  const BlockSizes sizes = block_sizes(*file, bytes_of_a_row, bytes);
  Split split{.x = {.shape = Shape{static_cast<int64_t>(rows.size())} + d.shape, .values = {}},
              .labels = labels_of(d, half, rows),
              .exact_log_px = {}};
  Blocks::Reopen reopen;
  if (file_for(d, half.prefix + "x")->planned) reopen = [d, prefix = half.prefix, count = half.rows] { return opened(d, {prefix, count, {}}); };
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
  const auto [pool, all_test] = halves_of(d);
  const auto part = [](const Half& half, int64_t first, int64_t count) {
    return Rows(half.chosen.begin() + first, half.chosen.begin() + first + count);
  };
  Dataset dataset{
      .name = d.name, .shape = d.shape, .support = d.support, .levels = d.levels, .columns = column_names(d), .train = {}, .valid = {}, .test = {}};

  auto file = opened(d, pool);
  const bool bytes = stays_bytes(d.support, file->holds_bytes());
  const int64_t row = numel(d.shape) * (bytes ? 1 : static_cast<int64_t>(sizeof(float)));
  const double limit = config.memory_gb * 1e9,
               held_out = static_cast<double>(row) * static_cast<double>(sizes.valid + sizes.test);
  const bool fits = held_out + static_cast<double>(row) * static_cast<double>(sizes.train) <= limit;
  if (!fits && held_out > limit / 2) refuse_held_out(d, sizes, held_out, limit);

  dataset.valid = in_memory(d, *file, pool, part(pool, sizes.pool - sizes.valid, sizes.valid));
  dataset.test = in_memory(d, d.shuffle ? *file : *opened(d, all_test), all_test, part(all_test, 0, sizes.test));
  const Rows train = part(pool, 0, sizes.train);
  dataset.train = fits ? in_memory(d, *file, pool, train) : in_blocks(d, std::move(file), pool, train, row, limit - held_out);
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
