// What a log holds so far, whoever may be writing it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>

namespace elbo::host::log {

struct Live {
  std::string status;
  int64_t epochs = 0;                                      // complete
  double elbo = std::numeric_limits<double>::quiet_NaN();  // of the last test pass, else of the last epoch; nats
  double reconstruction = elbo, kl = elbo;                 // likewise
  double seconds = 0;                                      // spent training in those epochs
  double samples_per_second = 0;                           // of the last epoch
};

/// Throws Error: no such file, not HDF5, not of elbo, damaged.
Live read_live(const std::filesystem::path& file);

}  // namespace elbo::host::log
