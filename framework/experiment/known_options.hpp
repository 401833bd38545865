// The options that a section of the host declares, listed once: plans of 100,000 runs ask for them over and over.
#pragma once
#include <elbo/options.hpp>

namespace elbo::host {

template <class Config>
const Options<Config>& known_options() {
  static const Options<Config> options = options_of<Config>();
  return options;
}

}  // namespace elbo::host
