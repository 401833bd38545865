#include "data/own_files.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "data/factors.hpp"
#include "data/files/locate.hpp"
#include "data/setting_fault.hpp"
#include "data/splits/row_keys.hpp"
#include "data/splits/split_parts.hpp"
#include "formats/images/image_folder.hpp"

namespace elbo::host::data {
namespace fs = std::filesystem;
using File = Description::File;
using formats::Format;
namespace {

const std::vector<File> idx_files = {{"train_x", "train-images-idx3-ubyte", "", ""},
                                     {"train_labels", "train-labels-idx1-ubyte", "", ""},
                                     {"test_x", "t10k-images-idx3-ubyte", "", ""},
                                     {"test_labels", "t10k-labels-idx1-ubyte", "", ""}};

/// A key of [dataset] that names a column or dataset with one value a row.
struct RowKey {
  std::string role;
  const char* key;
  std::string name;
  bool leaves_columns = false;  // what it names is modelled, too
};

/// Those that are given. Labels are strata under their own role.
std::vector<RowKey> row_keys(const DataConfig& config) {
  const bool by_labels = config.stratify == "labels" || config.stratify == config.labels;
  std::vector<RowKey> keys = {{"labels", "labels", config.labels},
                              {"groups", "groups", config.groups},
                              {"time", "time", config.time},
                              {"strata", "stratify", by_labels ? "" : config.stratify, true}};
  for (size_t i = 0; i < config.condition.size(); ++i)
    if (config.condition[i] != "labels" && config.condition[i] != config.labels)
      keys.push_back({condition_role(i), "condition", config.condition[i]});
  for (size_t i = 0; i < config.factors.size(); ++i) keys.push_back({factor_role(i), "factors", config.factors[i]});
  std::erase_if(keys, [](const RowKey& key) { return key.name.empty(); });
  return keys;
}

/// As `select` takes it: names with a comma in double quotes.
std::string as_selected(const std::string& column) {
  return column.find(',') == std::string::npos ? column : "\"" + column + "\"";
}

/// One file with these roles, each with `prefix` before it.
std::vector<File> whole_file(const Format& format, const DataConfig& config, const std::string& name,
                             const std::string& prefix) {
  const bool is_table = format.part_key == "columns", is_one_array = format.part_key.empty() && !format.container;
  std::vector<File> files = {{prefix + "x", name, is_table ? selection_of(config) : config.select, ""}};
  for (const RowKey& key : row_keys(config)) {
    if (is_one_array && !prefix.empty())
      throw SettingFault(
          key.key,
          fmt::format(
              "[dataset] {} = \"{}\": files of format {} hold one array each, and with test_path there is no telling "
              "which "
              "file "
              "is of which part; expected all in one npz or hdf5 file; leave {} out, or pack the arrays into one",
              key.key, key.name, format.name, key.key));
    if (is_one_array) {  // so these lie in another
      files.push_back({key.role, key.name, "", ""});
      continue;
    }
    const bool is_grouped = key.name.find('/') != std::string::npos;
    files.push_back({prefix + key.role, name, (is_grouped ? "" : std::string(format.label_group)) + key.name, ""});
  }
  return files;
}

std::string absolute(const std::string& path) { return fs::absolute(path).lexically_normal().string(); }

void refuse_for_images(const DataConfig& config) {
  for (const RowKey& key : row_keys(config))
    throw SettingFault(
        key.key,
        fmt::format("[dataset] {} = \"{}\": a folder of images has no such column; expected {}; leave it out", key.key,
                    key.name,
                    key.role == "strata" || key.role.starts_with("condition") ? "labels where folders are classes"
                                                                              : "the folders of classes for labels"));
}

std::vector<File> images_of(const std::string& folder, const std::string& prefix) {
  std::vector<File> files = {{prefix + "x", folder, "", ""}};
  if (formats::find_images(folder).has_classes) files.push_back({prefix + "labels", folder, "", ""});
  return files;
}

/// Training, test and perhaps validation data in files of their own.
std::vector<File> files_of_parts(const Format& format, const DataConfig& config) {
  std::vector<File> files;
  for (const auto& [prefix, path, key] : {std::tuple("train_", config.path, "path"),
                                          {"valid_", config.valid_path, "valid_path"},
                                          {"test_", config.test_path, "test_path"}}) {
    if (path.empty()) continue;
    const Format& found =
        config.format.empty() || fs::is_directory(path)
            ? for_key(key, [&file = path]() -> const Format& { return formats::format_of_file(file); })
            : format;
    if (&found != &format && !(found.is_image_folder && format.is_image_folder))
      throw SettingFault(
          key, fmt::format("{}: has the format {}, and the training data {}; expected one; convert one of them", path,
                           found.name, format.name));
    if (format.name == "hdf5" && config.select.empty())
      throw UserError(
          fmt::format("{}: nothing says which of its datasets is the data; expected select = \"/name\"; see elbo data "
                      "info {}",
                      path, path));
    const auto part =
        format.is_image_folder ? images_of(absolute(path), prefix) : whole_file(format, config, absolute(path), prefix);
    files.insert(files.end(), part.begin(), part.end());
  }
  return files;
}

bool is_split(const Format& format, const DataConfig& config) {
  return config.select.empty() && format.has && (format.name == "hdf5" || has_parts(format, config.path));
}

/// The datasets of a file with parts that say what their rows are of: subject_train, train_subject or /train/subject.
void add_row_keys(const Format& format, const DataConfig& config, std::vector<File>& files) {
  std::vector<File> added;
  for (const RowKey& key : row_keys(config))
    for (const File& file : files) {
      if (!file.role.ends_with("_x") || key.role == "labels") continue;
      const std::string half = file.role.substr(0, file.role.size() - 2), slash = format.name == "hdf5" ? "/" : "";
      const std::vector<std::string> names = {slash + key.name + "_" + half, slash + half + "_" + key.name,
                                              "/" + half + "/" + key.name};
      const auto name = std::find_if(names.begin(), names.end(),
                                     [&](const std::string& one) { return format.has(config.path, one); });
      if (name == names.end())
        throw SettingFault(
            key.key,
            fmt::format("{}: has no {} for the {} data, which are split in it; expected {} = \"{}\" to be one for each "
                        "part; add it, or leave {} out",
                        config.path, names[0], half, key.key, key.name, key.key));
      added.push_back({half + "_" + key.role, file.name, *name, ""});
    }
  files.insert(files.end(), added.begin(), added.end());
}

std::vector<File> files_of_idx(const Description& d) {
  std::vector<File> files;
  std::copy_if(idx_files.begin(), idx_files.end(), std::back_inserter(files),
               [&](const File& file) { return file.role.ends_with("_x") || located(d, file); });
  return files;
}

}  // namespace

std::string selection_of(const DataConfig& config) {
  if (!config.select.empty() && !config.select.starts_with('!')) return config.select;
  std::vector<std::string> names;
  if (!config.select.empty()) names.push_back(config.select.substr(1));
  for (const RowKey& key : row_keys(config))
    if (!key.leaves_columns) names.push_back(as_selected(key.name));
  return names.empty() ? "" : "!" + join(names);
}

std::vector<File> own_files(const Format& format, const DataConfig& config, Description& d) {
  if (format.is_image_folder) refuse_for_images(config);
  if (!config.test_path.empty()) return files_of_parts(format, config);
  if (format.is_image_folder) return image_files(config.path, d.notes);
  if (format.name == "idx" && fs::is_directory(config.path)) return files_of_idx(d);
  if (!is_split(format, config))
    return whole_file(format, config, fs::is_directory(config.path) ? "." : fs::path(config.path).filename().string(),
                      "");
  std::vector<File> files = split_parts(format, config.path);
  add_row_keys(format, config, files);
  return files;
}

}  // namespace elbo::host::data
