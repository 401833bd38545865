#include "data/own_data.hpp"

#include <algorithm>

#include <elbo/error.hpp>

#include "data/hdf5_reader.hpp"
#include "data/locate.hpp"
#include "data/stored.hpp"

namespace elbo::data {
namespace fs = std::filesystem;
namespace {

const std::vector<Description::File> idx_files = {{"train_x", "train-images-idx3-ubyte", "", ""},
                                                  {"train_labels", "train-labels-idx1-ubyte", "", ""},
                                                  {"test_x", "t10k-images-idx3-ubyte", "", ""},
                                                  {"test_labels", "t10k-labels-idx1-ubyte", "", ""}};

std::vector<Description::File> hdf5_files(const fs::path& file) {
  const std::string name = file.filename().string();
  return {{"train_x", name, "/train/x", ""},
          {"train_labels", name, "/train/labels", ""},
          {"test_x", name, "/test/x", ""},
          {"test_labels", name, "/test/labels", ""}};
}

Shape shape_of_one(const Array& x) {
  Shape shape(x.shape.begin() + 1, x.shape.end());
  if (shape.empty()) shape = {1};
  if (shape.size() == 2) shape.insert(shape.begin(), 1);
  return shape;
}

// Bytes are grey levels unless they are all 0 or 1. Floats are what `observe` says: the file cannot tell.
void set_support(Description& d, const Array& x, const std::string& observe) {
  if (const auto* bytes = std::get_if<std::vector<uint8_t>>(&x.values)) {
    const bool binary = std::all_of(bytes->begin(), bytes->end(), [](uint8_t b) { return b <= 1; });
    d.support = binary ? Support::binary : observe == "counts" ? Support::counts : Support::levels;
    d.levels = d.support == Support::levels ? 256 : 0;
    return;
  }
  d.levels = 0;
  d.support = observe == "unit_interval" ? Support::unit_interval
              : observe == "counts"      ? Support::counts
                                         : Support::real;
}

}  // namespace

Description own_description(const DataConfig& config) {
  const fs::path path = config.path;
  Description d;
  d.name = path.has_filename() ? path.stem().string() : path.parent_path().filename().string();
  d.title = "own data";
  d.source = d.file = path;
  d.format = config.format;
  d.how_to_get = "the path of your own data";
  if (config.format == "idx") {
    if (!fs::is_directory(path))
      throw UserError(path.string() + ": is no folder; expected one with train-images-idx3-ubyte and its like, or .gz");
    d.folders = {path.string()};
    std::copy_if(idx_files.begin(), idx_files.end(), std::back_inserter(d.files),
                 [&](const Description::File& file) { return file.role.ends_with("_x") || located(d, file); });
  } else if (config.format == "hdf5") {
    d.folders = {path.has_parent_path() ? path.parent_path().string() : "."};
    for (const Description::File& file : hdf5_files(path))
      if (file.role.ends_with("_x") || hdf5_has(path, file.dataset)) d.files.push_back(file);
  } else {
    throw UserError("[dataset]: path comes without a format; expected format = \"idx\" or \"hdf5\"");
  }
  for (const Description::File& file : d.files) {
    if (!file.role.ends_with("_x")) continue;
    const Array x = read_stored(d, file);
    (file.role == "train_x" ? d.train : d.test) = x.rows();
    if (file.role != "train_x") continue;
    d.shape = shape_of_one(x);
    set_support(d, x, config.observe);
  }
  return d;
}

}  // namespace elbo::data
