#include "base/json.hpp"

#include <fmt/format.h>

#include <elbo/error.hpp>

#include "base/visible.hpp"

namespace elbo::host {
namespace {

/// Brackets in quotes do not count.
bool is_shallow(std::string_view text) {
  size_t depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') ++i;
    else if (c == '"') quoted = !quoted;
    else if (quoted) continue;
    else if ((c == '[' || c == '{') && ++depth > deepest_json) return false;
    else if ((c == ']' || c == '}') && depth > 0) --depth;
  }
  return true;
}

/// Escapes of JSON bring in what a terminal would obey.
nlohmann::ordered_json made_visible(nlohmann::ordered_json json) {
  if (json.is_string()) return visible(json.get_ref<const std::string&>());
  for (auto& item : json)
    if (item.is_string() || item.is_structured()) item = made_visible(std::move(item));
  bool are_visible = true;
  if (json.is_object())
    for (auto it = json.begin(); it != json.end(); ++it) are_visible &= visible(it.key()) == it.key();
  if (are_visible) return json;
  nlohmann::ordered_json renamed;
  for (auto it = json.begin(); it != json.end(); ++it) renamed[visible(it.key())] = std::move(it.value());
  return renamed;
}

}  // namespace

nlohmann::ordered_json json_or_discarded(std::string_view text) {
  return is_shallow(text) ? made_visible(nlohmann::ordered_json::parse(text, nullptr, false))
                          : nlohmann::ordered_json(nlohmann::ordered_json::value_t::discarded);
}

nlohmann::ordered_json parse_json(std::string_view text, const std::string& origin) {
  if (!is_shallow(text))
    throw Error(fmt::format("{}: has JSON nested more than {} deep; expected less", origin, deepest_json));
  try {
    return made_visible(nlohmann::ordered_json::parse(text));
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(
        fmt::format("{}: is not JSON from byte {} on; expected a file that elbo wrote; restore it or repeat the run",
                    origin, error.byte));
  }
}

std::string reason_of(const nlohmann::json::exception& error) {
  const std::string said = error.what();
  const size_t end = said.find("] ");
  return end == std::string::npos ? said : said.substr(end + 2);
}

}  // namespace elbo::host
