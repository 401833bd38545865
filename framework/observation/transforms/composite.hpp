// Transparent pixels of the images of a folder, laid over a background. That is done when the images are read.
#ifdef ELBO_TRANSFORM_OPTIONS  // for experiment/settings.hpp
namespace elbo::host {

struct CompositeOptions : TransformOptions {
  std::string background;

  template <class Config>
  static void describe(Options<Config>& o) {
    o.add("background", &CompositeOptions::background,
          "of a folder of images: what transparent pixels are laid over; \"\" refuses them")
        .one_of({"", "white", "grey", "black"})
        .only_with("path");
  }
};

}  // namespace elbo::host
#else
#include "experiment/settings.hpp"
#pragma once
#include "observation/measure_key.hpp"
#include "observation/transform.hpp"

namespace elbo::host::observation {

struct Composite : Identity {
  std::string background{};
  static constexpr bool is_made_when_read = true;
  static constexpr int stage = -4;

  static std::optional<Composite> made(const Observation&, const DataConfig& config) {
    if (config.background.empty()) return {};
    return Composite{{}, config.background};
  }

  void add_to(MeasureKey& key) const { key.chain.push_back({"composite(" + background + ")", 0, true}); }
};

}  // namespace elbo::host::observation
#endif
