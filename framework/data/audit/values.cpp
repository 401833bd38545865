#include "data/audit/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <elbo/error.hpp>

#include "data/files/read_verified.hpp"

namespace elbo::host::data {
namespace {

constexpr float most_label = 1 << 24;  // from here on floats merge whole numbers

/// Bytes whatever they are: grey images of 256 levels, the largest files there are, need no look at each value.
bool all_bytes_allowed(const Description& d) {
  return (d.support == Support::levels && d.levels >= 256) || d.support == Support::counts ||
         d.support == Support::simplex_counts || d.support == Support::real;
}

}  // namespace

bool is_allowed(float value, Support support, int64_t levels) {
  const bool whole = value >= 0 && std::floor(value) == value;
  switch (support) {
    case Support::binary:
      return value == 0 || value == 1;
    case Support::levels:
      return whole && value < static_cast<float>(levels);
    case Support::counts:
    case Support::simplex_counts:
      return whole && std::isfinite(value);
    case Support::unit_interval:
      return value >= 0 && value <= 1;
    case Support::positive:
      return value > 0 && std::isfinite(value);
    case Support::real:
    case Support::mixed:
      return std::isfinite(value);
  }
  return false;
}

Array gathered(const Array& all, const std::vector<int64_t>& rows) {
  const int64_t row = all.rows() > 0 ? numel(all.shape) / all.rows() : 0;
  Array chosen{.shape = all.shape, .values = {}};
  chosen.shape[0] = static_cast<int64_t>(rows.size());
  std::visit([&](const auto& values) { chosen.values = gathered(values, rows, row); }, all.values);
  return chosen;
}

const Description::File* file_for(const Description& d, const std::string& role) {
  for (const Description::File& file : d.files)
    if (file.role == role) return &file;
  return nullptr;
}

bool has_labels(const Description& d) {
  return file_for(d, "labels") || (file_for(d, "train_labels") && file_for(d, "test_labels"));
}

std::string name_in(const Description& d, const Description::File& file) {
  if (std::filesystem::path(file.name).is_absolute()) return file.name;  // one of several, each of a part
  return d.name + " (" + file.name + (file.dataset.empty() || file.dataset.starts_with('/') ? "" : ": ") +
         file.dataset + ")";
}

bool stays_bytes(const Description& d, bool stored_as_bytes) {
  if (d.support == Support::levels) return d.levels <= 256;
  return d.support == Support::binary || (stored_as_bytes && measure_of(d.support) != Measure::lebesgue);
}

std::vector<int64_t> complete_rows(const Array& x) {
  const auto* values = std::get_if<std::vector<float>>(&x.values);
  const int64_t row = x.rows() > 0 ? numel(x.shape) / x.rows() : 0;
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < x.rows(); ++i)
    if (!values ||
        std::none_of(values->begin() + i * row, values->begin() + (i + 1) * row, [](float v) { return std::isnan(v); }))
      rows.push_back(i);
  return rows;
}

void conform(Array& x, const Description& d, int64_t first, const std::string& where,
             const std::vector<int64_t>& rows) {
  if (std::holds_alternative<std::vector<uint8_t>>(x.values) && all_bytes_allowed(d) &&
      measure_of(d.support) != Measure::lebesgue)
    return;
  std::visit(
      [&](const auto& values) {
        const int64_t row = numel(d.shape);
        for (size_t i = 0; i < values.size(); ++i)
          if (!is_allowed(static_cast<float>(values[i]), d.support, d.levels) &&
              !(d.masked && std::isnan(static_cast<float>(values[i]))))
            throw UserError(fmt::format(
                "{}: data point {}{} holds {}; expected values of support {}{}; correct the file or the support", where,
                rows.empty() ? first + static_cast<int64_t>(i) / row : rows[i / static_cast<size_t>(row)],
                d.columns.empty() ? "" : ", column '" + d.columns[i % d.columns.size()] + "',", values[i],
                to_string(d.support), d.support == Support::levels ? fmt::format(" (0 to {})", d.levels - 1) : ""));
      },
      x.values);
  if (auto* bytes = std::get_if<std::vector<uint8_t>>(&x.values)) {
    if (!stays_bytes(d, true)) x.values = std::vector<float>(bytes->begin(), bytes->end());
  } else if (stays_bytes(d, false)) {
    const auto& floats = std::get<std::vector<float>>(x.values);
    x.values = std::vector<uint8_t>(floats.begin(), floats.end());
  }
}

void check_shape(const Shape& found, const Shape& expected, const std::string& where) {
  if (found[0] != expected[0] || numel(found) != numel(expected))
    throw UserError(where + ": holds an array " + to_string(found) + "; expected " + to_string(expected) +
                    "; correct shape or splits of the description, or the file");
}

namespace {

/// The names that the labels of any part have, in alphabetical order: a part may lack some.
std::vector<std::string> names_of_all_parts(const Description& d, const Description::File& file,
                                            std::vector<std::string> names) {
  for (const Description::File& other : d.files) {
    if (!other.role.ends_with("labels") || other.role == file.role) continue;
    const Array part = read_verified(d, other);
    if (part.table.empty() || part.table[0].levels.empty())
      throw UserError(
          fmt::format("{} has names for labels and {} has numbers; expected one kind; correct one of the files",
                      name_in(d, file), name_in(d, other)));
    names.insert(names.end(), part.table[0].levels.begin(), part.table[0].levels.end());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

/// Codes of the file's own names as codes of those of all parts.
void recode(std::vector<int64_t>& labels, const std::vector<std::string>& own, const std::vector<std::string>& all) {
  std::vector<int64_t> codes;
  for (const std::string& name : own) codes.push_back(std::lower_bound(all.begin(), all.end(), name) - all.begin());
  for (int64_t& label : labels) label = codes.at(static_cast<size_t>(label));
}

}  // namespace

std::vector<int64_t> read_labels(const Description& d, const std::string& role, int64_t rows) {
  const Description::File* file = file_for(d, role);
  if (!file) return {};
  const Array stored = read_verified(d, *file);
  const std::string where = name_in(d, *file);
  if (stored.rows() != rows || numel(stored.shape) != rows)
    throw UserError(where + ": holds an array " + to_string(stored.shape) + "; expected " + std::to_string(rows) +
                    " labels");
  std::vector<int64_t> labels = std::visit(
      [&](const auto& values) {
        std::vector<int64_t> labels;
        for (const auto value : values) {
          const auto label = static_cast<float>(value);
          if (std::floor(label) != label || !(std::abs(label) < most_label))
            throw UserError(
                where +
                fmt::format(": holds the label {}; expected names or whole numbers below 2^24 in size; take another "
                            "column for labels, or leave labels out",
                            label));
          labels.push_back(static_cast<int64_t>(label));
        }
        return labels;
      },
      stored.values);
  if (!stored.table.empty() && !stored.table[0].levels.empty())
    recode(labels, stored.table[0].levels, names_of_all_parts(d, *file, stored.table[0].levels));
  return labels;
}

}  // namespace elbo::host::data
