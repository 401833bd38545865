#include "plugins/probe.hpp"

#include <fmt/format.h>
#include <string.h>
#include <sys/wait.h>

#include <algorithm>
#include <optional>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/paths.hpp"
#include "base/process.hpp"
#include "plugins/description_json.hpp"
#include "plugins/inspect.hpp"
#include "plugins/printable.hpp"

namespace elbo::plugins {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

constexpr auto limit = std::chrono::seconds(60);  // libtorch alone takes many on a computer that is at other work
constexpr int cache_format = 1;

struct Question {
  const Found* plugin;
  std::string sha256;
};

fs::path cache_file(const std::string& sha256) { return cache_folder() / "plugins" / (sha256 + ".json"); }

/// Whatever is wrong with the entry, the plugin is simply asked again.
std::optional<Description> cached(const Question& question) {
  try {
    const Json entry = Json::parse(read_file(cache_file(question.sha256)));
    if (entry.at("format") != cache_format || entry.at("torch") != ELBO_TORCH_VERSION) return {};
    return description_from_json(entry.at("description"), *question.plugin);
  } catch (const std::exception&) {
    return {};
  }
}

void keep(const Description& description) {
  try {
    const Json entry = {{"format", cache_format}, {"torch", ELBO_TORCH_VERSION}, {"description", to_json(description)}};
    fs::create_directories(cache_file(description.sha256).parent_path());
    write_atomically(cache_file(description.sha256), entry.dump(1) + "\n");
  } catch (const std::exception&) {
    // A home that cannot be written costs time at the next start, nothing else.
  }
}

Ended ask_worker(std::span<const Question> questions) {
  std::vector<std::string> command = {worker_program().string(), "describe"};
  for (const Question& question : questions) command.push_back(question.plugin->path.string());
  return run_to_end(command, limit);
}

/// One answer for each question, in their order; nothing when the worker did not get that far.
std::optional<Json> answers_of(const Ended& worker, size_t expected) {
  if (worker.timed_out || worker.status != 0) return {};
  const Json answers = Json::parse(worker.out, nullptr, false);
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
  if (worker.timed_out) return fmt::format("gave no answer within {} s while being probed", limit.count());
  if (WIFSIGNALED(worker.status))
    return fmt::format("crashed with signal {} ({}) while being probed", WTERMSIG(worker.status),
                       ::strsignal(WTERMSIG(worker.status)));
  if (WEXITSTATUS(worker.status) != 0)
    return fmt::format("ended the process with code {} while being probed ({})", WEXITSTATUS(worker.status),
                       last_line(worker.err));
  return "ended the process without an answer while being probed";
}

/// What a plugin says of itself, or why it cannot be used.
struct Answered {
  std::optional<Description> description;
  std::string fault;
};

Answered understood(const Json& answer, const Question& question) {
  if (answer.contains("error")) return {{}, printable(answer.at("error").get<std::string>())};
  try {
    Description description = description_from_json(answer, *question.plugin);
    description.sha256 = question.sha256;
    keep(description);
    return {std::move(description), ""};
  } catch (const std::exception& e) {
    return {{},
            fmt::format("{}: its description cannot be used: {}; correct its options", label(*question.plugin),
                        printable(e.what()))};
  }
}

/// One start of the worker for all. Where one of them ends it, each half is asked again, down to the one that does; where one
/// hangs, which takes the whole limit each time, each is asked alone at once.
void ask(std::span<const Question> questions, std::vector<Answered>& into) {
  if (questions.empty()) return;
  const Ended worker = ask_worker(questions);
  if (const auto answers = answers_of(worker, questions.size())) {
    for (size_t i = 0; i < questions.size(); ++i) into.push_back(understood((*answers)[i], questions[i]));
  } else if (questions.size() == 1) {
    into.push_back(
        {{},
         fmt::format("{}: {}; correct the plugin or remove it", label(*questions[0].plugin), what_went_wrong(worker))});
  } else {
    const size_t part = worker.timed_out ? 1 : (questions.size() + 1) / 2;
    for (size_t i = 0; i < questions.size(); i += part)
      ask(questions.subspan(i, std::min(part, questions.size() - i)), into);
  }
}

/// One answer for each plugin, in their order.
std::vector<Answered> answers_of(std::span<const Found> plugins) {
  std::vector<Answered> all(plugins.size()), asked;
  std::vector<Question> open;
  for (size_t i = 0; i < plugins.size(); ++i) {
    all[i].fault = plugins[i].fault;
    if (!all[i].fault.empty()) continue;
    const Question question{&plugins[i], sha256_of_file(plugins[i].path)};
    all[i].description = cached(question);
    if (all[i].description) all[i].description->sha256 = question.sha256;
    else open.push_back(question);
  }
  ask(open, asked);
  auto next = asked.begin();
  for (Answered& one : all)
    if (!one.description && one.fault.empty()) one = std::move(*next++);
  return all;
}

}  // namespace

Description described(const Found& plugin) {
  Answered answered = std::move(answers_of({&plugin, 1}).front());
  if (!answered.description) throw UserError(answered.fault);
  return *std::move(answered.description);
}

std::vector<Description> describe_usable(std::span<const Found> plugins) {
  std::vector<Description> usable;
  for (Answered& answered : answers_of(plugins))
    if (answered.description) usable.push_back(*std::move(answered.description));
  return usable;
}

}  // namespace elbo::plugins
