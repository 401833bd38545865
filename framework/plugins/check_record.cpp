#include "plugins/check_record.hpp"

#include <nlohmann/json.hpp>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/paths.hpp"

namespace elbo::host::plugins {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

constexpr int check_version = 8;  // to be raised with every change of what is checked
constexpr const char* default_options = "{}";

fs::path record_file(const char* check, const std::string& sha256, const std::string& settings) {
  return cache_folder() / "checks" / (sha256 + "-" + elbo::host::sha256(settings).substr(0, 8) + "-" + check + ".json");
}

}  // namespace

std::optional<CheckRecord> kept_check(const char* check, const std::string& sha256, const std::string& settings) {
  try {
    const std::string file = record_file(check, sha256, settings);
    const Json entry = parse_json(read_file(file), file);
    if (entry.at("version") != check_version || entry.at("torch") != ELBO_TORCH_VERSION ||
        entry.at("settings") != settings)
      return {};
    return CheckRecord{entry.at("outcome"), entry.at("finding")};
  } catch (const std::exception&) {
    return {};  // whatever is wrong with the entry, the plugin is simply checked again
  }
}

void keep_check(const char* check, const std::string& sha256, const std::string& settings, const CheckRecord& record) {
  try {
    const Json entry = {{"version", check_version},
                        {"torch", ELBO_TORCH_VERSION},
                        {"settings", settings},
                        {"outcome", record.outcome},
                        {"finding", record.finding}};
    const fs::path file = record_file(check, sha256, settings);
    fs::create_directories(file.parent_path());
    write_atomically(file, entry.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
  } catch (const std::exception&) {
    // A home that cannot be written costs time at the next start, nothing else.
  }
}

bool is_shipped(const std::string& sha256) {
  if (sha256.size() != 64) return false;  // the end of another one is none
  try {
    return read_file(program_folder().parent_path() / "share/elbo/shipped_plugins").find(sha256 + "\n") !=
           std::string::npos;
  } catch (const std::exception&) {
    return false;
  }
}

std::string checked_as(const std::string& sha256, const std::string& settings) {
  if (is_shipped(sha256)) return "shipped";
  auto record = kept_check(whole_check, sha256, settings);
  if (!record) record = kept_check(whole_check, sha256, default_options);
  if (!record) return "not checked";
  return record->outcome == "failed" ? "failed: " + record->finding : record->outcome;
}

}  // namespace elbo::host::plugins
