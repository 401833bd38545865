#include "worker/plugin_records.hpp"

#include <ATen/Parallel.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <optional>

#include <elbo/call.hpp>

#include "base/value_json.hpp"
#include "conformance/spot_check.hpp"
#include "plan/parts.hpp"
#include "plugins/check_record.hpp"

namespace elbo::worker {
using Json = nlohmann::ordered_json;
using conformance::SpotCheck;
namespace {

constexpr auto limit = std::chrono::seconds(10);  // of one plugin; a check takes a fraction of a second
constexpr int poll_milliseconds = 50;

/// In the child: everything that a plugin prints is lost. The page that tells of its calls is shared with the parent, should somebody end both.
[[noreturn]] void check_in_child(const PluginChoice& choice, const conformance::RunSize& size, int answer) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int number : {SIGINT, SIGTERM, SIGUSR1, SIGALRM}) signal(number, SIG_DFL);
  const int nothing = open("/dev/null", O_RDWR);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nothing, stream);
  at::set_num_threads(1);
  const SpotCheck found = conformance::spot_check(choice, size);
  const std::string text =
      Json{{"outcome", found.outcome}, {"finding", found.finding}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  _exit(write(answer, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
}

/// What the child wrote before it ended; nothing when it had to be ended.
std::optional<std::string> read_until_the_end(int from, const std::atomic<bool>& stop) {
  std::string text;
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < deadline && !stop) {
    pollfd waited{from, POLLIN, 0};
    if (poll(&waited, 1, poll_milliseconds) <= 0) continue;
    char block[4096];
    const ssize_t count = read(from, block, sizeof block);
    if (count == 0) return text;
    if (count > 0) text.append(block, static_cast<size_t>(count));
  }
  return {};
}

std::string how_it_ended(int status, bool was_ended) {
  if (was_ended) return fmt::format("it gave no answer within {} s", limit.count());
  if (WIFSIGNALED(status))
    return fmt::format("it crashed with signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  return fmt::format("it ended the process with code {}", WEXITSTATUS(status));
}

SpotCheck checked_in_a_child(const PluginChoice& choice, const conformance::RunSize& size,
                             const std::atomic<bool>& stop) {
  const std::string label = choice.kind + ":" + choice.name;
  const Call call(label, "the check of its normalisation");
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {"not checked", "no pipe could be made"};
  const pid_t child = fork();
  if (child == 0) check_in_child(choice, size, ends[1]);
  close(ends[1]);
  const auto text = child > 0 ? read_until_the_end(ends[0], stop) : std::nullopt;
  close(ends[0]);
  if (child < 0) return {"not checked", "no process could be started"};
  if (!text) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const Json answer = text ? Json::parse(*text, nullptr, false) : Json();
  if (!answer.is_object() || !answer.contains("outcome")) return {"not checked", how_it_ended(status, !text)};
  return {answer["outcome"].get<std::string>(), answer["finding"].get<std::string>()};
}

/// A likelihood that contains others is one thing with each of them.
std::string settings_key(const PluginChoice& choice) {
  std::string key = to_json(choice.settings).dump();
  for (const PluginPart& part : choice.parts) key += part.choice.sha256 + settings_key(part.choice);
  return key;
}

/// What of the size of a run concerns a plugin of this kind.
std::string size_key(const PluginChoice& choice, const conformance::RunSize& size) {
  const std::string x = choice.kind == "prior" ? "" : to_string(size.x);
  return x + (choice.kind == "likelihood" ? "" : fmt::format(" L {}", size.latent_dim));
}

SpotCheck spot_checked(const PluginChoice& choice, const conformance::RunSize& size, const std::atomic<bool>& stop) {
  if (!conformance::has_density(choice.kind)) return {};
  const std::string settings = settings_key(choice) + size_key(choice, size);
  if (const auto kept = plugins::kept_check(plugins::mass_check, choice.sha256, settings))
    return {kept->outcome, kept->finding};
  const SpotCheck found = checked_in_a_child(choice, size, stop);
  if (!stop) plugins::keep_check(plugins::mass_check, choice.sha256, settings, {found.outcome, found.finding});
  return found;
}

}  // namespace

std::vector<log::PluginRecord> plugin_records(const Run& run, const std::atomic<bool>& stop) {
  std::vector<log::PluginRecord> records;
  const conformance::RunSize size{run.data_record.facts.at("shape").get<Shape>(), run.latent_dim};
  for_each_library(run, [&](const char* kind, const PluginChoice& choice) {
    const SpotCheck found = spot_checked(choice, size, stop);
    records.push_back({kind, choice.name, choice.path.string(), choice.sha256,
                       plugins::checked_as(choice.sha256, to_json(choice.settings).dump()), found.outcome,
                       found.finding});
  });
  return records;
}

}  // namespace elbo::worker
