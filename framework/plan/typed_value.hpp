// JSON says of an empty list only that it is empty, so plans write its type instead of it.
#pragma once
#include <elbo/options.hpp>

namespace elbo::host {

inline constexpr const char* list_names[] = {"integers", "numbers", "strings"};

/// "integers", "numbers" or "strings" for an empty list of these; null for any other value.
inline const char* empty_list_type(const Value& value) {
  static const size_t first_list = Value(std::vector<int64_t>()).index();
  const bool is_empty_list = std::visit(
      [](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (requires { v.empty(); } && !std::is_same_v<T, std::string>) return v.empty();
        else return false;
      },
      value);
  return is_empty_list ? list_names[value.index() - first_list] : nullptr;
}

}  // namespace elbo::host
