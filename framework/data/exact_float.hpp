#pragma once
#include <cmath>
#include <concepts>
#include <string>

#include <elbo/error.hpp>

namespace elbo::data {

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

}  // namespace elbo::data
