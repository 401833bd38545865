#include "data/new_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "data/audit/values.hpp"
#include "data/blocks.hpp"
#include "data/files/read_verified.hpp"
#include "data/own_images.hpp"
#include "formats/format.hpp"
#include "formats/images/image_folder.hpp"

namespace elbo::host::data {
namespace fs = std::filesystem;
using formats::Format;
namespace {

constexpr size_t most_named = 12;

std::string some_of(const std::vector<std::string>& names) {
  if (names.size() <= most_named) return join(names);
  return fmt::format("{} and {} more", join({names.begin(), names.begin() + most_named}), names.size() - most_named);
}

const Format& format_for(const NewFile& file) {
  if (file.format.empty()) return formats::format_of_file(file.path);
  if (const Format* format = formats::find_format(file.format)) return *format;
  throw UserError(fmt::format("{}: there is no format '{}'; expected one of {}", file.path.string(), file.format,
                              join(formats::format_names())));
}

/// Whether data points of that shape can be those of the run, in whatever order their dimensions are.
bool can_be(const Shape& all, const Shape& one) {
  return !all.empty() && all[0] > 0 && numel(all) == all[0] * numel(one);
}

/// The array inside the file: the one that is named, has the name that it has in the run's file, or is the only one of that shape.
std::string part_in(const Format& format, const DataBefore& before, const NewFile& file) {
  if (!file.select.empty()) return file.select;
  if (!format.parts || format.has_main_array) return "";
  for (const auto& known : before.description.files)
    if (known.role == "x" && !known.dataset.empty() && format.has && format.has(file.path, known.dataset))
      return known.dataset;
  std::vector<std::string> fitting, all;
  for (const formats::Part& part : format.parts(file.path)) {
    all.push_back(part.name);
    if (!part.type.empty() && can_be(part.shape, before.description.shape)) fitting.push_back(part.name);
  }
  if (fitting.size() == 1) return fitting[0];
  throw UserError(fmt::format(
      "{}: {}; expected one of data points of shape {}, as the run was trained on; {}", file.path.string(),
      fitting.empty() ? "none of its arrays fits (" + some_of(all) + ")"
                      : "several of its arrays fit (" + some_of(fitting) + ")",
      to_string(before.description.shape), fitting.empty() ? "see elbo data info" : "name it by --set select=NAME"));
}

/// Columns that have names in both files, in the run's order. Without names in the run's file, all are taken as they are.
void order_columns(Array& x, const std::vector<std::string>& wanted, const std::string& where, NewData& data) {
  if (x.columns.empty() || wanted.empty() || x.columns == wanted || x.shape.size() != 2) return;
  std::vector<int64_t> places;
  std::vector<std::string> missing;
  for (const std::string& name : wanted) {
    const auto found = std::find(x.columns.begin(), x.columns.end(), name);
    if (found == x.columns.end()) missing.push_back(name);
    else places.push_back(found - x.columns.begin());
  }
  if (!missing.empty())
    throw UserError(fmt::format("{}: has no column {}; expected the {} columns that the run was trained on", where,
                                some_of(missing), wanted.size()));
  if (const size_t others = x.columns.size() - wanted.size(); others > 0)
    data.notes.push_back(fmt::format("{} of its columns are none of the run's data and are left out", others));
  const auto from = static_cast<int64_t>(x.columns.size());
  std::visit(
      [&](auto& values) {
        std::decay_t<decltype(values)> chosen;
        for (int64_t row = 0; row < x.rows(); ++row)
          for (const int64_t place : places) chosen.push_back(values[static_cast<size_t>(row * from + place)]);
        values = std::move(chosen);
      },
      x.values);
  x.shape[1] = static_cast<int64_t>(wanted.size());
  x.columns = wanted;
}

bool is_channels_last(const Shape& all, const Description& d, const std::string& layout) {
  if (all.size() != 4 || d.shape.size() != 3) return false;
  const bool is_first = all[1] == d.shape[0] && all[2] == d.shape[1] && all[3] == d.shape[2];
  const bool is_last = all[3] == d.shape[0] && all[1] == d.shape[1] && all[2] == d.shape[2];
  if (!layout.empty()) return layout == "channels_last" && is_last;
  return is_last && (!is_first || d.channels_last);
}

/// Rows of values and images of one channel may lack dimensions.
bool has_shape(const Shape& all, const Shape& one) {
  const auto without_ones = [](Shape shape) {
    std::erase(shape, int64_t{1});
    return shape;
  };
  const Shape found(all.begin() + 1, all.end());
  return found.size() <= 1 ? numel(found) == numel(one) : without_ones(found) == without_ones(one);
}

void take_shape(Array& x, const DataBefore& before, const NewFile& file, const std::string& where) {
  const Description& d = before.description;
  if (x.images && d.support == Support::levels && x.images->levels != d.levels)
    throw UserError(
        fmt::format("{}: its images have {} levels; expected {}, as those that the run was trained on; "
                    "convert them, as by mogrify -depth {}",
                    where, x.images->levels, d.levels, d.levels > 256 ? 16 : 8));
  if (x.shape.empty() || x.rows() == 0) throw UserError(where + ": holds no rows; expected data");
  if (is_channels_last(x.shape, d, file.layout)) {
    put_channels_first(x, d.shape);
  } else if (!has_shape(x.shape, d.shape)) {
    const std::string hint =
        x.images && x.shape.size() == 4 && d.shape.size() == 3
            ? x.shape[1] != d.shape[0] ? "; the ones are grey and the others have colour" : "; scale or crop them"
            : "";
    throw UserError(fmt::format("{}: holds {} data points of shape {}; expected {}, as the run was trained on{}", where,
                                x.rows(), to_string(Shape(x.shape.begin() + 1, x.shape.end())), to_string(d.shape),
                                hint));
  }
  x.shape = Shape{x.rows()} + d.shape;
}

std::string in_words(const Column& column) {
  switch (column.support) {
    case Support::binary:
      return "0 or 1";
    case Support::levels:
      return fmt::format("a whole number from 0 to {}", column.levels - 1);
    case Support::counts:
    case Support::simplex_counts:
      return "a count: 0, 1, 2, ...";
    case Support::unit_interval:
      return "a number from 0 to 1";
    case Support::positive:
      return "a number above 0";
    case Support::real:
    case Support::mixed:
      break;
  }
  return "a finite number";
}

/// The name of a code, where it has one.
std::string shown(const DataBefore& before, const std::string& column, double value) {
  for (const formats::TableColumn& known : before.table)
    if (known.name == column && value >= 0 && value < static_cast<double>(known.levels.size()))
      return "'" + known.levels[static_cast<size_t>(value)] + "'";
  return fmt::format("{:g}", value);
}

/// Of rows that begin with `first`.
void check_values(const Array& x, const DataBefore& before, const std::vector<int64_t>& rows,
                  const std::string& where) {
  const Description& d = before.description;
  const std::vector<std::string> names = column_names(d);
  const auto row = static_cast<size_t>(numel(d.shape));
  std::visit(
      [&](const auto& values) {
        for (size_t i = 0; i < values.size(); ++i) {
          const auto value = static_cast<float>(values[i]);
          const size_t j = i % row;
          const Column column = before.columns.empty() ? Column{"", d.support, d.levels} : before.columns[j];
          if (is_allowed(value, column.support, column.levels) || (d.masked && std::isnan(value))) continue;
          const std::string name = j < names.size() ? names[j] : "";
          throw UserError(
              fmt::format("{}: row {}{} holds {}; expected {}, as in the run's data; correct it, or leave the row out",
                          where, rows[i / row], name.empty() ? "" : ", column '" + name + "',",
                          shown(before, name, value), in_words(column)));
        }
      },
      x.values);
}

void leave_out_incomplete(Array& x, NewData& data, const std::string& where) {
  data.split.rows = complete_rows(x);
  const size_t complete = data.split.rows.size(), all = static_cast<size_t>(x.rows());
  if (complete == all) return;
  if (complete == 0)
    throw UserError(where +
                    ": each of its rows has missing values, which the run cannot score; expected rows with all "
                    "values, or a run with dataset.missing = \"mask\" on data that have such rows");
  data.notes.push_back(fmt::format("{} of {} rows have missing values, which the run cannot score, and are left empty",
                                   all - complete, all));
  x = gathered(x, data.split.rows);
}

/// Another unit is a mistake that no set of values shows.
void say_what_is_beyond(const Array& x, const DataBefore& before, NewData& data) {
  const auto* values = std::get_if<std::vector<float>>(&x.values);
  if (before.table.empty() || !values) return;
  const std::vector<formats::TableColumn> columns = kept_columns(before);
  for (size_t j = 0; j < columns.size(); ++j) {
    int64_t beyond = 0;
    float example = 0;
    for (size_t i = j; i < values->size(); i += columns.size())
      if (const float value = (*values)[i]; value < columns[j].low || value > columns[j].high)
        ++beyond, example = value;
    if (beyond > 0 && columns[j].kind == "number")
      data.notes.push_back(
          fmt::format("column '{}': {} of {} rows lie beyond what the run's data have there, {:g} to "
                      "{:g}, as {:g}",
                      columns[j].name, beyond, x.rows(), columns[j].low + columns[j].origin,
                      columns[j].high + columns[j].origin, example + columns[j].origin));
  }
}

std::vector<int64_t> all_rows(int64_t count) {
  std::vector<int64_t> rows(static_cast<size_t>(count));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

/// Values that are checked when they are read.
NewData in_blocks(std::unique_ptr<RowFile> rows, const DataBefore& before, const NewFile& file) {
  const Description& d = before.description;
  NewData data{.split = {.x = {.shape = Shape{rows->rows()} + d.shape, .values = {}},
                         .labels = {},
                         .exact_log_px = {},
                         .rows = all_rows(rows->rows())},
               .rows = rows->rows()};
  const int64_t bytes =
      numel(d.shape) * (stays_bytes(d, rows->holds_bytes()) ? 1 : static_cast<int64_t>(sizeof(float)));
  const BlockSizes sizes = block_sizes(*rows, bytes, file.memory_gb * 1e9);
  data.split.blocks = std::make_shared<Blocks>(std::move(rows), data.split.rows, d, sizes);
  return data;
}

/// The file's rows where they are too many for the memory and can be read without the others; else null.
std::unique_ptr<RowFile> large_rows(const Format& format, const std::string& part, const DataBefore& before,
                                    const NewFile& file) {
  if (!format.open_rows || !before.columns.empty() || file.path.extension() == ".gz") return {};
  auto rows = formats::open_rows(format.name, file.path, part);
  const double bytes = static_cast<double>(numel(rows->shape())) * sizeof(float);
  const bool fits = !is_channels_last(rows->shape(), before.description, file.layout) &&
                    has_shape(rows->shape(), before.description.shape);
  if (!fits || rows->rows() == 0 || bytes <= file.memory_gb * 1e9) return {};
  return rows;
}

}  // namespace

DataBefore data_before(const DataConfig& config, std::vector<Column> columns) {
  DataBefore before{.description = description_of(config), .columns = std::move(columns)};
  const Description& d = before.description;
  before.table = d.table;
  const auto* format = formats::find_format(d.format);
  const bool is_table = format && format->part_key == "columns";
  if (is_table && before.table.empty())
    if (const Description::File* file = file_for(d, d.shuffle ? "x" : "train_x"))
      before.table = read_verified(d, *file).table;
  if (!is_table) before.table.clear();
  return before;
}

std::vector<formats::TableColumn> kept_columns(const DataBefore& before) {
  std::vector<formats::TableColumn> kept;
  for (const formats::TableColumn& column : before.table)
    if (column.left_out.empty()) kept.push_back(column);
  if (!kept.empty() || before.description.shape.size() != 1) return kept;
  for (const std::string& name : column_names(before.description)) kept.push_back({.name = name, .kind = "number"});
  return kept;
}

NewData read_new_data(const DataBefore& before, const NewFile& file) {
  const Format& format = format_for(file);
  const Description& d = before.description;
  const bool is_table = format.part_key == "columns" && !before.table.empty();
  if (is_table && !file.select.empty())
    throw UserError(file.path.string() +
                    ": select has no effect on a table, whose columns are found by the names that the run's data have; "
                    "leave it out");
  const std::string part = is_table ? "" : part_in(format, before, file);
  if (auto rows = large_rows(format, part, before, file)) return in_blocks(std::move(rows), before, file);
  formats::Request request{.path = file.path,
                           .part = part,
                           .values = numel(d.shape),
                           .missing_values = d.missing_values,
                           .images = d.images,
                           .as_before = is_table ? &before.table : nullptr};
  request.missing_values.insert(request.missing_values.end(), file.missing_values.begin(), file.missing_values.end());
  Array x = formats::read_with(format, request);
  const std::string where = file.path.string() + (part.empty() ? "" : ":" + part);
  NewData data{.split = {.x = {}, .labels = {}, .exact_log_px = {}}, .rows = x.rows(), .notes = x.notes};
  order_columns(x, d.columns, where, data);
  take_shape(x, before, file, where);
  if (format.is_image_folder)
    for (const fs::path& image : formats::find_images(file.path).files)
      data.names.push_back(fs::path(image).lexically_relative(file.path).string());
  if (d.masked) data.split.rows = all_rows(x.rows());
  else leave_out_incomplete(x, data, where);
  check_values(x, before, data.split.rows, where);
  say_what_is_beyond(x, before, data);
  conform(x, d, 0, where);
  x.columns.clear();
  x.table.clear();
  data.split.x = std::move(x);
  return data;
}

}  // namespace elbo::host::data
