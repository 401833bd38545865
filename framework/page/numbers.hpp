// Numbers as the page holds them: few, short, and JSON.
#pragma once
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

namespace elbo::host::page {

/// Six significant digits; null for what JSON cannot say (NaN, infinities).
nlohmann::ordered_json short_number(double value);
nlohmann::ordered_json short_numbers(std::span<const double> values);

/// At most `most` places of 0 .. size - 1 at equal steps, the first and the last among them.
std::vector<size_t> thinned(size_t size, size_t most);

/// Bytes as a data URI can hold them (RFC 4648).
std::string base64(std::span<const std::byte> bytes);

}  // namespace elbo::host::page
