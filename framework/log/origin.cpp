#include "log/origin.hpp"

#include "log/layout.hpp"

namespace elbo::host::log {

Origin read_origin(const std::filesystem::path& path) {
  const h5::File file = open_log(path);
  Origin origin{file.text("/config/experiment_toml"), file.text("/config/plan_json"), {}};
  for (const char* name :
       {"elbo", "torch", "hdf5", "boost", "compiler", "cpu", "device", "kernel", "ATEN_CPU_CAPABILITY"})
    if (std::string value = file.attribute("/provenance", name); !value.empty())
      origin.surroundings[name] = std::move(value);
  return origin;
}

}  // namespace elbo::host::log
