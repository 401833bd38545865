#include "formats/float_precision.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <elbo/error.hpp>

namespace elbo::host::formats {
namespace {

constexpr int64_t runs = 16, most_rows = 1024, values_of_the_sample = int64_t{1} << 24;
constexpr size_t one_lost_of = 20;  // distinct numbers: fewer are chance among values that are close together anyway
constexpr double coarse = 1e-3;     // steps of a float, in parts of the spread of the middle half
constexpr double rounding_error =
    6e-14;  // relative: numbers this close differ by what computed them, unless they are whole

float narrowed(double value) { return static_cast<float>(value); }

bool is_held(double value) { return static_cast<double>(narrowed(value)) == value; }

/// Between a number's float and the next.
double step_at(double value) {
  const float size = std::abs(narrowed(value));
  return static_cast<double>(std::nextafter(size, std::numeric_limits<float>::infinity())) - static_cast<double>(size);
}

bool are_distinct(double a, double b) {
  const bool whole = std::floor(a) == a && std::floor(b) == b;
  return whole ? a != b : std::abs(b - a) > rounding_error * std::max(std::abs(a), std::abs(b));
}

/// Numbers too small for a float are told apart once they are larger, others once they are smaller.
[[noreturn]] void refuse_precision(const std::string& what, const std::string& found, double least, double most) {
  const double size = std::max(std::abs(least), std::abs(most));
  const std::string remedy =
      size < static_cast<double>(std::numeric_limits<float>::min()) / coarse
          ? fmt::format("multiply them by a constant such as 1e{:.0f}", -std::floor(std::log10(size)))
          : fmt::format("subtract a constant such as {:.15g} from them", least);
  throw UserError(
      fmt::format("{} {}; expected numbers that 32-bit floats tell apart (24 binary digits); {}, or leave them out",
                  what, found, remedy));
}

/// `sorted`: the numbers of a column, some of which no float holds.
void check_sorted(const std::vector<double>& sorted, const std::string& what) {
  size_t distinct = 1, lost = 0, example = 0;
  for (size_t i = 1; i < sorted.size(); ++i) {
    if (!are_distinct(sorted[i - 1], sorted[i])) continue;
    ++distinct;
    if (narrowed(sorted[i - 1]) != narrowed(sorted[i])) continue;
    ++lost;
    example = i;
  }
  if (lost > 0 && lost * one_lost_of >= distinct)
    refuse_precision(what,
                     fmt::format("holds {:.17g} and {:.17g}, which become the same number there ({:.9g})",
                                 sorted[example - 1], sorted[example], narrowed(sorted[example])),
                     sorted.front(), sorted.back());
  const double low = sorted[sorted.size() / 4], high = sorted[sorted.size() * 3 / 4];
  const double step = std::max(step_at(low), step_at(high));
  if (are_distinct(low, high) && step > coarse * (high - low))
    refuse_precision(
        what,
        fmt::format("holds numbers such as {:.17g} and {:.17g}, between which there are only {:.0f} others there", low,
                    high, (high - low) / step - 1),
        sorted.front(), sorted.back());
}

}  // namespace

FloatPrecision::FloatPrecision(int64_t rows, int64_t values_of_a_row)
    : rows_(rows), row_(std::max<int64_t>(1, values_of_a_row)) {
  const int64_t wanted = std::clamp<int64_t>(values_of_the_sample / row_, 2, most_rows);
  run_ = rows <= wanted ? 1 : std::max<int64_t>(1, wanted / runs);
  stride_ = rows <= wanted ? 1 : std::max<int64_t>(run_, rows / runs);
  chosen_ = rows > 0;
}

void FloatPrecision::next_row() {
  in_row_ = 0;
  ++at_;
  chosen_ = at_ < rows_ && at_ % stride_ < run_;
}

void FloatPrecision::check(const std::string& where, const std::vector<std::string>& names) const {
  const auto row = static_cast<size_t>(row_);
  std::vector<double> column;
  for (size_t i = 0; i < row; ++i) {
    column.clear();
    bool all_held = true;
    for (size_t at = i; at < sample_.size(); at += row) {
      if (!std::isfinite(sample_[at])) continue;
      column.push_back(sample_[at]);
      all_held = all_held && is_held(sample_[at]);
    }
    if (all_held) continue;
    std::sort(column.begin(), column.end());
    check_sorted(column, fmt::format("{}: {}", where,
                                     names.size() == row ? "column '" + names[i] + "'"
                                     : row == 1          ? std::string("it")
                                                         : fmt::format("value {} of a row", i + 1)));
  }
}

}  // namespace elbo::host::formats
