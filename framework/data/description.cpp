// Which descriptions there are, and which one a [dataset] section means.
#include "data/description.hpp"

#include <algorithm>
#include <map>

#include <elbo/error.hpp>

#include "base/paths.hpp"
#include "base/text.hpp"
#include "formats/format.hpp"

namespace elbo::host::data {
namespace fs = std::filesystem;
namespace {

// The first folder that has a name wins, so a user's own description can stand before a shipped one.
std::map<std::string, fs::path> description_files() {
  std::map<std::string, fs::path> files;
  for (const fs::path& folder : dataset_folders()) {
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(folder, missing))
      if (entry.path().extension() == ".toml") files.try_emplace(entry.path().stem().string(), entry.path());
  }
  return files;
}

}  // namespace

std::vector<std::string> column_names(const Description& description) {
  if (!description.columns.empty() || description.shape.size() != 1) return description.columns;
  std::vector<std::string> places;
  for (int64_t i = 1; i <= description.shape[0]; ++i) places.push_back(std::to_string(i));
  return places;
}

std::vector<Description> descriptions() {
  std::vector<Description> all;
  for (const auto& [name, file] : description_files()) all.push_back(read_description(file));
  return all;
}

Description description_of(const DataConfig& config) {
  if (!config.path.empty()) {
    if (!config.name.empty()) throw UserError("[dataset]: has both name and path; expected one of them; leave one out");
    return own_description(config);
  }
  if (config.name.empty())
    throw UserError("[dataset]: has neither name nor path; expected one of them; see: elbo data list");
  if (!config.format.empty())
    throw UserError("[dataset]: has format beside name; expected format beside path only; leave it out");
  const auto files = description_files();
  if (const auto found = files.find(config.name); found != files.end()) return read_description(found->second);
  std::vector<std::string> names;
  for (const auto& [name, file] : files) names.push_back(name);
  throw UserError("[dataset]: there is no data set '" + config.name + "'" + suggestion(config.name, names) +
                  "; see: elbo data list");
}

std::vector<WithoutEffect> settings_without_effect(const Description& d, const DataConfig& config) {
  std::vector<WithoutEffect> found;
  const auto add = [&](bool is_void, std::initializer_list<const char*> keys, const std::string& why) {
    if (is_void)
      for (const char* key : keys) found.push_back({key, why});
  };
  add(d.support == Support::binary, {"binarize", "threshold", "binarize_seed"},
      d.name + " holds nothing but 0 and 1 as it is");
  add(d.support == Support::unit_interval, {"dequantize"}, d.name + " holds numbers from 0 to 1, not levels");
  add(d.format != "generated", {"seed"}, d.name + " comes from files and is not made by the program");
  add(d.format == "generated" && config.memory_gb > 0, {"memory_gb"},
      d.name + " is made by the program and stays in memory");
  add(!config.path.empty() && !d.shuffle, {"test_fraction"}, d.name + " has training and test data of its own");
  add(!config.path.empty() && !d.shuffle && !(config.valid > 0 && !config.groups.empty()), {"split_seed"},
      d.name + " has training and test data of its own");
  add(!config.path.empty() && !d.shuffle && (d.valid > 0 || config.valid == 0), {"stratify", "time"},
      d.name + " has training, validation and test data of its own, or none are taken for validation");
  const formats::Format* format = formats::find_format(d.format);
  const bool of_images = format && format->is_image_folder;
  add(!config.path.empty() && !of_images,
      {"background", "crop", "resize", "resize_filter", "resize_aspect", "pad", "pad_value"},
      d.name + " is no folder of images");
  add(of_images && !d.image_facts.has_transparency, {"background"}, "no image of " + d.name + " is transparent");
  const auto sizes_set = !config.crop.empty() + !config.resize.empty() + !config.pad.empty();
  add(of_images && !d.image_facts.has_other_sizes && sizes_set == 1, {"crop", "resize", "pad"},
      "all images of " + d.name + " have that size");
  add(!config.path.empty() && !d.has_channels, {"layout"}, d.name + " holds no arrays [rows, a, b, c]");
  return found;
}

}  // namespace elbo::host::data
