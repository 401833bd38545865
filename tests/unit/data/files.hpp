// What the tests of data write and how they look at refusals.
#pragma once
#include "data/audit/values.hpp"
#include "experiment/settings.hpp"
#include "unit/formats/files.hpp"

namespace elbo::host::test {

/// 0 as in an experiment file: all there are.
struct Sizes {
  int64_t train = 0, valid = 0, test = 0;
};

inline DataConfig config_of(const std::string& name, const Sizes& sizes = {}) {
  DataConfig config;
  config.name = name;
  config.train = sizes.train;
  config.valid = sizes.valid;
  config.test = sizes.test;
  return config;
}

inline DataConfig own(const fs::path& path, const std::string& format, const std::string& observe = "levels") {
  DataConfig config;
  config.path = path.string();
  config.format = format;
  config.observe = observe;
  return config;
}

}  // namespace elbo::host::test
