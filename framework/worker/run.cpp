// elbo-worker run: a run from its plan, or from where it was left.
#include "worker/verbs.hpp"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>
#include <chrono>

#include "sdk/src/plugin/call.hpp"

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "base/transient.hpp"
#include "base/value_json.hpp"
#include "conformance/spot_check.hpp"
#include "kernels/cuda_graph.hpp"
#include "kernels/device.hpp"
#include "kernels/precision.hpp"
#include "launch/protocol.hpp"
#include "log/run_log.hpp"
#include "plan/run.hpp"
#include "plugins/check_record.hpp"
#include "train/checkpoint.hpp"
#include "train/weights.hpp"
#include "worker/process.hpp"
#include "worker/train_run.hpp"
#include "worker/trained_before.hpp"

namespace elbo::host::worker {
using Json = nlohmann::ordered_json;
using conformance::SpotCheck;
namespace fs = std::filesystem;
namespace {

constexpr auto limit = std::chrono::seconds(10);  // of one plugin; a check takes a fraction of a second

/// In the child: everything that a plugin prints is lost. The page that tells of its calls is shared with the parent, should somebody end both.
int check_in_child(const PluginChoice& choice, const conformance::RunSize& size) {
  const int answer = dup(STDOUT_FILENO), nothing = ::open("/dev/null", O_RDWR);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) dup2(nothing, stream);
  at::set_num_threads(1);
  const SpotCheck found = conformance::spot_check(choice, size);
  const std::string text =
      Json{{"outcome", found.outcome}, {"finding", found.finding}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  return ::write(answer, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
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
  const Json answer = json_or_discarded(ended.out);
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

/// What is known of a run's plugins before it trains: whether their densities sum to 1, and what elbo plugins check said of them. One for
/// each library of the run, in the order of for_each_library(). What was not checked before is checked in child processes, which may
/// crash or hang; the outcome is kept for later runs. To be called while this process has no second thread. Returns soon after `stop` is set.
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

static_assert(Call::page_size == launch::call_page_size);

/// A kill between the last rename of a run and the front's note of it leaves nothing to do.
bool is_complete(const Run& run, const fs::path& folder) {
  if (fs::exists(folder / partial_log) || !fs::exists(folder / log_name) || !fs::exists(folder / weights_file))
    return false;
  try {
    const log::RunSummary summary = log::read_summary(folder / log_name);
    return summary.status == "completed" && parse_run(summary.plan_json, log_name).id() == run.id();
  } catch (const std::exception&) {
    return false;
  }
}

/// The result would be another's: the identity of a run contains its plugins' binaries.
void check_plugins(const Run& run) {
  for_each_library(run, [](const char* kind, const PluginChoice& choice) {
    if (sha256_of_file(choice.path) != choice.sha256)
      throw UserError(std::string(kind) + ":" + choice.name + " (" + choice.path.string() +
                      "): was rebuilt after this run was planned; expected the library with SHA-256 " +
                      choice.sha256.substr(0, 8) + "...; give the same command again");
  });
}

/// Before the first operation: threads that libtorch starts later take over how this one treats denormals, which are 0.
/// The run goes on: its number is shown, but stands in no ranking.
void warn_of(const std::vector<log::PluginRecord>& plugins) {
  for (const log::PluginRecord& plugin : plugins)
    if (plugin.normalised == "no")
      say({.type = "warning",
           .message = plugin.kind + ":" + plugin.name + " is not conforming: " + plugin.finding +
                      "; the run goes on, but will not be ranked; run elbo plugins check " + plugin.kind + ":" +
                      plugin.name});
}

void work(const fs::path& folder) {
  if (char* page = launch::inherited_call_page()) Call::keep_in(page);
  const std::atomic<bool>& stop = listen_for_stops();
  const Run run = read_run(folder);
  set_limits(run.train);
  check_plugins(run);
  if (!is_complete(run, folder)) {
    const auto plugins = plugin_records(run, stop);  // in children, before this process has threads
    warn_of(plugins);
    use_processor(run.train);
    const at::Device device = kernels::device_of(run.train.device);
    if (device.is_cuda()) kernels::use_own_cuda_stream();
    kernels::prepare_precision(run.train.precision, device);
    const auto before = has_checkpoint(folder) ? std::nullopt : trained_before(run, folder);
    if (before && before->how == TrainedBefore::How::wholly) {
      evaluate_anew(run, plugins, device, folder, *before, stop);
    } else {
      if (before) begin_with_fewer_epochs(run, folder, *before);
      train_run(run, plugins, device, folder, stop);
    }
  }
  say({.type = "done", .epoch = run.train.max_epochs, .epochs = run.train.max_epochs, .fraction = 1});
}

/// Names the plugin that an exception came out of.
std::string blamed(const std::string& what) {
  const std::string call = Call::present();
  return call.empty() ? what : call + ": " + what;
}

int fail(const std::string& sentence, int code = launch::failed) {
  say({.type = "failed", .message = sentence});
  return code;
}

}  // namespace

int run(const Words& words) {
  try {
    work(words[0]);
    return launch::done;
  } catch (const Stopped&) {
    say({.type = "stopped", .message = "stopped on request after a checkpoint"});
    return launch::again;
  } catch (const UserError& e) {
    return fail(e.what(), launch::user_error);
  } catch (const Error& e) {
    return fail(e.what(), is_transient(e) ? launch::transient : launch::failed);
  } catch (const c10::Error& e) {
    const std::string text = e.what_without_backtrace();
    return fail(blamed(text.substr(0, text.find('\n'))));
  } catch (const std::bad_alloc&) {
    return fail(blamed("asked for more memory than there is or than train.memory_limit_gb allows"));
  } catch (const std::exception& e) {
    return fail(blamed(e.what()));
  } catch (...) {
    return fail(blamed("threw something that is not a std::exception"));
  }
}

}  // namespace elbo::host::worker
