// Numbers as the page holds them: few, short, and JSON.
#pragma once
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "report/comparison.hpp"

namespace elbo::host::page {

/// Six significant digits; null for what JSON cannot say (NaN, infinities).
nlohmann::ordered_json short_number(double value);
nlohmann::ordered_json short_numbers(std::span<const double> values);

/// At most `most` places of 0 .. size - 1 at equal steps, the first and the last among them.
std::vector<size_t> thinned(size_t size, size_t most);

/// Bytes as a data URI can hold them (RFC 4648).
std::string base64(std::span<const std::byte> bytes);

/// For each pair of a ranking, how often which difference of one test data point occurs:
/// {"a", "b", "value", "low", "step", "counts", "below", "above"}; the bins hold the inner 99 %.
nlohmann::ordered_json histograms_json(const report::Ranking& ranking);

}  // namespace elbo::host::page
