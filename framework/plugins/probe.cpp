#include "plugins/probe.hpp"

#include <fmt/format.h>

#include <optional>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/paths.hpp"
#include "plugins/ask.hpp"
#include "plugins/card.hpp"
#include "plugins/description.hpp"
#include "plugins/printable.hpp"

namespace elbo::host::plugins {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

constexpr int cache_format = 2;

struct Probed {
  const FoundPlugin* plugin;
  std::string sha256;
};

fs::path cache_file(const std::string& sha256) { return cache_folder() / "plugins" / (sha256 + ".json"); }

/// Whatever is wrong with the entry, the plugin is simply asked again.
std::optional<PluginDescription> cached(const Probed& question) {
  try {
    const std::string file = cache_file(question.sha256);
    const Json entry = parse_json(read_file(file), file);
    if (entry.at("format") != cache_format || entry.at("torch") != ELBO_TORCH_VERSION) return {};
    return description_from_json(entry.at("description"), *question.plugin);
  } catch (const std::exception&) {
    return {};
  }
}

void keep(const PluginDescription& description) {
  try {
    const Json entry = {{"format", cache_format}, {"torch", ELBO_TORCH_VERSION}, {"description", to_json(description)}};
    fs::create_directories(cache_file(description.sha256).parent_path());
    write_atomically(cache_file(description.sha256), entry.dump(1) + "\n");
  } catch (const std::exception&) {
    // A home that cannot be written costs time at the next start, nothing else.
  }
}

/// What a plugin says of itself, or why it cannot be used.
struct Answered {
  std::optional<PluginDescription> description;
  std::string fault;
};

Answered understood(const Json& answer, const Probed& question) {
  if (answer.contains("error")) return {{}, printable(answer.at("error").get<std::string>())};
  try {
    PluginDescription description = description_from_json(answer, *question.plugin);
    description.sha256 = question.sha256;
    keep(description);
    return {std::move(description), ""};
  } catch (const std::exception& e) {
    return {{},
            fmt::format("{}: its description cannot be used: {}; correct its options", label(*question.plugin),
                        printable(e.what()))};
  }
}

/// One answer for each, in their order; they share one start of the worker.
std::vector<Answered> asked_of_worker(std::span<const Probed> open) {
  std::vector<Question> questions;
  for (const Probed& one : open) questions.push_back({label(*one.plugin), {one.plugin->path.string()}});
  const auto answers = ask_worker("describe", questions);
  std::vector<Answered> all;
  for (size_t i = 0; i < answers.size(); ++i) all.push_back(understood(answers[i], open[i]));
  return all;
}

/// One answer for each plugin, in their order.
std::vector<Answered> answers_of(std::span<const FoundPlugin> plugins) {
  std::vector<Answered> all(plugins.size());
  std::vector<Probed> open;
  for (size_t i = 0; i < plugins.size(); ++i) {
    all[i].fault = plugins[i].fault;
    if (!all[i].fault.empty()) continue;
    const Probed question{&plugins[i], sha256_of_file(plugins[i].path)};
    all[i].description = cached(question);
    if (all[i].description) all[i].description->sha256 = question.sha256;
    else open.push_back(question);
  }
  std::vector<Answered> asked = asked_of_worker(open);
  auto next = asked.begin();
  for (Answered& one : all)
    if (!one.description && one.fault.empty()) one = std::move(*next++);
  return all;
}

}  // namespace

PluginDescription described(const FoundPlugin& plugin) {
  Answered answered = std::move(answers_of({&plugin, 1}).front());
  if (!answered.description) throw UserError(answered.fault);
  return *std::move(answered.description);
}

std::vector<PluginDescription> describe_usable(std::span<const FoundPlugin> plugins) {
  std::vector<PluginDescription> usable;
  for (Answered& answered : answers_of(plugins))
    if (answered.description) usable.push_back(*std::move(answered.description));
  return usable;
}

}  // namespace elbo::host::plugins
