#include "data/splits/split_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include <elbo/error.hpp>

#include "formats/images/image_folder.hpp"

namespace elbo::host::data {
namespace fs = std::filesystem;
using File = Description::File;
using formats::Format;
namespace {

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

/// The folder of that part, however it is written; nothing where there is none.
std::optional<std::string> folder_called(const fs::path& folder, std::initializer_list<std::string_view> names) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::string name = entry.path().filename().string();
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    if (entry.is_directory() && std::find(names.begin(), names.end(), lower) != names.end()) found.push_back(name);
  }
  if (found.empty()) return {};
  std::sort(found.begin(), found.end());  // the order of the file system must decide nothing
  if (found.size() > 1)
    throw UserError(fmt::format(
        "{}: has the folders {} and {}, which both say that they hold one part of the data; expected one of "
        "them; name the right ones by path and test_path, or rename one",
        folder.string(), found[0], found[1]));
  return found[0];
}

void add_folder(const fs::path& folder, const std::string& name, const std::string& half, std::vector<File>& files) {
  const std::string prefix = half.empty() ? "" : half + "_";
  files.push_back({prefix + "x", name, "", ""});
  if (formats::find_images(folder / name).has_classes) files.push_back({prefix + "labels", name, "", ""});
}

}  // namespace

bool has_parts(const Format& format, const fs::path& path) { return format.has && names_in(format, path); }

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

std::vector<File> image_files(const fs::path& folder, std::vector<std::string>& notes) {
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
    notes.push_back(fmt::format("the images in {} are the test data, since there is no folder of test data", *valid));
  return files;
}

}  // namespace elbo::host::data
