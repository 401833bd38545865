#pragma once
#include <string>
#include <string_view>

namespace elbo::host::plugins {

/// Text of a stranger's file, fit for a terminal and for JSON: control characters become spaces, bytes that are
/// not UTF-8 become U+FFFD, and anything after `limit` bytes is dropped.
std::string printable(std::string_view text, size_t limit = 2000);
/// What an exception says, as one line: all of its lines but the stack trace that torch appends to its messages.
std::string one_line(std::string_view text);

}  // namespace elbo::host::plugins
