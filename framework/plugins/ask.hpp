// Asks plugins in a child process: the worker, which loads them and answers for each.
#pragma once
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace elbo::plugins {

struct Question {
  std::string label;               // of the plugin, for messages
  std::vector<std::string> words;  // of the command line
};

/// What the worker's verb says to each question, in their order; {"error": sentence} for a plugin that ends the process or
/// gives no answer in time. All share one start of the worker, which takes half a second to load torch, and some more where
/// one of them ends it.
std::vector<nlohmann::ordered_json> ask_worker(const std::string& verb, std::span<const Question> questions);

}  // namespace elbo::plugins
