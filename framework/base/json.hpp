// JSON of files that anybody may have written.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace elbo::host {

/// Deeper than anything that this program writes; whoever walks a value as deep as a foreign file likes overflows the stack.
inline constexpr size_t deepest_json = 200;

/// Its texts and keys are visible() ones. `origin`: where the text stands, for the sentence. Throws Error: not JSON, or nested deeper than deepest_json.
nlohmann::ordered_json parse_json(std::string_view text, const std::string& origin);

/// The same; in place of an Error a value that is_discarded().
nlohmann::ordered_json json_or_discarded(std::string_view text);

/// Where `json` is an object with a member of this name and kind, that member.
template <class T>
T member_or(const nlohmann::ordered_json& json, const char* name, T fallback) {
  if (!json.is_object() || !json.contains(name)) return fallback;
  try {
    return json[name].get<T>();
  } catch (const nlohmann::json::exception&) {
    return fallback;
  }
}

inline std::string member_or(const nlohmann::ordered_json& json, const char* name, const char* fallback) {
  return member_or<std::string>(json, name, fallback);
}

/// What the library says, without the name that it gives the exception.
std::string reason_of(const nlohmann::json::exception& error);

}  // namespace elbo::host
