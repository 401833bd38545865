// Text of files that anybody may have written, fit for a terminal.
#pragma once
#include <string>
#include <string_view>

namespace elbo::host {

/// The text with U+FFFD for each control character (of ASCII, of ISO 6429) and each mark that turns the direction of writing, but for tabs and
/// line ends: a terminal would obey them, and show other text than what is there.
std::string visible(std::string_view text);

}  // namespace elbo::host
