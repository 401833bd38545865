// Asks plugins in a child process: the worker, which loads them and answers for each.
#pragma once
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include <elbo/options.hpp>

namespace elbo::host::plugins {

struct Question {
  std::string label;               // of the plugin, for messages
  std::vector<std::string> words;  // of the command line
};

/// What the worker's verb says to each question, in their order; {"error": sentence} for a plugin that ends the process or
/// gives no answer in time. All share one start of the worker, which takes half a second to load torch, and some more where
/// one of them ends it.
std::vector<nlohmann::ordered_json> ask_worker(const std::string& verb, std::span<const Question> questions);

/// A plugin with its settings, of which something is asked.
struct PluginQuestion {
  std::string name;
  std::filesystem::path path;
  std::string sha256;  // of the library
  std::vector<Setting> settings;
};

/// What is asked of plugins of one kind, and where the answers are kept.
struct Topic {
  const char *verb, *kind;  // of the worker, of the plugins
  const char* folder;       // below the cache
  int format;               // another one where the answers are found in another way
  const char* unusable;     // what is said of an answer that cannot be used, as "its traits cannot be used"
};

/// One answer for each question, in their order: from the cache, else from the worker. `understood` gives back what is kept of an answer
/// and throws when it is none; {"error": sentence} where there is no answer.
std::vector<nlohmann::ordered_json> ask_and_keep(
    const Topic& topic, std::span<const PluginQuestion> questions,
    const std::function<nlohmann::ordered_json(const nlohmann::ordered_json&)>& understood);

}  // namespace elbo::host::plugins
