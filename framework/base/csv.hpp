// Fields of tables in text that other programs read.
#pragma once
#include <string>

namespace elbo::host {

/// In quotes where it holds what separates fields (RFC 4180).
std::string csv_field(const std::string& text);
/// As few digits as bring the number back; nothing for nan.
std::string csv_field(double value);

}  // namespace elbo::host
