#include "plugins/ask.hpp"

#include <fmt/format.h>
#include <string.h>
#include <sys/wait.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/paths.hpp"
#include "base/process.hpp"
#include "base/value_json.hpp"
#include "plugins/printable.hpp"

namespace elbo::host::plugins {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

/// libtorch alone takes many seconds on a computer that is at other work.
std::chrono::seconds limit_for(size_t questions) { return std::chrono::seconds(60 + 5 * questions); }

Ended run_worker(const std::string& verb, std::span<const Question> questions) {
  std::vector<std::string> command = {worker_program().string(), verb};
  for (const Question& question : questions)
    command.insert(command.end(), question.words.begin(), question.words.end());
  return run_to_end(command, limit_for(questions.size()));
}

/// One answer for each question, in their order; nothing when the worker did not get that far.
std::optional<Json> parsed(const Ended& worker, size_t expected) {
  if (worker.timed_out || worker.status != 0) return {};
  const Json answers = json_or_discarded(worker.out);
  if (!answers.is_array() || answers.size() != expected) return {};
  return answers;
}

std::string last_line(const std::string& text) {
  const size_t last = text.find_last_not_of("\n ");
  if (last == std::string::npos) return "it said nothing";
  const size_t before = text.rfind('\n', last), start = before == std::string::npos ? 0 : before + 1;
  return printable(text.substr(start, last + 1 - start));
}

std::string what_went_wrong(const Ended& worker) {
  if (worker.timed_out) return fmt::format("gave no answer within {} s while being probed", limit_for(1).count());
  if (WIFSIGNALED(worker.status))
    return fmt::format("crashed with signal {} ({}) while being probed", WTERMSIG(worker.status),
                       ::strsignal(WTERMSIG(worker.status)));
  if (WEXITSTATUS(worker.status) != 0)
    return fmt::format("ended the process with code {} while being probed ({})", WEXITSTATUS(worker.status),
                       last_line(worker.err));
  return "ended the process without an answer while being probed";
}

/// Where one of them ends the worker, each half is asked again, down to the one that does; where one hangs, which takes the
/// whole limit each time, each is asked alone at once.
void ask_parts(const std::string& verb, std::span<const Question> questions, std::vector<Json>& into) {
  if (questions.empty()) return;
  const Ended worker = run_worker(verb, questions);
  if (const auto answers = parsed(worker, questions.size())) {
    into.insert(into.end(), answers->begin(), answers->end());
  } else if (questions.size() == 1) {
    into.push_back({{"error", fmt::format("{}: {}; correct the plugin or remove it", questions[0].label,
                                          what_went_wrong(worker))}});
  } else {
    const size_t part = worker.timed_out ? 1 : (questions.size() + 1) / 2;
    for (size_t i = 0; i < questions.size(); i += part)
      ask_parts(verb, questions.subspan(i, std::min(part, questions.size() - i)), into);
  }
}

void keep(const fs::path& file, const Json& answer) {
  try {
    fs::create_directories(file.parent_path());
    write_atomically(file, answer.dump(1) + "\n");
  } catch (const std::exception&) {
    // A home that cannot be written costs time at the next start, nothing else.
  }
}

}  // namespace

std::vector<Json> ask_worker(const std::string& verb, std::span<const Question> questions) {
  std::vector<Json> answers;
  ask_parts(verb, questions, answers);
  return answers;
}

std::vector<Json> ask_and_keep(const Topic& topic, std::span<const PluginQuestion> questions,
                               const std::function<Json(const Json&)>& understood) {
  const auto file_of = [&](const PluginQuestion& question) {
    const std::string key = question.sha256 + elbo::host::to_json(question.settings).dump() + ELBO_TORCH_VERSION +
                            std::to_string(topic.format);
    return cache_folder() / topic.folder / (sha256(key) + ".json");
  };
  std::map<fs::path, Json> known;  // by the cache's file: the same question may come often
  std::vector<const PluginQuestion*> open;
  std::vector<Question> words;
  for (const PluginQuestion& question : questions) {
    const auto [at, is_new] = known.try_emplace(file_of(question));
    if (!is_new) continue;
    try {
      at->second = understood(parse_json(read_file(at->first), at->first));
    } catch (const std::exception&) {  // it is simply asked again
      open.push_back(&question);
      words.push_back({std::string(topic.kind) + ":" + question.name + " (" + question.path.string() + ")",
                       {question.path.string(), elbo::host::to_json(question.settings).dump()}});
    }
  }
  const auto said = ask_worker(topic.verb, words);
  for (size_t i = 0; i < open.size(); ++i) {
    Json& answer = known.at(file_of(*open[i]));
    if (said[i].contains("error")) {
      answer = {{"error", printable(said[i].at("error").get<std::string>())}};
      continue;
    }
    try {
      answer = understood(said[i]);
      keep(file_of(*open[i]), answer);
    } catch (const std::exception& e) {
      answer = {
          {"error", fmt::format("{}:{}: {}: {}", topic.kind, open[i]->name, topic.unusable, printable(e.what()))}};
    }
  }
  std::vector<Json> answers;
  for (const PluginQuestion& question : questions) answers.push_back(known.at(file_of(question)));
  return answers;
}

}  // namespace elbo::host::plugins
