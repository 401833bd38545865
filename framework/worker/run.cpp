#include "worker/run.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/util/Exception.h>

#include "sdk/src/call.hpp"
#include "sdk/src/fused.hpp"

#include "base/digest.hpp"
#include "base/files.hpp"
#include "base/transient.hpp"
#include "kernels/cuda_graph.hpp"
#include "kernels/device.hpp"
#include "kernels/matrix_products.hpp"
#include "kernels/precision.hpp"
#include "launch/call_page.hpp"
#include "launch/protocol.hpp"
#include "log/run_log.hpp"
#include "plan/parts.hpp"
#include "train/weights.hpp"
#include "worker/limits.hpp"
#include "worker/plugin_records.hpp"
#include "worker/stop.hpp"
#include "worker/teller.hpp"
#include "worker/train_run.hpp"

namespace elbo::worker {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

static_assert(Call::page_size == launch::call_page_size);

/// A kill between the last rename of a run and the front's note of it leaves nothing to do.
bool is_complete(const Run& run, const fs::path& folder) {
  if (fs::exists(folder / "log.h5.partial") || !fs::exists(folder / "log.h5") || !fs::exists(folder / weights_file))
    return false;
  try {
    const log::RunSummary summary = log::read_summary(folder / "log.h5");
    return summary.status == "completed" && run_from_json(Json::parse(summary.plan_json)).id() == run.id();
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
void use_processor(const TrainConfig& train) {
  at::globalContext().setFlushDenormal(true);
  at::set_num_threads(static_cast<int>(train.threads));
  if (fused_kernels()) kernels::use_onednn_products();
}

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
  const Run run = run_from_json(Json::parse(read_file(folder / "run.json")));
  set_limits(run.train);
  check_plugins(run);
  if (!is_complete(run, folder)) {
    const auto plugins = plugin_records(run, stop);  // in children, before this process has threads
    warn_of(plugins);
    use_processor(run.train);
    const at::Device device = kernels::device_of(run.train.device);
    if (device.is_cuda()) kernels::use_own_cuda_stream();
    kernels::prepare_precision(run.train.precision, device);
    train_run(run, plugins, device, folder, stop);
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

int run(const fs::path& folder) {
  try {
    work(folder);
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

}  // namespace elbo::worker
