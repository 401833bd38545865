#include "log/provenance.hpp"

#include <hdf5.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <array>
#include <boost/version.hpp>
#include <chrono>
#include <ctime>
#include <fstream>
#include <string_view>
#include <thread>

#include "base/text.hpp"
#include "log/layout.hpp"
#include "log/upkeep/edit.hpp"

namespace elbo::host::log {
namespace {

std::string cpu() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name"))
      if (const size_t colon = line.find(':'); colon != std::string::npos && colon + 2 < line.size())
        return line.substr(colon + 2);
  return "unknown";
}

std::string hdf5_version() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

std::string boost_version() {
  std::string version = BOOST_LIB_VERSION;  // "1_74"
  for (char& c : version)
    if (c == '_') c = '.';
  return version;
}

std::string compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

/// As a shell would take it again.
std::string in_quotes(const std::string& word) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./=,:+@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string command_line() {
  std::ifstream words("/proc/self/cmdline");
  std::vector<std::string> quoted_words;
  for (std::string word; std::getline(words, word, '\0');) quoted_words.push_back(in_quotes(word));
  return join(quoted_words, " ");
}

/// Set variables that change the speed or the last bits of a result.
void add_environment(std::vector<std::pair<std::string, std::string>>& all) {
  constexpr std::array<std::string_view, 10> prefixes = {"OMP_",         "OPENBLAS_", "MKL_",  "DNNL_",
                                                         "ONEDNN_",      "BLIS_",     "NVPL_", "ATEN_CPU_CAPABILITY",
                                                         "ELBO_KERNELS", "ELBO_CPU"};
  for (char** variable = environ; *variable; ++variable) {
    const std::string_view entry = *variable;
    const size_t equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    for (const std::string_view prefix : prefixes)
      if (entry.starts_with(prefix)) all.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
}

}  // namespace

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

std::vector<std::pair<std::string, std::string>> provenance(const std::string& elbo_version,
                                                            const std::string& torch_version, int64_t seed) {
  utsname system{};
  ::uname(&system);
  std::vector<std::pair<std::string, std::string>> all = {
      {"command", command_line()},
      {"started_at", utc_now()},
      {"seed", std::to_string(seed)},
      {"elbo", elbo_version},
      {"torch", torch_version},
      {"hdf5", hdf5_version()},
      {"boost", boost_version()},
      {"compiler", compiler()},
      {"cpu", cpu()},
      {"cores", std::to_string(std::thread::hardware_concurrency())},
      {"host", system.nodename},
      {"kernel", std::string(system.sysname) + " " + system.release + " " + system.machine},
  };
  std::erase_if(all, [](const auto& entry) { return entry.second.empty(); });
  add_environment(all);
  return all;
}

Origin read_origin(const std::filesystem::path& path) {
  const h5::File file = open_log(path);
  Origin origin{file.text("/config/experiment_toml"), file.text("/config/plan_json"), {}};
  for (const char* name :
       {"elbo", "torch", "hdf5", "boost", "compiler", "cpu", "device", "kernel", "ATEN_CPU_CAPABILITY"})
    if (std::string value = file.attribute("/provenance", name); !value.empty())
      origin.surroundings[name] = std::move(value);
  return origin;
}

void set_names(const std::filesystem::path& log, const std::string& title, const std::string& plan_json) {
  edit_file(log, [&](h5::File& file) {
    file.replace_attribute("/", "title", title);
    file.remove("/config/plan_json");
    write_plan(file, plan_json);
  });
}

void take_over(const std::filesystem::path& log, const std::string& title, const std::string& plan_json,
               const std::string& experiment_toml, const std::string& other) {
  edit_file(log, [&](h5::File& file) {
    file.replace_attribute("/", "title", title);
    file.replace_attribute("/", "weights_of", other);
    file.remove("/config/plan_json");
    file.remove("/config/experiment_toml");
    write_experiment(file, experiment_toml);
    write_plan(file, plan_json);
  });
}

}  // namespace elbo::host::log
