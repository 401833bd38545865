#include "data/factors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/text.hpp"
#include "data/audit/values.hpp"
#include "data/files/read_verified.hpp"
#include "data/generators/generate.hpp"
#include "data/setting_fault.hpp"
#include "data/splits/row_keys.hpp"

namespace elbo::host::data {
namespace {

/// One factor as it is stored: its value of each row of the file of each part.
struct StoredFactor {
  std::string name;
  std::map<std::string, std::vector<std::string>> texts;
};

[[noreturn]] void refuse(const std::string& name, const std::string& found) {
  throw SettingFault("factors", fmt::format("[dataset] factors has \"{}\", and {}", name, found));
}

/// One column of an array of rows, as an array of its own.
Array column_of(const Array& stored, int64_t column, int64_t width) {
  Array one{.shape = {stored.rows()}, .values = {}};
  if (width == 1) one.table = stored.table;
  one.values = std::visit(
      [&](const auto& values) -> decltype(one.values) {
        std::vector<float> some;
        for (int64_t row = 0; row < stored.rows(); ++row)
          some.push_back(static_cast<float>(values[static_cast<size_t>(row * width + column)]));
        return some;
      },
      stored.values);
  return one;
}

/// A dataset may hold several factors, one a column.
void add_part(const Array& stored, const std::string& part, const std::string& name, const std::string& where,
              std::vector<StoredFactor>& factors) {
  const int64_t width = stored.rows() > 0 ? numel(stored.shape) / stored.rows() : 0;
  if (factors.empty())
    for (int64_t i = 0; i < width; ++i) factors.push_back({width == 1 ? name : fmt::format("{} {}", name, i + 1), {}});
  if (width != static_cast<int64_t>(factors.size()))
    refuse(name, fmt::format("{} holds {} values a row where another part has {}; expected as many", where, width,
                             factors.size()));
  for (int64_t i = 0; i < width; ++i)
    factors[static_cast<size_t>(i)].texts[part] = row_texts(column_of(stored, i, width), where);
}

std::vector<StoredFactor> read_factors(const Description& d, const DataConfig& config, size_t place) {
  const std::string role = factor_role(place), &name = config.factors[place];
  if (std::find(d.columns.begin(), d.columns.end(), name) != d.columns.end())
    refuse(name, "models it, too; expected a column that select leaves out; take it out of one of them");
  std::vector<StoredFactor> factors;
  for (const Description::File& file : d.files) {
    if (!file.role.ends_with(role)) continue;
    const Array stored = for_key("factors", [&] { return read_verified(d, file); });
    add_part(stored, file.role.substr(0, file.role.size() - role.size()), name, name_in(d, file), factors);
  }
  if (factors.empty())
    refuse(name, d.name + " has nothing of that name beside the values; expected a column or dataset");
  return factors;
}

std::map<std::string, int64_t> codes_of(const StoredFactor& factor) {
  std::set<std::string> different;
  for (const auto& [part, texts] : factor.texts) different.insert(texts.begin(), texts.end());
  std::vector<std::string> sorted(different.begin(), different.end());
  sort_names(sorted);
  std::map<std::string, int64_t> codes;
  for (const std::string& one : sorted) codes.emplace(one, static_cast<int64_t>(codes.size()));
  return codes;
}

std::vector<int64_t> coded(const StoredFactor& factor, const std::map<std::string, int64_t>& codes,
                           const std::string& part, const std::vector<int64_t>& rows) {
  std::vector<int64_t> values;
  if (rows.empty()) return values;
  const auto texts = factor.texts.find(part);
  for (const int64_t row : rows) {
    if (texts == factor.texts.end() || row >= static_cast<int64_t>(texts->second.size()))
      refuse(factor.name, fmt::format("there is no value of it for row {} of the data; expected one each", row + 1));
    values.push_back(codes.at(texts->second[static_cast<size_t>(row)]));
  }
  return values;
}

/// Measures of factors count how often each value occurs.
void check_values(const StoredFactor& factor, size_t values, size_t rows) {
  constexpr size_t few = 20;
  if (values > few && values > rows / 4)
    refuse(factor.name,
           fmt::format("holds {} different values in {} rows; expected a factor of few values, each of many "
                       "rows; round it, or leave it out",
                       values, rows));
}

void add(const StoredFactor& factor, const Description& d, Dataset& dataset) {
  const auto codes = codes_of(factor);
  size_t rows = 0;
  for (const auto& [part, texts] : factor.texts) rows += texts.size();
  check_values(factor, codes.size(), rows);
  const std::string pool = d.shuffle ? "" : "train_";
  std::vector<int64_t> train = coded(factor, codes, pool, dataset.train.rows);
  if (std::adjacent_find(train.begin(), train.end(), std::not_equal_to<>()) == train.end()) {
    dataset.notes.push_back(fmt::format("factor '{}' is the same for all training data, and is left out", factor.name));
    return;
  }
  dataset.factor_names.push_back(factor.name);
  dataset.train.factors.push_back(std::move(train));
  dataset.valid.factors.push_back(coded(factor, codes, d.valid > 0 ? "valid_" : pool, dataset.valid.rows));
  dataset.test.factors.push_back(coded(factor, codes, d.shuffle ? "" : "test_", dataset.test.rows));
}

}  // namespace

bool has_factors(const Description& d) {
  if (d.format == "generated") return !generated_factors(d.generator).empty();
  return std::any_of(d.files.begin(), d.files.end(),
                     [](const Description::File& file) { return file.role.find("factor") != std::string::npos; });
}

void set_factors(const Description& d, const DataConfig& config, Dataset& dataset) {
  for (size_t place = 0; place < config.factors.size(); ++place)
    for (const StoredFactor& factor : for_key("factors", [&] { return read_factors(d, config, place); }))
      add(factor, d, dataset);
  if (dataset.factor_names.empty())
    refuse(config.factors[0], "each factor is the same for all training data; expected some that differ; leave it out");
}

}  // namespace elbo::host::data
