// The middle of each image of a folder, all of one size. It is cut when the images are read.
#ifdef ELBO_TRANSFORM_OPTIONS  // for experiment/settings.hpp
namespace elbo::host {

struct CropOptions : TransformOptions {
  std::vector<int64_t> crop;

  template <class Config>
  static void describe(Options<Config>& o) {
    o.add("crop", &CropOptions::crop, "of a folder of images: [height, width] of the middle of each that is used")
        .range(1, most_pixels_a_side)
        .only_with("path");
  }
};

}  // namespace elbo::host
#else
#include "experiment/settings.hpp"
#pragma once
#include <fmt/format.h>

#include "observation/measure_key.hpp"
#include "observation/transform.hpp"

namespace elbo::host::observation {

struct Crop : Identity {
  std::vector<int64_t> size{};
  static constexpr bool is_made_when_read = true;
  static constexpr int stage = -3;

  static std::optional<Crop> made(const Observation&, const DataConfig& config) {
    if (config.crop.empty()) return {};
    return Crop{{}, config.crop};
  }

  void add_to(MeasureKey& key) const {
    key.chain.push_back({fmt::format("crop({})", fmt::join(size, " x ")), 0, true});
  }
};

}  // namespace elbo::host::observation
#endif
