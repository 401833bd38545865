// A description made of a file or folder of the user's.
#include "data/description.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "data/audit/leakage.hpp"
#include "data/audit/values.hpp"
#include "data/factors.hpp"
#include "data/files/read_verified.hpp"
#include "data/files/scan.hpp"
#include "data/own_files.hpp"
#include "data/own_images.hpp"
#include "data/setting_fault.hpp"
#include "data/splits/divide.hpp"
#include "data/splits/row_keys.hpp"
#include "formats/format.hpp"

namespace elbo::host::data {
namespace fs = std::filesystem;
using File = Description::File;
using formats::Format;
namespace {

Shape shape_of_one(const Shape& all) {
  if (all.size() == 1) return {1};
  Shape shape(all.begin() + 1, all.end());
  if (shape.size() == 2) shape.insert(shape.begin(), 1);
  return shape;
}

// Bytes are grey levels unless they are all 0 or 1. Floats are what `observe` says, where they can be: the file
// cannot tell.
Support support_of(const Range& values, const std::string& observe, int64_t levels) {
  if (observe == "counts") return Support::counts;
  if (levels > 256) return Support::levels;
  const bool wants_whole = observe == "binary" || observe == "levels" || observe == "soft_binary";
  if ((values.bytes || wants_whole) && values.all_whole_up_to(1)) return Support::binary;
  if (values.bytes || (wants_whole && values.all_whole_up_to(255))) return Support::levels;
  return observe == "unit_interval" || observe == "soft_binary" ? Support::unit_interval : Support::real;
}

/// What a file with values holds.
struct Look {
  Range values;
  std::vector<std::string> columns{};
  FileRecord record;
  std::vector<formats::TableColumn> table{};
  std::vector<std::string> notes{};
  int64_t incomplete = 0;  // rows with missing values
  std::optional<formats::ImageFacts> images{};
  UsableRows rows{};  // where the split looks at them
};

/// The rows that can be used, with their hashes where copies are dropped.
UsableRows usable_rows_of(const Array& x, const DataConfig& config, bool masks) {
  UsableRows usable{.stored = x.rows()};
  if (masks) {
    usable.rows.resize(static_cast<size_t>(x.rows()));
    std::iota(usable.rows.begin(), usable.rows.end(), int64_t{0});
  } else {
    usable.rows = complete_rows(x);
  }
  if (config.duplicates != "drop") return usable;
  const auto all = row_hashes(x);
  for (const int64_t row : usable.rows) usable.hashes.push_back(all[static_cast<size_t>(row)]);
  return usable;
}

bool masks_values(const DataConfig& config) { return config.observe == "columns" && config.missing == "mask"; }

Look look_at(const Description& d, const File& file, const DataConfig& config) {
  if (config.memory_gb > 0 && formats::has_rows(d.format)) {
    Scan scan = scan_of(d, file);
    Look look{.values = scan.values, .columns = std::move(scan.columns), .record = std::move(scan.record)};
    look.rows.stored = look.record.shape.at(0);
    look.rows.rows.resize(static_cast<size_t>(look.rows.stored));
    std::iota(look.rows.rows.begin(), look.rows.rows.end(), int64_t{0});
    return look;
  }
  VerifiedFile x = read_recorded(d, file);
  Look look{.values = {},
            .columns = std::move(x.array.columns),
            .record = std::move(x.record),
            .table = std::move(x.array.table),
            .notes = std::move(x.array.notes),
            .images = x.array.images};
  look.values.add(x.array);
  look.incomplete = x.array.rows() - static_cast<int64_t>(complete_rows(x.array).size());
  if (divides_rows(config)) look.rows = usable_rows_of(x.array, config, masks_values(config));
  return look;
}

/// Columns of names are scored as categories; every other likelihood would take their codes for measurements.
void check_names(const Description& d, const DataConfig& config) {
  std::vector<std::string> names;
  for (const formats::TableColumn& column : d.table)
    if (column.kind == "category" && column.left_out.empty()) names.push_back(column.name);
  if (names.empty() || config.observe == "columns") return;
  throw UserError(
      fmt::format("{}: {} {} {} names, which observe = \"{}\" would take for numbers; expected observe = \"columns\", "
                  "which gives each column a "
                  "likelihood of its own; set that, or leave {} out: select = \"!{}\"",
                  d.source, names.size() > 1 ? "the columns" : "the column", join(names),
                  names.size() > 1 ? "hold" : "holds", config.observe, names.size() > 1 ? "them" : "it", join(names)));
}

void say_what_is_left_out(const Look& look, const File& file, Description& d) {
  std::vector<std::string> columns, missing;
  for (const formats::TableColumn& column : look.table) {
    if (!column.left_out.empty()) columns.push_back(fmt::format("{} ({})", column.name, column.left_out));
    else if (column.missing > 0) missing.push_back(fmt::format("{} {}", column.name, column.missing));
  }
  const int64_t rows = look.record.shape.at(0);
  const std::string name = file.name == "." ? d.name : file.name;
  if (!columns.empty())
    d.notes.push_back(fmt::format("{}: left out {} {}; select takes them by name", name,
                                  columns.size() > 1 ? "the columns" : "the column", join(columns)));
  if (look.incomplete > 0)
    d.notes.push_back(
        fmt::format("{}: {} of {} rows have missing values{}{}", name, look.incomplete, rows,
                    d.masked ? ", which likelihoods do not score and the encoder sees as masked" : " and are left out",
                    missing.empty() ? "" : " (" + join(missing) + ")"));
  for (const std::string& note : look.notes) d.notes.push_back(name + ": " + note);
  if (const int64_t complete = rows - look.incomplete; look.incomplete > 0 && !d.masked && complete < 2)
    throw UserError(fmt::format("{}: {} of its {} rows has all values{}; expected more; leave columns out by select",
                                d.source, complete, rows,
                                missing.empty() ? "" : ", since some are missing (" + join(missing) + ")"));
}

/// Names that the training data lack have codes behind the others, in all parts.
void take_levels(const File& file, const std::vector<formats::TableColumn>& table, Description& d) {
  for (const formats::TableColumn& own : table) {
    const auto known = std::find_if(d.table.begin(), d.table.end(), [&](const formats::TableColumn& column) {
      return column.left_out.empty() && column.name == own.name;
    });
    if (known == d.table.end() || own.kind != "category" || own.levels.size() <= known->levels.size()) continue;
    const size_t count = own.levels.size() - known->levels.size();
    const auto first = own.levels.begin() + static_cast<std::ptrdiff_t>(known->levels.size());
    const std::vector<std::string> some(first, first + static_cast<std::ptrdiff_t>(std::min<size_t>(5, count)));
    known->levels = own.levels;
    d.notes.push_back(fmt::format(
        "{}: column '{}' has {} that the training data lack ({}{}): likelihoods have a probability for {}, and have "
        "never seen {}",
        file.name, own.name, count > 1 ? fmt::format("{} categories", count) : "1 category", join(some),
        count > 5 ? ", ..." : "", count > 1 ? "them" : "it", count > 1 ? "them" : "it"));
  }
}

void set_shape(const Shape& all, const DataConfig& config, Description& d) {
  d.shape = shape_of_one(all);
  d.has_channels = all.size() == 4 && !formats::find_format(d.format)->is_image_folder;
  d.channels_last = d.has_channels && has_channels_last(all, config.layout, d);
  if (!d.channels_last) return;
  d.notes.push_back(fmt::format("the data {} are taken for images of height {}, width {} and {} channels",
                                to_string(all), all[1], all[2], all[3]));
  d.shape = {all[3], all[1], all[2]};
}

/// The key of [dataset] that names this file.
const char* key_of(const File& file, const DataConfig& config) {
  return config.test_path.empty()          ? "path"
         : file.role.starts_with("test_")  ? "test_path"
         : file.role.starts_with("valid_") ? "valid_path"
                                           : "path";
}

/// What the values of a part are read without are columns of other keys: where one of these is not there, that key is at fault.
Look looked_at(const Description& d, const File& file, const DataConfig& config) {
  return for_key(key_of(file, config), [&] {
    try {
      return look_at(d, file, config);
    } catch (const UserError&) {
      const std::string part = file.role.substr(0, file.role.size() - 1);
      std::vector<std::pair<std::string, const char*>> beside = {
          {"labels", "labels"}, {"groups", "groups"}, {"time", "time"}, {"strata", "stratify"}};
      for (size_t i = 0; i < config.condition.size(); ++i) beside.emplace_back(condition_role(i), "condition");
      for (size_t i = 0; i < config.factors.size(); ++i) beside.emplace_back(factor_role(i), "factors");
      for (const auto& [role, key] : beside)
        if (const File* other = file_for(d, part + role); other && other->name == file.name)
          for_key(key, [&] { return read_verified(d, *other); });
      throw;
    }
  });
}

void set_sizes(const DataConfig& config, Description& d) {
  std::map<std::string, UsableRows> parts;
  for (File& file : d.files) {
    if (!file.role.ends_with("x")) continue;
    Look x = looked_at(d, file, config);
    file.seen = x.record;
    const Shape& shape = x.record.shape;
    if (shape.at(0) == 0) throw UserError(d.name + " (" + file.name + "): holds no rows; expected data");
    const bool is_first = file.role != "test_x" && file.role != "valid_x";
    if (is_first) d.table = x.table;
    else take_levels(file, x.table, d);
    if (x.images) add_image_part(shape, *x.images, file, d);
    const bool masks = masks_values(config);
    d.masked = d.masked || (masks && x.incomplete > 0);
    say_what_is_left_out(x, file, d);
    const int64_t left_out = masks ? 0 : x.incomplete;
    const std::string part = file.role.substr(0, file.role.size() - 1);
    if (left_out > 0) d.left_out[part] = left_out;
    parts[part] = std::move(x.rows);
    (file.role == "test_x" ? d.test : file.role == "valid_x" ? d.valid : d.train) = shape.at(0) - left_out;
    if (!is_first) continue;
    set_shape(shape, config, d);
    d.columns = x.columns;
    const int64_t levels = x.images ? x.images->levels : 256;
    d.support = support_of(x.values, config.observe, levels);
    d.levels = d.support == Support::levels ? levels : 0;
  }
  check_names(d, config);
  if (d.files.at(0).role == "x") {
    d.shuffle = config.split_seed;
    d.test = std::llround(static_cast<double>(d.train) * config.test_fraction);
    d.train -= d.test;
  }
  if (divides_rows(config)) divide(config, parts, d);
}

}  // namespace

Description own_description(const DataConfig& config) {
  const fs::path path = config.path;
  const Format* format = config.format.empty() ? &formats::format_of_file(path) : formats::find_format(config.format);
  if (!format)
    throw UserError("[dataset]: there is no format '" + config.format + "'; expected one of " +
                    join(formats::format_names()));
  const bool a_folder = fs::is_directory(path);
  Description d;
  d.name = path.has_filename() ? path.stem().string() : path.parent_path().filename().string();
  d.title = "own data";
  d.source = d.file = path;
  d.format = format->name;
  d.how_to_get = "correct its name or copy it there";
  d.missing_values = config.missing_values;
  if (format->is_image_folder && !a_folder)
    throw UserError(path.string() + ": is no folder; expected one of images, or of folders of them");
  d.images = image_options(config);
  d.folders = {a_folder ? path.string() : path.has_parent_path() ? path.parent_path().string() : "."};
  d.files = own_files(*format, config, d);
  set_sizes(config, d);
  return d;
}

}  // namespace elbo::host::data
