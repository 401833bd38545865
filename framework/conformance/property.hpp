// A property that every plugin of a kind must have, by a name in words. Its function returns when the plugin has it,
// and throws the smallest failing case, or why it does not apply, as one sentence.
#pragma once
#include <fmt/format.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace elbo::conformance {

/// The property does not hold; `sentence` is the smallest case found in which it does not.
struct Failure {
  std::string sentence;
};

/// The property does not apply to this plugin.
struct Skip {
  std::string sentence;
};

template <class... Parts>
[[noreturn]] void fail(fmt::format_string<Parts...> text, Parts&&... parts) {
  throw Failure{fmt::format(text, std::forward<Parts>(parts)...)};
}

template <class... Parts>
[[noreturn]] void skip(fmt::format_string<Parts...> text, Parts&&... parts) {
  throw Skip{fmt::format(text, std::forward<Parts>(parts)...)};
}

struct Property {
  std::string name;
  std::function<void()> check;
  bool is_groundwork = false;  // the other properties cannot be checked without it
};

struct Result {
  std::string name;
  std::string outcome;  // "passed", "failed", "skipped"
  std::string detail;   // empty when it passed
};

}  // namespace elbo::conformance
