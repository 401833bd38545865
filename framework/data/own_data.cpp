// A description made of a file or folder of the user's.
#include "data/description.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "data/locate.hpp"
#include "data/scan.hpp"
#include "data/stored.hpp"
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

/// The parts of one file that is split already; in HDF5 they lie in groups.
std::vector<File> split_parts(const Format& format, const fs::path& path) {
  const std::string name = path.filename().string();
  std::vector<File> files;
  for (const char* half : {"train", "test"})
    for (const char* what : {"x", "labels"}) {
      const std::string role = fmt::format("{}_{}", half, what);
      const std::string part = format.name == "hdf5" ? fmt::format("/{}/{}", half, what) : role;
      const bool there = format.has(path, part);
      if (!there && std::string(what) == "x")
        throw UserError(
            fmt::format("{}: has no {}; expected that for the {} data, or select = the name of the data to "
                        "split; see elbo data info FILE",
                        path.string(), part, half));
      if (there) files.push_back({role, name, part, ""});
    }
  return files;
}

bool is_split(const Format& format, const DataConfig& config) {
  if (!config.select.empty() || !format.has) return false;
  return format.name == "hdf5" || format.has(config.path, "train_x");
}

bool has_folders(const fs::path& folder) {
  return std::any_of(fs::directory_iterator(folder), {}, [](const auto& entry) { return entry.is_directory(); });
}

std::vector<File> image_files(const fs::path& folder) {
  std::vector<File> files;
  const bool split = fs::is_directory(folder / "train") && fs::is_directory(folder / "test");
  for (const char* half : {"train", "test"}) {
    const std::string name = split ? half : ".";
    files.push_back({split ? fmt::format("{}_x", half) : "x", name, "", ""});
    if (has_folders(folder / name)) files.push_back({split ? fmt::format("{}_labels", half) : "labels", name, "", ""});
    if (!split) break;
  }
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

std::vector<File> files_of(const Format& format, const DataConfig& config, const Description& d) {
  if (format.name == "png") return image_files(config.path);
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

// Bytes are grey levels unless they are all 0 or 1. Floats are what `observe` says, where they can be: the file
// cannot tell.
Support support_of(const Range& values, const std::string& observe) {
  if (observe == "counts") return Support::counts;
  const bool wants_whole = observe == "binary" || observe == "levels" || observe == "soft_binary";
  if ((values.bytes || wants_whole) && values.all_whole_up_to(1)) return Support::binary;
  if (values.bytes || (wants_whole && values.all_whole_up_to(255))) return Support::levels;
  return observe == "unit_interval" || observe == "soft_binary" ? Support::unit_interval : Support::real;
}

Scan look_at(const Description& d, const File& file, const DataConfig& config) {
  if (config.memory_gb > 0 && formats::has_rows(d.format)) return scan_of(d, file);
  Stored x = read_recorded(d, file);
  Scan scan{.values = {}, .columns = std::move(x.array.columns), .record = std::move(x.record)};
  scan.values.add(x.array);
  return scan;
}

void set_sizes(const DataConfig& config, Description& d) {
  for (File& file : d.files) {
    if (!file.role.ends_with("x")) continue;
    const Scan x = look_at(d, file, config);
    file.seen = x.record;
    const Shape& shape = x.record.shape;
    if (shape.at(0) == 0) throw UserError(d.name + " (" + file.name + "): holds no rows; expected data");
    (file.role == "test_x" ? d.test : d.train) = shape.at(0);
    if (file.role == "test_x") continue;
    d.shape = shape_of_one(shape);
    d.columns = x.columns;
    d.support = support_of(x.values, config.observe);
    d.levels = d.support == Support::levels ? 256 : 0;
  }
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
  if (config.format == "png" && !a_folder)
    throw UserError(path.string() + ": is no folder; expected one of PNG images, or of folders of them");
  d.folders = {a_folder ? path.string() : path.has_parent_path() ? path.parent_path().string() : "."};
  d.files = files_of(*format, config, d);
  set_sizes(config, d);
  return d;
}

}  // namespace elbo::data
