#include "plan/changes.hpp"

#include <algorithm>
#include <map>

#include "plan/parts.hpp"

namespace elbo {
namespace {

std::string short_hash(const std::string& hash) { return hash.empty() ? "unknown" : hash.substr(0, 8); }

}  // namespace

std::vector<std::string> hidden_changes(const Run& before, const Run& now) {
  std::vector<std::string> sentences;
  std::map<std::string, const PluginChoice*> earlier;
  for_each_library(before,
                   [&](const std::string& kind, const PluginChoice& choice) { earlier[kind + choice.name] = &choice; });
  for_each_library(now, [&](const std::string& kind, const PluginChoice& choice) {
    const auto found = earlier.find(kind + choice.name);
    if (found == earlier.end()) return;
    const PluginChoice& old = *found->second;
    if (old.sha256 != choice.sha256)
      sentences.push_back(kind + ":" + choice.name + " was rebuilt (SHA-256 " + short_hash(choice.sha256) + ", was " +
                          short_hash(old.sha256) + ")");
  });
  const std::string was = before.data_record.fingerprint(), is = now.data_record.fingerprint();
  if (was != is && before.data.name == now.data.name && before.data.path == now.data.path)
    sentences.push_back("the data or their split have changed (" + short_hash(is) + ", were " + short_hash(was) + ")");
  return sentences;
}

std::vector<std::string> hidden_changes(const Plan& before, const Plan& now) {
  std::map<std::pair<std::string, int64_t>, const Run*> earlier;
  for (const Run& run : before.runs) earlier[{run.variant, run.seed}] = &run;
  std::vector<std::string> sentences;
  for (const Run& run : now.runs) {
    const auto old = earlier.find({run.variant, run.seed});
    if (old == earlier.end()) continue;
    for (const std::string& sentence : hidden_changes(*old->second, run))
      if (std::find(sentences.begin(), sentences.end(), sentence) == sentences.end()) sentences.push_back(sentence);
  }
  return sentences;
}

}  // namespace elbo
