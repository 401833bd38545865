// Each image of a folder in the middle of a larger one, all of one size. That is done when the images are read.
#ifdef ELBO_TRANSFORM_OPTIONS  // for experiment/settings.hpp
namespace elbo::host {

struct PadOptions : TransformOptions {
  std::vector<int64_t> pad;
  int64_t pad_value = 0;

  template <class Config>
  static void describe(Options<Config>& o) {
    o.add("pad", &PadOptions::pad,
          "of a folder of images: [height, width] of the larger image in whose middle each lies; what is added is "
          "scored as data")
        .range(1, most_pixels_a_side)
        .only_with("path");
    o.add("pad_value", &PadOptions::pad_value, "of what is added, in the images' levels")
        .range(0, 65535)
        .only_with("pad");
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

struct Pad : Identity {
  std::vector<int64_t> size{};
  int64_t value = 0;
  static constexpr bool is_made_when_read = true;
  static constexpr int stage = -1;

  static std::optional<Pad> made(const Observation&, const DataConfig& config) {
    if (config.pad.empty()) return {};
    return Pad{{}, config.pad, config.pad_value};
  }

  void add_to(MeasureKey& key) const {
    key.chain.push_back({fmt::format("pad({}, value {})", fmt::join(size, " x "), value), 0, true});
  }
};

}  // namespace elbo::host::observation
#endif
