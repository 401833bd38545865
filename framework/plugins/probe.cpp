#include "plugins/probe.hpp"

#include <fmt/format.h>
#include <string.h>
#include <sys/wait.h>

#include <elbo/error.hpp>

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/paths.hpp"
#include "plugins/child.hpp"
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
  return run_child(command, limit);
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

Description understand(const Json& answer, const Question& question) {
  if (answer.contains("error")) throw UserError(printable(answer.at("error").get<std::string>()));
  try {
    Description description = description_from_json(answer, *question.plugin);
    description.sha256 = question.sha256;
    keep(description);
    return description;
  } catch (const std::exception& e) {
    throw UserError(fmt::format("{}: its description cannot be used: {}; correct its options", label(*question.plugin),
                                printable(e.what())));
  }
}

Description ask_alone(const Question& question) {
  const Ended worker = ask_worker({&question, 1});
  if (const auto answers = answers_of(worker, 1)) return understand(answers->front(), question);
  throw UserError(
      fmt::format("{}: {}; correct the plugin or remove it", label(*question.plugin), what_went_wrong(worker)));
}

std::vector<Description> ask(const std::vector<Question>& questions) {
  std::vector<Description> descriptions;
  const auto answers = questions.size() > 1 ? answers_of(ask_worker(questions), questions.size()) : std::nullopt;
  for (size_t i = 0; i < questions.size(); ++i)
    descriptions.push_back(answers ? understand((*answers)[i], questions[i]) : ask_alone(questions[i]));
  return descriptions;
}

}  // namespace

std::vector<Description> describe_all(std::span<const Found> plugins) {
  std::vector<std::optional<Description>> known;
  std::vector<Question> open;
  for (const Found& plugin : plugins) {
    if (!plugin.fault.empty()) throw UserError(plugin.fault);
    const Question question{&plugin, sha256_of_file(plugin.path)};
    known.push_back(cached(question));
    if (known.back()) known.back()->sha256 = question.sha256;
    else open.push_back(question);
  }
  std::vector<Description> asked = ask(open), all;
  auto next = asked.begin();
  for (auto& description : known) all.push_back(description ? std::move(*description) : std::move(*next++));
  return all;
}

std::vector<Description> describe_usable(const Registry& registry) {
  std::vector<Found> sound;
  for (const Found& found : registry.all())
    if (found.fault.empty()) sound.push_back(found);
  try {
    return describe_all(sound);
  } catch (const UserError&) {
    std::vector<Description> each;
    for (const Found& found : sound) {
      try {
        each.push_back(registry.describe(found));
      } catch (const UserError&) {
        continue;  // `elbo plugins list` and the first experiment that names it say why
      }
    }
    return each;
  }
}

}  // namespace elbo::plugins
