#include "page/histogram.hpp"

#include <algorithm>
#include <cmath>

#include "metrics/summary.hpp"
#include "page/numbers.hpp"

namespace elbo::host::page {
using Json = nlohmann::ordered_json;
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
