#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "experiment/check.hpp"
#include "plan/parts.hpp"
#include "plan/show.hpp"

namespace elbo {
namespace {

std::string allowed(const Option& option) {
  std::vector<std::string> choices;
  for (const std::string& choice : option.choices)
    if (!choice.empty()) choices.push_back("`" + choice + "`");
  return choices.empty() ? experiment::range_text(option) : join(choices);
}

std::string rows(const std::string& section, const std::vector<Option>& options) {
  std::string text;
  for (const Option& option : options)
    text += fmt::format("| `{}{}` | {} | `{}` | {} | {} |\n", section.empty() ? "" : section + ".", option.name,
                        type_name(option.fallback), to_string(option.fallback), allowed(option), option.doc);
  return text;
}

}  // namespace

std::string keys_table() {
  std::string text = "| key | type | default | allowed | meaning |\n| --- | --- | --- | --- | --- |\n";
  text += rows("", options_of<experiment::HeadConfig>().list());
  text += rows("", options_of<experiment::ModelConfig>().list());
  const Run run;
  for_each_section(run, [&](const std::string& name, const auto& config) {
    text += rows(section_title(name), options_of<std::decay_t<decltype(config)>>().list());
  });
  return text;
}

}  // namespace elbo
