// Text files of numbers: lines, fields, numbers.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace elbo::host::formats {

/// The lines without their ends (LF or CRLF); a last line needs no end. Views of `bytes`.
std::vector<std::string_view> lines_of(std::span<const std::byte> bytes);
/// Fields between `delimiter`; a field in double quotes may hold it. ' ' means any run of blanks and tabs. Blanks
/// around a field are dropped.
std::vector<std::string> fields_of(std::string_view line, char delimiter);
/// Adds the character of that Unicode code point.
void append_utf8(std::string& text, uint32_t code);
/// The whole text as a number, as std::from_chars reads it ("+" allowed); nothing for anything else or out of range.
std::optional<double> number_of(std::string_view text);
std::optional<int64_t> integer_of(std::string_view text);

}  // namespace elbo::host::formats
