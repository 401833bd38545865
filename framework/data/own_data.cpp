// A description made of a file or folder of the user's.
#include "data/description.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "data/locate.hpp"
#include "data/scan.hpp"
#include "data/stored.hpp"
#include "data/values.hpp"
#include "formats/format.hpp"

namespace elbo::data {
namespace fs = std::filesystem;
using File = Description::File;
using formats::Format;
namespace {

const std::vector<File> idx_files = {{"train_x", "train-images-idx3-ubyte", "", ""},
                                     {"train_labels", "train-labels-idx1-ubyte", "", ""},
                                     {"test_x", "t10k-images-idx3-ubyte", "", ""},
                                     {"test_labels", "t10k-labels-idx1-ubyte", "", ""}};

/// How files call the parts of data that are split already: values and labels of training, validation and test data.
struct PartNames {
  std::array<const char*, 2> train, valid, test;
};
constexpr PartNames part_names[] = {
    {{"train_x", "train_labels"}, {"valid_x", "valid_labels"}, {"test_x", "test_labels"}},
    {{"/train/x", "/train/labels"}, {"/valid/x", "/valid/labels"}, {"/test/x", "/test/labels"}},
    {{"x_train", "y_train"}, {"x_val", "y_val"}, {"x_test", "y_test"}},
    {{"X_train", "y_train"}, {"X_val", "y_val"}, {"X_test", "y_test"}},
    {{"train_images", "train_labels"}, {"val_images", "val_labels"}, {"test_images", "test_labels"}},
};

/// HDF5 names begin with a slash.
std::string part_name(const Format& format, const std::string& name) {
  return format.name == "hdf5" && !name.starts_with('/') ? "/" + name : name;
}

const PartNames* names_in(const Format& format, const fs::path& path) {
  for (const PartNames& names : part_names)
    if (format.has(path, part_name(format, names.train[0]))) return &names;
  return nullptr;
}

void add_parts(const Format& format, const fs::path& path, const char* half, const std::array<const char*, 2>& names,
               std::vector<File>& files) {
  const std::string x = part_name(format, names[0]), labels = part_name(format, names[1]),
                    file = path.filename().string();
  if (!format.has(path, x)) return;
  files.push_back({fmt::format("{}_x", half), file, x, ""});
  if (format.has(path, labels)) files.push_back({fmt::format("{}_labels", half), file, labels, ""});
}

std::vector<File> split_parts(const Format& format, const fs::path& path) {
  const PartNames* names = names_in(format, path);
  if (!names || !format.has(path, part_name(format, names->test[0])))
    throw UserError(
        fmt::format("{}: has no {}; expected that for the {} data, or select = the name of the data to split; see elbo "
                    "data info FILE",
                    path.string(),
                    part_name(format, names                   ? names->test[0]
                                      : format.name == "hdf5" ? "/train/x"
                                                              : "train_x"),
                    names ? "test" : "train"));
  std::vector<File> files;
  add_parts(format, path, "train", names->train, files);
  add_parts(format, path, "valid", names->valid, files);
  add_parts(format, path, "test", names->test, files);
  return files;
}

bool is_split(const Format& format, const DataConfig& config) {
  if (!config.select.empty() || !format.has) return false;
  return format.name == "hdf5" || names_in(format, config.path);
}

bool is_seen(const fs::path& path) {
  return !path.filename().string().starts_with('.') && path.filename() != "__MACOSX";
}

bool has_folders(const fs::path& folder) {
  return std::any_of(fs::directory_iterator(folder), {},
                     [](const auto& entry) { return entry.is_directory() && is_seen(entry.path()); });
}

/// The folder of that part, however it is written; nothing where there is none.
std::optional<std::string> folder_called(const fs::path& folder, std::initializer_list<std::string_view> names) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::string name = entry.path().filename().string();
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    if (entry.is_directory() && std::find(names.begin(), names.end(), lower) != names.end()) return name;
  }
  return {};
}

void add_folder(const fs::path& folder, const std::string& name, const std::string& half, std::vector<File>& files) {
  const std::string prefix = half.empty() ? "" : half + "_";
  files.push_back({prefix + "x", name, "", ""});
  if (has_folders(folder / name)) files.push_back({prefix + "labels", name, "", ""});
}

/// Folders of training and test data, of classes, or of images alone. Where there are training and validation data only, the latter are test data.
std::vector<File> image_files(const fs::path& folder, Description& d) {
  const auto train = folder_called(folder, {"train", "training"}), test = folder_called(folder, {"test", "testing"}),
             valid = folder_called(folder, {"val", "valid", "validation"});
  std::vector<File> files;
  if (!train || (!test && !valid)) {
    add_folder(folder, ".", "", files);
    return files;
  }
  add_folder(folder, *train, "train", files);
  if (test && valid) add_folder(folder, *valid, "valid", files);
  add_folder(folder, test ? *test : *valid, "test", files);
  if (!test)
    d.notes.push_back(fmt::format("the images in {} are the test data, since there is no folder of test data", *valid));
  return files;
}

std::vector<File> whole_file(const Format& format, const DataConfig& config) {
  const std::string name = fs::is_directory(config.path) ? "." : fs::path(config.path).filename().string();
  const bool a_table = format.part_key == "columns";
  std::vector<File> files = {{"x", name, config.select, ""}};
  if (config.labels.empty()) return files;
  if (format.part_key.empty() && !format.container) {  // one array a file, so the labels are in another
    files.push_back({"labels", config.labels, "", ""});
    return files;
  }
  if (a_table && config.select.empty()) files[0].dataset = "!" + config.labels;
  const bool grouped = config.labels.find('/') != std::string::npos;
  files.push_back({"labels", name, (grouped ? "" : std::string(format.label_group)) + config.labels, ""});
  return files;
}

