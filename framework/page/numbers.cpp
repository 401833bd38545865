#include "page/numbers.hpp"

#include <openssl/evp.h>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "metrics/summary.hpp"

namespace elbo::host::page {
using Json = nlohmann::ordered_json;

Json short_number(double value) {
  if (!std::isfinite(value)) return {};
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return std::strtod(text, nullptr);  // JSON then writes the shortest text that gives this number
}

Json short_numbers(std::span<const double> values) {
  Json all = Json::array();
  for (const double v : values) all.push_back(short_number(v));
  return all;
}

std::vector<size_t> thinned(size_t size, size_t most) {
  std::vector<size_t> places;
  const size_t count = std::min(size, std::max<size_t>(2, most));
  for (size_t i = 0; i < count; ++i) places.push_back(count < 2 ? 0 : i * (size - 1) / (count - 1));
  return places;
}

std::string base64(std::span<const std::byte> bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

namespace {

constexpr size_t bins = 40, most_pairs = 200;

Json histogram(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t tail = values.size() / 200;
  const double low = values[tail], high = values[values.size() - 1 - tail];
  const double step = high > low ? (high - low) / bins : 1;
  std::vector<int64_t> counts(bins, 0);
  int64_t below = 0, above = 0;
  for (const double v : values) {
    if (v < low) ++below;
    else if (v > high) ++above;
    else ++counts[std::min(bins - 1, static_cast<size_t>((v - low) / step))];
  }
  return {
      {"low", short_number(low)}, {"step", short_number(step)}, {"counts", counts}, {"below", below}, {"above", above}};
}

const report::VariantRow& row_named(const report::Ranking& ranking, const std::string& variant) {
  return *std::find_if(ranking.rows.begin(), ranking.rows.end(),
                       [&](const auto& row) { return row.variant == variant; });
}

}  // namespace

Json histograms_json(const report::Ranking& ranking) {
  const Metric* metric = find_metric(ranking.value);
  const std::string heading = metric ? metric->heading() : ranking.value;
  Json all = Json::array();
  for (const report::Pair& pair : ranking.pairs) {
    if (all.size() == most_pairs) break;
    const auto values = differences_of(row_named(ranking, pair.better), row_named(ranking, pair.worse), ranking.value);
    if (values.size() < 2) continue;
    Json one = {{"a", pair.better}, {"b", pair.worse}, {"value", heading}};
    one.update(histogram(values));
    all.push_back(one);
  }
  return all;
}

}  // namespace elbo::host::page
