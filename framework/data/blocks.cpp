#include "data/blocks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include <elbo/error.hpp>

#include "data/audit/values.hpp"

namespace elbo::host::data {
namespace {

constexpr int64_t values_of_a_piece = int64_t{1} << 22;

/// Places in `rows`, the one of the least row first.
std::vector<size_t> places_by_row(std::span<const int64_t> rows) {
  std::vector<size_t> places(rows.size());
  std::iota(places.begin(), places.end(), size_t{0});
  if (!std::is_sorted(rows.begin(), rows.end()))
    std::sort(places.begin(), places.end(), [&](size_t a, size_t b) { return rows[a] < rows[b]; });
  return places;
}

Array empty(int64_t rows, const Description& d, bool bytes) {
  Array array{.shape = Shape{rows} + d.shape, .values = {}};
  const auto count = static_cast<size_t>(numel(array.shape));
  if (bytes) array.values = std::vector<uint8_t>(count);
  else array.values = std::vector<float>(count);
  return array;
}

}  // namespace

int64_t rows_of_a_piece(const RowFile& file) {
  const int64_t rows = std::max<int64_t>(1, values_of_a_piece / std::max<int64_t>(1, file.values_of_a_row()));
  return std::max<int64_t>(1, rows / file.grain()) * file.grain();
}

Array gathered(RowFile& file, std::span<const int64_t> rows, const Description& d) {
  Array all = empty(static_cast<int64_t>(rows.size()), d, stays_bytes(d, file.holds_bytes()));
  const std::vector<size_t> places = places_by_row(rows);
  const int64_t row = numel(d.shape), grain = file.grain(), most = rows_of_a_piece(file);
  for (size_t next = 0; next < places.size();) {
    const int64_t first = rows[places[next]] / grain * grain;
    size_t end = next;
    while (end < places.size() && rows[places[end]] < first + most) ++end;
    Array piece = file.read(first, rows[places[end - 1]] + 1 - first);
    conform(piece, d, first, file.where());
    std::visit(
        [&]<class T>(const std::vector<T>& from) {
          auto& to = std::get<std::vector<T>>(all.values);
          for (; next < end; ++next)
            std::copy_n(from.begin() + (rows[places[next]] - first) * row, row,
                        to.begin() + static_cast<std::ptrdiff_t>(places[next]) * row);
        },
        piece.values);
  }
  return all;
}

BlockSizes block_sizes(const RowFile& file, int64_t bytes_of_a_row, double bytes) {
  constexpr double wanted = 16;
  const double grain = static_cast<double>(file.grain()) * static_cast<double>(bytes_of_a_row);
  if (grain > bytes)
    throw UserError(fmt::format(
        "{}: {} rows lie in one piece of {:.3f} GB; expected at most {:.3f} GB, what dataset.memory_gb leaves for "
        "training data; raise it, or write the file in smaller chunks",
        file.where(), file.grain(), grain / 1e9, bytes / 1e9));
  const auto grains = static_cast<int64_t>(std::max(1.0, bytes / wanted / grain));
  const int64_t rows = grains * file.grain();
  const auto held = static_cast<int64_t>(bytes / (static_cast<double>(rows) * static_cast<double>(bytes_of_a_row)));
  return {.rows = rows, .held = std::clamp<int64_t>(held, 1, (file.rows() + rows - 1) / rows)};
}

Blocks::Blocks(std::unique_ptr<RowFile> file, std::vector<int64_t> rows, Description description, BlockSizes sizes,
               Reopen reopen)
    : file_(std::move(file)),
      reopen_(std::move(reopen)),
      rows_(std::move(rows)),
      description_(std::move(description)),
      rows_of_a_block_(sizes.rows),
      row_(numel(description_.shape)),
      bytes_(stays_bytes(description_, file_->holds_bytes())),
      slots_(static_cast<size_t>(sizes.held)) {
  block_of_.assign(static_cast<size_t>((file_->rows() + rows_of_a_block_ - 1) / rows_of_a_block_), -1);
  for (size_t datum = 0; datum < rows_.size(); ++datum) {
    int64_t& block = block_of_[static_cast<size_t>(rows_[datum] / rows_of_a_block_)];
    if (block >= 0) continue;
    block = static_cast<int64_t>(starts_.size());
    starts_.push_back(static_cast<int64_t>(datum));
  }
  starts_.push_back(static_cast<int64_t>(rows_.size()));
  slot_.assign(static_cast<size_t>(count()), -1);
  afterwards_.assign(static_cast<size_t>(count()), -1);
}

Array Blocks::read(std::span<const int64_t> rows) {
  try {
    if (file_) return gathered(*file_, rows, description_);
  } catch (const formats::ChangedData&) {
    if (!reopen_) throw;
    file_.reset();  // HDF5 keeps what it has read of a file while that is open
  }
  file_ = reopen_();
  return gathered(*file_, rows, description_);
}

Blocks::Slot& Blocks::load(int64_t block) {
  Slot& slot =
      *std::min_element(slots_.begin(), slots_.end(), [](const Slot& a, const Slot& b) { return a.used < b.used; });
  if (slot.block >= 0) slot_[static_cast<size_t>(slot.block)] = -1;
  slot = {};  // its memory goes before the next is read
  slot.values =
      read(std::span(rows_).subspan(static_cast<size_t>(begin(block)), static_cast<size_t>(end(block) - begin(block))));
  slot.block = block;
  slot_[static_cast<size_t>(block)] = static_cast<int32_t>(&slot - slots_.data());
  if (const int64_t next = afterwards_[static_cast<size_t>(block)]; next >= 0) {
    const int64_t first = rows_[static_cast<size_t>(begin(next))], last = rows_[static_cast<size_t>(end(next) - 1)];
    file_->expect(first, last + 1 - first);
  }
  return slot;
}

Blocks::Slot& Blocks::slot_of(int64_t block) {
  const int32_t place = slot_[static_cast<size_t>(block)];
  Slot& slot = place >= 0 ? slots_[static_cast<size_t>(place)] : load(block);
  slot.used = ++clock_;
  return slot;
}

const Array& Blocks::block(int64_t block) { return slot_of(block).values; }

std::variant<const uint8_t*, const float*> Blocks::row(int64_t datum) {
  const int64_t block = block_of_[static_cast<size_t>(rows_[static_cast<size_t>(datum)] / rows_of_a_block_)];
  const Array& values = slot_of(block).values;
  const int64_t at = (datum - begin(block)) * row_;
  if (bytes_) return std::get<std::vector<uint8_t>>(values.values).data() + at;
  return std::get<std::vector<float>>(values.values).data() + at;
}

void Blocks::expect(std::span<const int64_t> order) {
  std::fill(afterwards_.begin(), afterwards_.end(), -1);
  for (size_t i = 0; i + slots_.size() < order.size(); ++i)
    afterwards_[static_cast<size_t>(order[i])] = order[i + slots_.size()];
}

}  // namespace elbo::host::data
