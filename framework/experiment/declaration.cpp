#include "experiment/declaration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/text.hpp"
#include "experiment/check.hpp"
#include "experiment/experiment.hpp"
#include "experiment/settings.hpp"

namespace elbo::host::experiment {
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
  const std::string range = range_text(option), default_is = "has the default " + host::to_string(option.fallback);
  if (!range.empty() && !in_range(option, option.fallback))
    return fmt::format("{}; expected a number {}; correct the default or the range", default_is, range);
  if (!among_choices(option, option.fallback))
    return fmt::format("{}; expected one of {}; correct the default or the choices", default_is, choices_text(option));
  for (const DefaultWith& d : option.defaults)
    if (d.fallback.index() != option.fallback.index() || !in_range(option, d.fallback) ||
        !among_choices(option, d.fallback))
      return fmt::format(
          "has the default {} with some values of {}, and cannot be that; correct the default, its type or the range",
          host::to_string(d.fallback), d.key);
  return "";
}

struct AsList {
  template <class T>
  Value operator()(const T& one) const {
    if constexpr (OptionType<std::vector<T>>) return std::vector<T>{one};
    else return one;
  }
};

/// Whether the option can have this value, or a list with it.
bool can_have(const Option& option, const Value& value) {
  const Value as_it_is = value.index() == option.fallback.index() ? value : std::visit(AsList(), value);
  return as_it_is.index() == option.fallback.index() && in_range(option, as_it_is) && among_choices(option, as_it_is);
}

const Option* find_option(std::span<const Option> options, const std::string& name) {
  const auto found = std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == name; });
  return found == options.end() ? nullptr : &*found;
}

/// What an option may depend on beside those of its own plugin: "latent_dim", "train.max_epochs", "objective.plugin".
const Option* option_of_the_file(const std::string& key) {
  static const auto model = options_of<ModelConfig>().list(), train = options_of<TrainConfig>().list();
  static const Option objective{.name = "plugin", .doc = "what is maximised", .fallback = std::string()};
  if (key == "objective.plugin") return &objective;
  return key.starts_with("train.") ? find_option(train, key.substr(6)) : find_option(model, key);
}

/// An option can only depend on those before it, so nothing depends on itself, and on some of the file.
std::string fault_of_needs(const Option& option, std::span<const Option> before) {
  const auto find = [&](const std::string& key) {
    const Option* own = find_option(before, key);
    return own ? own : option_of_the_file(key);
  };
  const auto not_before = [](const std::string& key) {
    return "depends on '" + key +
           "', which is not declared before it; expected the name of an option above, or a setting of the file, as "
           "objective.plugin";
  };
  const auto impossible = [](const std::string& key, const Value& value) {
    return fmt::format("depends on {} = {}, which that option cannot be; expected a value that it allows", key,
                       host::to_string(value));
  };
  for (const auto& need : option.needs)
    for (const Requirement& r : need) {
      const Option* other = find(r.key);
      if (!other) return not_before(r.key);
      for (const Value& value : r.values)
        if (!can_have(*other, value)) return impossible(r.key, value);
    }
  for (const DefaultWith& d : option.defaults) {
    const Option* own = find_option(before, d.key);
    if (!own)
      return "has a default that depends on '" + d.key +
             "', which is not declared before it; expected the name of an option above";
    for (const Value& value : d.values)
      if (!can_have(*own, value)) return impossible(d.key, value);
  }
  for (const Limit& limit : option.limits)
    if (!find(limit.key)) return not_before(limit.key);
  return "";
}

}  // namespace

std::string declaration_fault(const std::vector<Option>& options) {
  for (auto option = options.begin(); option != options.end(); ++option) {
    const auto is_it = [&](const Option& other) { return other.name == option->name; };
    const bool again = std::any_of(options.begin(), option, is_it);
    std::string fault = again ? "is declared twice; give each option a name of its own" : fault_of(*option);
    if (fault.empty()) fault = fault_of_needs(*option, std::span(options.begin(), option));
    if (!fault.empty()) return fmt::format("its option '{}' {}", option->name, fault);
  }
  return "";
}

}  // namespace elbo::host::experiment
