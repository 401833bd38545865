// What `elbo plugins check` runs, in a process of its own: properties that every plugin of a kind must have, each by a name in words. The function
// of a property returns when the plugin has it, and throws the smallest failing case, or why it does not apply, as one sentence.
#pragma once
#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "plugins/choice.hpp"
#include "plugins/traits.hpp"

namespace elbo::host::conformance {

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

/// The checks of one subject as properties, in the order of the report.
template <class Subject>
struct Check {
  const char* name;
  std::function<void(const Subject&)> check;
  bool is_groundwork = false;
};
template <class Subject>
std::vector<Property> properties(std::shared_ptr<const Subject> subject, std::vector<Check<Subject>> checks) {
  std::vector<Property> all;
  for (auto& [name, check, is_groundwork] : checks)
    all.push_back({name, [subject, check = std::move(check)] { check(*subject); }, is_groundwork});
  return all;
}

struct Result {
  std::string name;
  std::string outcome;  // "passed", "failed", "skipped"
  std::string detail;   // empty when it passed
};

std::vector<Property> likelihood_properties(const PluginChoice& choice);
std::vector<Property> prior_properties(const PluginChoice& choice);
std::vector<Property> encoder_properties(const PluginChoice& choice);
std::vector<Property> decoder_properties(const PluginChoice& choice);
std::vector<Property> objective_properties(const PluginChoice& choice);

/// The names of all results that check_plugin will give, in their order, known before any code of the plugin runs. `only`, if
/// not empty, is the one property to check beside those that it rests on. Throws UserError when there is none of that name.
std::vector<std::string> property_names(const PluginChoice& choice, const std::string& only);

/// Checks one plugin, made with the settings of the choice; `done` is told each property's result as soon as it is known.
/// Once a property fails that the others rest on, they are reported as skipped.
void check_plugin(const PluginChoice& choice, const std::string& only, const std::function<void(const Result&)>& done);

/// What a likelihood can say of one value, found by evaluating it: nothing rests on its name or on what it declares. Of the one with the
/// choice's settings, in a second or so. Throws Failure when it cannot be made.
plugins::Traits traits_of(const PluginChoice& choice);

}  // namespace elbo::host::conformance
