#include "experiment/declaration.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "experiment/check.hpp"

namespace elbo::experiment {
namespace {

/// A key of a TOML table that needs no quotes.
bool is_bare_key(const std::string& name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), fits);
}

std::string fault_of(const Option& option) {
  if (!is_bare_key(option.name)) return "has a name that is no key of a TOML table; expected letters, digits, _ and -";
  if (option.name == "plugin" || option.name == "path")
    return "has the name of a key that every plugin's section has; choose another";
  if (option.min > option.max)
    return fmt::format("has a range from {} to {}; expected the smaller number first", option.min, option.max);
  const std::string range = range_text(option), default_is = "has the default " + elbo::to_string(option.fallback);
  if (!range.empty() && !in_range(option, option.fallback))
    return fmt::format("{}; expected a number {}; correct the default or the range", default_is, range);
  if (!among_choices(option, option.fallback))
    return fmt::format("{}; expected one of {}; correct the default or the choices", default_is, choices_text(option));
  return "";
}

}  // namespace

std::string declaration_fault(const std::vector<Option>& options) {
  for (auto option = options.begin(); option != options.end(); ++option) {
    const auto is_it = [&](const Option& other) { return other.name == option->name; };
    const bool again = std::any_of(options.begin(), option, is_it);
    const std::string fault = again ? "is declared twice; give each option a name of its own" : fault_of(*option);
    if (!fault.empty()) return fmt::format("its option '{}' {}", option->name, fault);
  }
  return "";
}

}  // namespace elbo::experiment
