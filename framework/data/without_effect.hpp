// Keys of [dataset] that the data themselves make void; when the other keys do, their declarations say so.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace elbo::data {

struct WithoutEffect {
  std::string key;  // "binarize"
  std::string why;  // "bars holds 0 and 1 already"
};

/// Whatever their values are; memory_gb = 0 asks for nothing.
std::vector<WithoutEffect> settings_without_effect(const Description& description, const DataConfig& config);

}  // namespace elbo::data
