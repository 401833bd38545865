#include "data/gather.hpp"

#include <algorithm>
#include <numeric>

#include "data/values.hpp"

namespace elbo::data {
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
  Array all = empty(static_cast<int64_t>(rows.size()), d, stays_bytes(d.support, file.holds_bytes()));
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

}  // namespace elbo::data
