// The images of a folder, all scaled to one size. That is done when the images are read.
#ifdef ELBO_TRANSFORM_OPTIONS  // for experiment/settings.hpp
namespace elbo::host {

struct ResizeOptions : TransformOptions {
  std::vector<int64_t> resize;
  std::string resize_filter = "area";
  std::string resize_aspect = "stretch";

  template <class Config>
  static void describe(Options<Config>& o) {
    o.add("resize", &ResizeOptions::resize, "of a folder of images: [height, width] to which each is scaled")
        .range(1, most_pixels_a_side)
        .only_with("path");
    o.add("resize_filter", &ResizeOptions::resize_filter,
          "a new pixel is the mean of the area it covers, or weighs pixels by a triangle, widened where images shrink")
        .one_of({"area", "bilinear"})
        .only_with("resize");
    o.add("resize_aspect", &ResizeOptions::resize_aspect,
          "stretch scales height and width apart; crop takes the largest middle part of the new shape first")
        .one_of({"stretch", "crop"})
        .only_with("resize");
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

struct Resize : Identity {
  std::vector<int64_t> size{};
  std::string filter{}, aspect{};
  static constexpr bool is_made_when_read = true;
  static constexpr int stage = -2;

  static std::optional<Resize> made(const Observation&, const DataConfig& config) {
    if (config.resize.empty()) return {};
    return Resize{{}, config.resize, config.resize_filter, config.resize_aspect};
  }

  void add_to(MeasureKey& key) const {
    key.chain.push_back({fmt::format("resize({}, {}, {})", fmt::join(size, " x "), filter, aspect), 0, true});
  }
};

}  // namespace elbo::host::observation
#endif
