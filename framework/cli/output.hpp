// What the verbs print on standard output, and what becomes of it where nobody takes it.
#pragma once
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace elbo::host::cli {

/// Throws nothing where the text cannot be written: a reader that has seen enough, as `head` has, must not end a training. What was lost
/// is said at the end, by after_output().
template <class... T>
void print(fmt::format_string<T...> format, T&&... values) {
  const std::string text = fmt::format(format, std::forward<T>(values)...);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

/// The same on standard error.
template <class... T>
void print_error(fmt::format_string<T...> format, T&&... values) {
  const std::string text = fmt::format(format, std::forward<T>(values)...);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

/// A line of `elbo data info`.
inline void print_field(const std::string& name, const std::string& value) { print("  {:<12} {}\n", name, value); }

/// From now on writing to a closed pipe is an error of the write; programs that are started later are ended by it as usual.
void go_on_without_readers();

/// Writes what is left. The exit code: `code`, or 1 with a sentence where output is lost otherwise than by a reader that has gone.
int after_output(int code);

}  // namespace elbo::host::cli
