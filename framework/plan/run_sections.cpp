#include "plan/run_sections.hpp"

#include "plan/parts.hpp"

namespace elbo {

std::vector<experiment::Section> sections_of(const Run& run) {
  std::vector<experiment::Section> sections;
  for_each_section(run, [&](const std::string& name, const auto& config) {
    const auto options = options_of<std::decay_t<decltype(config)>>();
    sections.push_back({section_title(name), options.list(), options.settings(config), {}});
  });
  return sections;
}

void set_sections(const std::vector<experiment::Section>& sections, Run& run) {
  auto section = sections.begin();
  for_each_section(run, [&](const std::string&, auto& config) {
    config = options_of<std::decay_t<decltype(config)>>().config((section++)->settings);
  });
}

}  // namespace elbo
