// Data are kept in 32-bit floats: whether these hold a number of a file, and tell its numbers apart.
#pragma once
#include <cmath>
#include <concepts>
#include <cstdint>
#include <string>
#include <vector>

#include <elbo/error.hpp>

namespace elbo::host::formats {

/// The value as a float. Throws UserError naming `where` for an integer that float32 cannot hold, and for a number beyond its
/// range. How close together numbers may be is FloatPrecision's concern.
template <class T>
float exact_float(T value, const std::string& where) {
  if constexpr (std::integral<T>)
    if (value > T{0} ? static_cast<unsigned long long>(value) > (1ull << 24)
                     : static_cast<long long>(value) < -(1ll << 24))
      throw UserError(where + ": holds the integer " + std::to_string(value) +
                      "; expected at most 2^24 in size, which 32-bit floats hold exactly");
  const auto narrow = static_cast<float>(value);
  if constexpr (std::is_same_v<T, double>)
    if (std::isinf(narrow) && !std::isinf(value))
      throw UserError(where + ": holds the number " + std::to_string(value) +
                      "; expected at most 3.4e38 in size, as 32-bit floats hold");
  return narrow;
}

/// Looks at whole rows of an array of 64-bit numbers: all of a small one, runs of neighbouring rows of a large one.
class FloatPrecision {
 public:
  FloatPrecision(int64_t rows, int64_t values_of_a_row);

  /// The values in row-major order, from the first row on.
  void add(double value) {
    if (chosen_) sample_.push_back(value);
    if (++in_row_ == row_) next_row();
  }

  /// Throws UserError naming `where` and the column when 32-bit floats merge values of it or are coarse beside their spread.
  /// `names` are those of the columns, where there are any.
  void check(const std::string& where, const std::vector<std::string>& names = {}) const;

 private:
  void next_row();

  int64_t rows_, row_, run_, stride_, at_ = 0, in_row_ = 0;
  bool chosen_;
  std::vector<double> sample_;
};

}  // namespace elbo::host::formats
