#include "data/splits/align.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "data/audit/values.hpp"

namespace elbo::host::data {
namespace {

using formats::TableColumn;

bool has_codes(const TableColumn& column) {
  return column.kind == "category" || column.kind == "date" || column.origin != 0;
}

bool is_named(const TableColumn& column) { return column.kind == "category" || column.kind == "flag"; }

bool has_level(const TableColumn& column, const std::string& level) {
  return std::find(column.levels.begin(), column.levels.end(), level) != column.levels.end();
}

/// Whether values of a part can be values of the training data's column.
bool is_alike(const TableColumn& own, const TableColumn& column) {
  if (column.kind == "flag")
    return own.kind == "flag" ||
           (own.kind == "category" &&
            std::all_of(own.levels.begin(), own.levels.end(), [&](const auto& l) { return has_level(column, l); }));
  return own.kind == column.kind || (is_named(own) && is_named(column));
}

template <class Table>
auto kept(Table& table) {
  std::vector<decltype(&table[0])> columns;
  for (auto& column : table)
    if (column.left_out.empty()) columns.push_back(&column);
  return columns;
}

[[noreturn]] void refuse(const Description& d, const Description::File& file, const TableColumn& column) {
  throw UserError(fmt::format(
      "{}: column '{}' holds {}, whose values would differ between the files of training and test data; expected plain "
      "numbers; store all rows in one file, which is split at random, or leave the column out",
      name_in(d, file), column.name,
      column.kind == "category" ? "names"
      : column.kind == "date"   ? "dates"
                                : "numbers far from 0"));
}

/// Of the part's own codes those of all parts: the place of each name.
std::vector<float> places(const std::vector<std::string>& own, const std::vector<std::string>& all) {
  std::vector<float> codes;
  for (const std::string& name : own)
    codes.push_back(static_cast<float>(std::find(all.begin(), all.end(), name) - all.begin()));
  return codes;
}

/// f(value) of each value of the column that is not missing.
template <class F>
void change_column(std::vector<float>& values, size_t columns, size_t column, F&& f) {
  for (size_t i = column; i < values.size(); i += columns)
    if (!std::isnan(values[i])) values[i] = f(values[i]);
}

}  // namespace

void add_levels(const Description::File& file, const std::vector<TableColumn>& table, Description& d) {
  const auto mine = kept(table);
  const auto all = kept(d.table);
  for (size_t i = 0; i < std::min(mine.size(), all.size()); ++i) {
    const TableColumn& own = *mine[i];
    TableColumn& column = *all[i];
    if (own.distinct == 0) continue;
    if (!is_alike(own, column))
      throw UserError(
          fmt::format("{}: column '{}' holds values of kind {}, and of kind {} in the training data; expected one "
                      "kind; correct one of "
                      "the files, or leave the column out",
                      name_in(d, file), own.name, own.kind, column.kind));
    if (column.kind != "category") continue;
    std::vector<std::string> added;
    for (const std::string& level : own.levels)
      if (!has_level(column, level)) added.push_back(level);
    if (added.empty()) continue;
    column.levels.insert(column.levels.end(), added.begin(), added.end());
    std::sort(column.levels.begin(), column.levels.end());
    const size_t count = added.size();
    added.resize(std::min<size_t>(5, count));
    d.notes.push_back(
        fmt::format("{}: column '{}' has {} {} that the training data lack ({}{}): likelihoods have a probability for "
                    "{}, and have never "
                    "seen {}",
                    file.name, column.name, count, count > 1 ? "categories" : "category", join(added),
                    count > 5 ? ", ..." : "", count > 1 ? "them" : "it", count > 1 ? "them" : "it"));
  }
}

void align(const Description& d, const Description::File& file, Array& x) {
  if (file.role == "x") return;
  const auto mine = kept(x.table);
  const auto all = kept(d.table);
  auto* values = std::get_if<std::vector<float>>(&x.values);
  for (size_t i = 0; values && i < mine.size(); ++i) {
    if (i >= all.size()) {
      if (has_codes(*mine[i])) refuse(d, file, *mine[i]);
      continue;
    }
    if (is_named(*mine[i])) {
      if (mine[i]->kind == "flag" && all[i]->kind == "flag") continue;
      const auto codes = places(mine[i]->levels, all[i]->levels);
      change_column(*values, mine.size(), i, [&](float code) { return codes.at(static_cast<size_t>(code)); });
    } else if (mine[i]->origin != all[i]->origin) {
      const double shift = mine[i]->origin - all[i]->origin;
      change_column(*values, mine.size(), i, [&](float value) { return static_cast<float>(value + shift); });
    }
  }
}

}  // namespace elbo::host::data
