// The identity of data and split, without places, names or containers.
#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "data/dataset.hpp"
#include "data/row_file.hpp"
#include "data/scan.hpp"
#include "data/split.hpp"
#include "data/stored.hpp"

namespace elbo::data {

std::string fingerprint(const Description& description, const DataConfig& config) {
  const SplitSizes sizes = split_sizes(description, config);
  nlohmann::ordered_json identity = {
      {"shape", description.shape},   {"support", to_string(description.support)},
      {"levels", description.levels}, {"train", sizes.train},
      {"valid", sizes.valid},         {"test", sizes.test},
  };
  const bool by_rows = config.memory_gb > 0 && has_rows(description.format);
  for (const Description::File& file : description.files)
    identity[file.role] = by_rows && file.md5.empty() && file.role.ends_with("x") ? scan_of(description, file).md5
                                                                                   : content_md5(description, file);
  if (description.shuffle) identity["shuffle"] = *description.shuffle;
  if (description.format == "generated") {
    identity["generator"] = description.generator;
    identity["seed"] = config.seed;
    identity["pool"] = sizes.pool;
    for (const auto& [name, value] : description.generator_settings) identity["settings"][name] = value;
  }
  return sha256(identity.dump());
}

}  // namespace elbo::data
