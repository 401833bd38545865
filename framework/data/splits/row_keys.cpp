#include "data/splits/row_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <elbo/error.hpp>

#include "data/audit/values.hpp"
#include "data/files/read_verified.hpp"
#include "formats/text/column_values.hpp"
#include "formats/text/field_values.hpp"

namespace elbo::host::data {
namespace {

bool has_names(const Array& stored) { return !stored.table.empty() && !stored.table[0].levels.empty(); }

/// Sorted, each once.
std::vector<std::string> distinct(const std::map<std::string, std::vector<std::string>>& texts) {
  std::vector<std::string> names;
  for (const auto& [part, all] : texts) {
    names.insert(names.end(), all.begin(), all.end());
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
  }
  return names;
}

}  // namespace

std::vector<std::string> row_texts(const Array& stored, const std::string& where, bool may_be_missing) {
  if (stored.shape.empty() || numel(stored.shape) != stored.rows())
    throw UserError(where + ": holds an array " + to_string(stored.shape) + "; expected one value a row");
  std::vector<std::string> texts;
  std::visit(
      [&](const auto& values) {
        for (size_t row = 0; row < values.size(); ++row) {
          const auto value = static_cast<float>(values[row]);
          if (std::isnan(value) && may_be_missing) {
            texts.emplace_back();
            continue;
          }
          if (std::isnan(value))
            throw UserError(
                fmt::format("{}: row {} has no value; expected one for each row; leave the row out", where, row + 1));
          texts.push_back(has_names(stored) ? stored.table[0].levels.at(static_cast<size_t>(value))
                                            : fmt::format("{}", value));
        }
      },
      stored.values);
  return texts;
}

RowKeys read_keys(const Description& d, const std::string& kind) {
  RowKeys keys;
  std::map<std::string, std::vector<std::string>> texts;
  for (const Description::File& file : d.files) {
    if (!file.role.ends_with(kind)) continue;
    const Array stored = read_verified(d, file);
    texts[file.role.substr(0, file.role.size() - kind.size())] =
        row_texts(stored, name_in(d, file), kind.starts_with("condition"));
    keys.are_names = keys.are_names || has_names(stored);
    if (keys.column.empty()) keys.column = file.dataset.empty() ? file.name : file.dataset;
  }
  keys.names = distinct(texts);
  for (const auto& [part, all] : texts)
    for (const std::string& text : all)
      keys.codes[part].push_back(std::lower_bound(keys.names.begin(), keys.names.end(), text) - keys.names.begin());
  return keys;
}

void sort_names(std::vector<std::string>& names) {
  using formats::plain_number;
  std::sort(names.begin(), names.end());
  if (std::all_of(names.begin(), names.end(), [](const std::string& one) { return plain_number(one).has_value(); }))
    std::stable_sort(names.begin(), names.end(),
                     [](const std::string& a, const std::string& b) { return *plain_number(a) < *plain_number(b); });
}

std::vector<int64_t> ranks_in_time(const std::vector<std::string>& names, const std::string& where) {
  using formats::ColumnKind;
  const std::vector<std::string> none;
  formats::ColumnValues values(none);
  for (const std::string& name : names) values.look(name, 0);
  const auto refuse = [&](const std::string& found) {
    throw UserError(fmt::format(
        "{} cannot be ordered: it holds {}; expected numbers, dates or times alone; write dates as year-month-day, or "
        "take another column",
        where, found));
  };
  try {
    values.decide("", "", false, false);
  } catch (const UserError&) {
    refuse("numbers and words");  // decide() would name a line, of which nothing is known here
  }
  if (values.kind() == ColumnKind::text && values.why_text().starts_with("dates")) refuse(values.why_text());
  const bool are_names =
      values.kind() == ColumnKind::text || values.kind() == ColumnKind::category || values.kind() == ColumnKind::flag;
  if (are_names && !names.empty()) refuse("'" + names[0].substr(0, 40) + "'");
  std::vector<double> times;
  for (const std::string& name : names) times.push_back(values.value(name).value_or(NAN));
  for (size_t i = 0; i < names.size(); ++i)
    if (std::isnan(times[i])) refuse("'" + names[i].substr(0, 40) + "'");
  std::vector<double> sorted = times;
  std::sort(sorted.begin(), sorted.end());
  std::vector<int64_t> ranks;
  for (const double time : times)
    ranks.push_back(std::lower_bound(sorted.begin(), sorted.end(), time) - sorted.begin());
  return ranks;
}

}  // namespace elbo::host::data
