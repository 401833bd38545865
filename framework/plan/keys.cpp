#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "plan/run_sections.hpp"
#include "plan/show.hpp"

namespace elbo {
namespace {

std::string allowed(const Option& option) {
  std::vector<std::string> choices;
  for (const std::string& choice : option.choices)
    if (!choice.empty()) choices.push_back("`" + choice + "`");
  return choices.empty() ? experiment::range_text(option) : join(choices);
}

/// A "|" would end the table's cell.
std::string meaning(const Option& option) {
  const std::string needs = experiment::needs_text(option, "`");
  std::string text = option.doc + (needs.empty() ? "" : "; " + needs);
  for (size_t i = 0; (i = text.find('|', i)) != std::string::npos; i += 2) text.insert(i, "\\");
  return text;
}

std::string rows(const std::string& section, const std::vector<Option>& options) {
  std::string text;
  for (const Option& option : options)
    text += fmt::format("| `{}{}` | {} | `{}` | {} | {} |\n", section.empty() ? "" : section + ".", option.name,
                        type_name(option.fallback), to_string(option.fallback), allowed(option), meaning(option));
  return text;
}

}  // namespace

std::string keys_table() {
  std::string text = "| key | type | default | allowed | meaning |\n| --- | --- | --- | --- | --- |\n";
  text += rows("", options_of<experiment::HeadConfig>().list());
  text += rows("", options_of<experiment::ModelConfig>().list());
  for (const experiment::Section& section : sections_of(Run())) text += rows(section.name, section.declared);
  return text;
}

}  // namespace elbo
