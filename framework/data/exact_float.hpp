#pragma once
#include <concepts>
#include <string>

#include <elbo/error.hpp>

namespace elbo::data {

/// The value as a float. Throws UserError naming `where` for an integer that float32 cannot hold.
template <class T>
float exact_float(T value, const std::string& where) {
  if constexpr (std::integral<T>)
    if (value > T{0} ? static_cast<unsigned long long>(value) > (1ull << 24)
                     : static_cast<long long>(value) < -(1ll << 24))
      throw UserError(where + ": holds the integer " + std::to_string(value) +
                      "; expected at most 2^24 in size, which 32-bit floats hold exactly");
  return static_cast<float>(value);
}

}  // namespace elbo::data
