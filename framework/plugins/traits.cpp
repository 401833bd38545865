#include "plugins/traits.hpp"

#include <elbo/error.hpp>

#include "plugins/printable.hpp"

namespace elbo::host::plugins {
using Json = nlohmann::ordered_json;

Json to_json(const Traits& t) {
  return {{"support", to_string(t.support)},
          {"has_interval", t.has_interval},
          {"given", static_cast<int>(t.conditioning)},
          {"finite_at_ends", t.finite_at_ends},
          {"least_dispersion", t.least_dispersion},
          {"most_dispersion", t.most_dispersion},
          {"own_lowest", t.own_lowest},
          {"own_highest", t.own_highest},
          {"own_spread", t.own_spread},
          {"for_own_spread", t.for_own_spread},
          {"for_given_total", t.for_given_total}};
}

Traits traits_from_json(const Json& json) {
  const auto support = support_named(json.at("support").get<std::string>());
  if (!support) throw Error("its support is not known");
  return {.support = *support,
          .has_interval = json.at("has_interval").get<bool>(),
          .conditioning = static_cast<Conditioning>(json.at("given").get<int>()),
          .finite_at_ends = json.at("finite_at_ends").get<bool>(),
          .least_dispersion = json.at("least_dispersion").get<double>(),
          .most_dispersion = json.at("most_dispersion").get<double>(),
          .own_lowest = json.at("own_lowest").get<bool>(),
          .own_highest = json.at("own_highest").get<bool>(),
          .own_spread = json.at("own_spread").get<bool>(),
          .for_own_spread = printable(json.at("for_own_spread").get<std::string>()),
          .for_given_total = printable(json.at("for_given_total").get<std::string>())};
}

std::vector<TraitsAnswer> ask_traits(std::span<const PluginQuestion> questions) {
  constexpr Topic topic{"traits", "likelihood", "traits", 2, "its traits cannot be used"};
  std::vector<TraitsAnswer> answers;
  for (const Json& answer :
       ask_and_keep(topic, questions, [](const Json& json) { return to_json(traits_from_json(json)); })) {
    if (answer.contains("error")) answers.push_back({{}, answer.at("error").get<std::string>()});
    else answers.push_back({traits_from_json(answer), ""});
  }
  return answers;
}

}  // namespace elbo::host::plugins
