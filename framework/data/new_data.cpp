#include "data/new_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <elbo/error.hpp>

#include "base/images/image_file.hpp"
#include "base/text.hpp"
#include "data/audit/values.hpp"
#include "data/blocks.hpp"
#include "data/condition.hpp"
#include "data/files/read_verified.hpp"
#include "data/new_columns.hpp"
#include "data/own_images.hpp"
#include "data/splits/row_keys.hpp"
#include "formats/format.hpp"
#include "formats/images/image_folder.hpp"
#include "formats/images/sized.hpp"

namespace elbo::host::data {
namespace fs = std::filesystem;
using formats::Format;
namespace {

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

/// Why an image is none of the run's; empty where it may be one. Grey ones may lie beside those in colour.
std::string why_unlike(const ImageHeader& image, const Description& d) {
  if (image.colour && d.shape.at(0) == 1) return "is in colour; expected a grey one";
  if (d.support == Support::levels && (int64_t{1} << image.bits) > d.levels)
    return fmt::format("has {} bits a value; expected {}", image.bits, d.levels > 256 ? 16 : 8);
  std::string fault;
  const auto made = formats::size_made({image.height, image.width}, d.images, fault);
  if (!fault.empty()) return fault + "; expected an image for which that can be done";
  if (made.height == d.shape.at(1) && made.width == d.shape.at(2)) return "";
  return fmt::format("is {} x {}; expected {} x {}", made.height, made.width, d.shape[1], d.shape[2]);
}

/// One odd image among many says nothing of itself once they are one array.
void check_images(const fs::path& folder, const Description& d) {
  std::string odd, why;
  size_t count = 0;
  const auto files = formats::find_images(folder).files;
  for (const fs::path& file : files)
    if (std::string found = why_unlike(ImageFile(file).header(), d); !found.empty() && count++ == 0)
      odd = file.string(), why = std::move(found);
  if (count > 0)
    throw UserError(fmt::format("{}: {}, as those that the run was trained on; convert it or take it away{}", odd, why,
                                count > 1 ? fmt::format("; {} of the {} images do not fit", count, files.size()) : ""));
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

DataBefore data_before(const DataConfig& config, const Dataset& dataset, std::vector<Column> columns) {
  DataBefore before{.description = description_of(config),
                    .columns = std::move(columns),
                    .condition = dataset.condition,
                    .unseen = dataset.unseen};
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

namespace {

/// Columns that are given are none of the model's, and are not left out either.
std::vector<formats::TableColumn> with_what_is_given(const DataBefore& before) {
  std::vector<formats::TableColumn> table = before.table;
  for (const ConditionColumn& column : before.condition)
    table.push_back({.name = column.name, .kind = "category", .left_out = "is given"});
  return table;
}

NewData read_values(const Format& format, const DataBefore& before, const NewFile& file) {
  const Description& d = before.description;
  const bool is_table = format.part_key == "columns" && !before.table.empty();
  if (is_table && !file.select.empty())
    throw UserError(file.path.string() +
                    ": select has no effect on a table, whose columns are found by the names that the run's data have; "
                    "leave it out");
  const std::string part = is_table ? "" : part_in(format, before, file);
  const std::vector<formats::TableColumn> table = with_what_is_given(before);
  if (auto rows = large_rows(format, part, before, file)) return in_blocks(std::move(rows), before, file);
  formats::Request request{.path = file.path,
                           .part = part,
                           .values = numel(d.shape),
                           .missing_values = d.missing_values,
                           .images = d.images,
                           .as_before = is_table ? &table : nullptr};
  request.missing_values.insert(request.missing_values.end(), file.missing_values.begin(), file.missing_values.end());
  if (format.is_image_folder && d.shape.size() == 3) check_images(file.path, d);
  Array x = formats::read_with(format, request);
  const std::string where = file.path.string() + (part.empty() ? "" : ":" + part);
  NewData data{.split = {.x = {}, .labels = {}, .exact_log_px = {}}, .rows = x.rows(), .notes = x.notes};
  order_columns(x, d.columns, where, data.notes);
  take_shape(x, before, file, where);
  if (format.is_image_folder)
    for (const fs::path& image : formats::find_images(file.path).files)
      data.names.push_back(fs::path(image).lexically_relative(file.path).string());
  if (d.masked) data.split.rows = all_rows(x.rows());
  else leave_out_incomplete(x, data, where);
  check_values(x, {d, before.table, before.columns}, data.split.rows, where);
  if (!before.table.empty()) say_what_is_beyond(x, kept_columns(before), data.notes);
  conform(x, d, 0, where);
  x.columns.clear();
  x.table.clear();
  data.split.x = std::move(x);
  return data;
}

/// Where a file like the run's has what is given: a column, or a dataset by the name that it has there.
std::string part_of_condition(const DataBefore& before, size_t place) {
  for (const auto& file : before.description.files)
    if (file.role.ends_with(condition_role(place))) return file.dataset;
  for (const auto& file : before.description.files)
    if (file.role.ends_with("labels")) return file.dataset;
  return before.condition[place].name;
}

std::vector<double> new_condition(const Format& format, const DataBefore& before, const NewFile& file, size_t place,
                                  const std::vector<int64_t>& rows, std::vector<std::string>& notes) {
  const ConditionColumn& column = before.condition[place];
  if (const auto given = file.given.find(column.name); given != file.given.end())
    return std::vector(rows.size(), named_value(before.condition, column.name, given->second));
  const std::string part = part_of_condition(before, place);
  const bool can_have = format.part_key == "columns" || format.is_image_folder || format.parts;
  if (!can_have || (format.has && !part.empty() && !format.has(file.path, part)))
    throw UserError(
        fmt::format("{}: has no '{}', which this run is given of each data point; expected a file with it, "
                    "or --given {}=VALUE for all of its rows",
                    file.path.string(), part.empty() ? column.name : part, column.name));
  const std::string where = file.path.string() + (part.empty() ? "" : ":" + part);
  const Array stored = formats::read_with(format, {.path = file.path,
                                                   .part = part,
                                                   .labels = true,
                                                   .as_text = part != "labels",
                                                   .may_be_missing = before.unseen > 0,
                                                   .missing_values = before.description.missing_values});
  const auto texts = row_texts(stored, where, before.unseen > 0);
  std::vector<std::string> used;
  for (const int64_t row : rows) {
    if (row >= static_cast<int64_t>(texts.size()))
      throw UserError(fmt::format("{}: has {} values; expected one for each row of the data", where, texts.size()));
    used.push_back(texts[static_cast<size_t>(row)]);
  }
  std::vector<double> values = values_of_texts(column, used, before.unseen);
  if (const auto unknown =
          std::count_if(values.begin(), values.end(), [&](double one) { return is_unknown(column, one); });
      unknown > 0)
    notes.push_back(
        fmt::format("condition '{}': {} of {} rows have no value of it that the training data have, and are "
                    "scored as data of which it is not known",
                    column.name, unknown, values.size()));
  return values;
}

}  // namespace

NewData read_new_data(const DataBefore& before, const NewFile& file) {
  const Format& format = format_for(file);
  for (const auto& [name, text] : file.given) named_value(before.condition, name, text);  // before a large file is read
  NewData data = read_values(format, before, file);
  for (size_t i = 0; i < before.condition.size(); ++i)
    data.split.condition.push_back(new_condition(format, before, file, i, data.split.rows, data.notes));
  return data;
}

}  // namespace elbo::host::data
