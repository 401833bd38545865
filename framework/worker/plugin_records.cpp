#include "worker/plugin_records.hpp"

#include <ATen/Parallel.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>

#include "sdk/src/call.hpp"

#include "base/process.hpp"
#include "base/value_json.hpp"
#include "conformance/spot_check.hpp"
#include "plan/parts.hpp"
#include "plugins/check_record.hpp"

namespace elbo::worker {
using Json = nlohmann::ordered_json;
using conformance::SpotCheck;
namespace {

constexpr auto limit = std::chrono::seconds(10);  // of one plugin; a check takes a fraction of a second

/// In the child: everything that a plugin prints is lost. The page that tells of its calls is shared with the parent, should somebody end both.
int check_in_child(const PluginChoice& choice, const conformance::RunSize& size) {
  const int answer = dup(STDOUT_FILENO), nothing = open("/dev/null", O_RDWR);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) dup2(nothing, stream);
  at::set_num_threads(1);
  const SpotCheck found = conformance::spot_check(choice, size);
  const std::string text =
      Json{{"outcome", found.outcome}, {"finding", found.finding}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  return write(answer, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
}

std::string how_it_ended(const Ended& ended) {
  if (ended.timed_out) return fmt::format("it gave no answer within {} s", limit.count());
  if (WIFSIGNALED(ended.status)) return "it " + describe_status(ended.status);
  return fmt::format("it ended the process with code {}", WEXITSTATUS(ended.status));
}

SpotCheck checked_in_a_child(const PluginChoice& choice, const conformance::RunSize& size,
                             const std::atomic<bool>& stop) {
  const Call call(choice.kind + ":" + choice.name, "the check of its normalisation");
  Ended ended;
  try {
    ended = run_to_end([&] { return check_in_child(choice, size); }, limit, stop);
  } catch (const Error& error) {
    return {"not checked", error.what()};
  }
  const Json answer = Json::parse(ended.out, nullptr, false);
  if (!answer.is_object() || !answer.contains("outcome")) return {"not checked", how_it_ended(ended)};
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