std::vector<File> files_of(const Format& format, const DataConfig& config, Description& d) {
  if (format.name == "png") return image_files(config.path, d);
  if (format.name != "idx" || !fs::is_directory(config.path))
    return is_split(format, config) ? split_parts(format, config.path) : whole_file(format, config);
  std::vector<File> files;
  std::copy_if(idx_files.begin(), idx_files.end(), std::back_inserter(files),
               [&](const File& file) { return file.role.ends_with("_x") || located(d, file); });
  return files;
}

Shape shape_of_one(const Shape& all) {
  Shape shape(all.begin() + 1, all.end());
  if (shape.empty()) return {1};
  if (shape.size() == 2) shape.insert(shape.begin(), 1);
  return shape;
}

/// [N, height, width, channels]: as Keras, MedMNIST and image libraries store them.
bool is_channels_last(const Shape& all) {
  const auto are_channels = [](int64_t n) { return n == 1 || n == 3; };
  return all.size() == 4 && are_channels(all[3]) && !are_channels(all[1]) && all[1] > 4 && all[2] > 4;
}

// Bytes are grey levels unless they are all 0 or 1. Floats are what `observe` says, where they can be: the file
// cannot tell.
Support support_of(const Range& values, const std::string& observe) {
  if (observe == "counts") return Support::counts;
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
};

Look look_at(const Description& d, const File& file, const DataConfig& config) {
  if (config.memory_gb > 0 && formats::has_rows(d.format)) {
    Scan scan = scan_of(d, file);
    return {.values = scan.values, .columns = std::move(scan.columns), .record = std::move(scan.record)};
  }
  Stored x = read_recorded(d, file);
  Look look{.values = {},
            .columns = std::move(x.array.columns),
            .record = std::move(x.record),
            .table = std::move(x.array.table),
            .notes = std::move(x.array.notes)};
  look.values.add(x.array);
  look.incomplete = x.array.rows() - static_cast<int64_t>(complete_rows(x.array).size());
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
  if (!columns.empty())
    d.notes.push_back(fmt::format("{}: left out {} {}; select takes them by name", file.name,
                                  columns.size() > 1 ? "the columns" : "the column", join(columns)));
  if (look.incomplete > 0)
    d.notes.push_back(fmt::format("{}: {} of {} rows have missing values and are left out{}", file.name,
                                  look.incomplete, rows, missing.empty() ? "" : " (" + join(missing) + ")"));
  for (const std::string& note : look.notes) d.notes.push_back(file.name + ": " + note);
  if (look.incomplete == rows)
    throw UserError(
        fmt::format("{}: each of its {} rows has a missing value{}; expected some without; leave columns out by select",
                    d.source, rows, missing.empty() ? "" : " (" + join(missing) + ")"));
}

void set_shape(const Shape& all, Description& d) {
  d.shape = shape_of_one(all);
  d.channels_last = is_channels_last(all);
  if (!d.channels_last) return;
  d.notes.push_back(fmt::format("the data {} are taken for images of height {}, width {} and {} channels",
                                to_string(all), all[1], all[2], all[3]));
  d.shape = {all[3], all[1], all[2]};
}

void set_sizes(const DataConfig& config, Description& d) {
  for (File& file : d.files) {
    if (!file.role.ends_with("x")) continue;
    const Look x = look_at(d, file, config);
    file.seen = x.record;
    const Shape& shape = x.record.shape;
    if (shape.at(0) == 0) throw UserError(d.name + " (" + file.name + "): holds no rows; expected data");
    if (file.role != "test_x" && file.role != "valid_x") d.table = x.table;
    say_what_is_left_out(x, file, d);
    if (x.incomplete > 0) d.left_out[file.role.substr(0, file.role.size() - 1)] = x.incomplete;
    (file.role == "test_x" ? d.test : file.role == "valid_x" ? d.valid : d.train) = shape.at(0) - x.incomplete;
    if (file.role == "test_x" || file.role == "valid_x") continue;
    set_shape(shape, d);
    d.columns = x.columns;
    d.support = support_of(x.values, config.observe);
    d.levels = d.support == Support::levels ? 256 : 0;
  }
  check_names(d, config);
  if (d.files.at(0).role != "x") return;
  d.shuffle = config.split_seed;
  d.test = std::llround(static_cast<double>(d.train) * config.test_fraction);
  d.train -= d.test;
}

}  // namespace

Description own_description(const DataConfig& config) {
  const Format* format = formats::find_format(config.format);
  if (!format)
    throw UserError("[dataset]: path comes without a format; expected format = one of " +
                    join(formats::format_names()));
  const fs::path path = config.path;
  const bool a_folder = fs::is_directory(path);
  Description d;
  d.name = path.has_filename() ? path.stem().string() : path.parent_path().filename().string();
  d.title = "own data";
  d.source = d.file = path;
  d.format = config.format;
  d.how_to_get = "correct its name or copy it there";
  d.missing_values = config.missing_values;
  if (config.format == "png" && !a_folder)
    throw UserError(path.string() + ": is no folder; expected one of PNG images, or of folders of them");
  d.folders = {a_folder ? path.string() : path.has_parent_path() ? path.parent_path().string() : "."};
  d.files = files_of(*format, config, d);
  set_sizes(config, d);
  return d;
}

}  // namespace elbo::data
