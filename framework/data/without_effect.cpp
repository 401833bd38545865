#include "data/without_effect.hpp"

namespace elbo::data {

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
  add(!config.path.empty() && !d.shuffle, {"test_fraction", "split_seed"},
      d.name + " has training and test data of its own");
  return found;
}

}  // namespace elbo::data
