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

}  // namespace elbo::host
