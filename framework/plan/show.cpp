#include "plan/show.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "plan/cost.hpp"
#include "plan/parts.hpp"
#include "plan/run_sections.hpp"

namespace elbo {
namespace {

struct Line {
  std::string section, text;  // "train.optimizer", "lr = 0.001"
  bool operator==(const Line&) const = default;
};

/// Every setting of a run that has an effect and that an experiment file can say, but for the seed.
std::vector<Line> lines_of(const Run& run) {
  std::vector<Line> lines = {{"", "latent_dim = " + std::to_string(run.latent_dim)}};
  const auto add = [&](const std::string& section, const std::vector<Setting>& settings) {
    for (const Setting& s : settings) lines.push_back({section, s.name + " = " + to_string(s.value)});
  };
  for_each_plugin(run, [&](const char* kind, const PluginChoice& choice) {
    add(kind, {{"plugin", choice.name}});
    add(kind, choice.settings);
    for (const PluginPart& part : choice.parts) {
      const std::string section =
          std::string(kind) + (part.name == "rest" ? ".rest" : ".columns." + to_string(Value(part.name)));
      add(section, {{"plugin", part.choice.name}});
      add(section, part.choice.settings);
    }
  });
  const auto sections = sections_of(run);
  for (const experiment::Section& section : sections) add(section.name, with_effect(section, sections));
  return lines;
}

bool has(const std::vector<Line>& lines, const Line& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

std::string lines_text(const std::vector<Line>& lines) {
  std::string text, section;
  for (const Line& line : lines) {
    if (line.section != section) text += "\n[" + (section = line.section) + "]\n";
    text += line.text + "\n";
  }
  return text;
}

}  // namespace

std::string runs_table(const Plan& plan) {
  size_t width = std::string("variant").size();
  for (const Run& run : plan.runs) width = std::max(width, run.variant.size());
  const auto row = [&](const auto&... cells) {
    return fmt::format("{:<{}}  {:>6}  {:<16}  {:>10}  {:>12}\n", cells...);
  };
  std::string text = row("variant", width, "seed", "id", "steps", "images");
  Cost total;
  for (const Run& run : plan.runs) {
    const Cost cost = cost_of(run, training_data(run.data));
    text += row(run.variant, width, run.seed, run.id(), cost.steps, cost.images);
    total.steps += cost.steps;
    total.images += cost.images;
  }
  return text + row(fmt::format("{} runs", plan.runs.size()), width, "", "", total.steps, total.images);
}

std::string settings_text(const Plan& plan) {
  std::vector<std::pair<std::string, std::vector<Line>>> variants;
  for (const Run& run : plan.runs)
    if (variants.empty() || variants.back().first != run.variant) variants.emplace_back(run.variant, lines_of(run));
  if (variants.empty()) return "";
  std::vector<Line> shared = variants.front().second;
  std::erase_if(shared, [&](const Line& line) {
    return !std::all_of(variants.begin(), variants.end(), [&](const auto& v) { return has(v.second, line); });
  });
  std::string text = (variants.size() > 1 ? "# every variant\n" : "") + lines_text(shared);
  for (auto& [name, lines] : variants) {
    std::erase_if(lines, [&](const Line& line) { return has(shared, line); });
    if (!lines.empty()) text += "\n# " + name + "\n" + lines_text(lines).substr(lines.front().section.empty() ? 0 : 1);
  }
  return text;
}

}  // namespace elbo
