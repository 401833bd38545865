// Who, what and when: what a reader needs to repeat a run or to explain a difference.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace elbo::host::log {

/// Where the run was computed; after it went on elsewhere "cpu, then cuda:0, ...".
inline constexpr const char* device_attribute = "device";

/// Name and value, in order, of the process that calls it. An empty torch_version is left out.
std::vector<std::pair<std::string, std::string>> provenance(const std::string& elbo_version,
                                                            const std::string& torch_version, int64_t seed);

/// 2024-05-31T18:04:05Z
std::string utc_now();

}  // namespace elbo::host::log
