#include "base/csv.hpp"

#include <fmt/format.h>

#include <cmath>

namespace elbo::host {

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n#") == std::string::npos) return text;  // "#" begins a comment where it is not quoted
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

std::string csv_field(double value) { return std::isnan(value) ? "" : fmt::format("{}", value); }

}  // namespace elbo::host
