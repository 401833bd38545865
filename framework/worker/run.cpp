#include "worker/run.hpp"

#include <ATen/Parallel.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <iostream>

#include "base/files.hpp"
#include "kernels/matrix_products.hpp"
#include "launch/protocol.hpp"
#include "train/trainer.hpp"
#include "train/weights.hpp"
#include "worker/assemble.hpp"
#include "worker/conclude.hpp"
#include "worker/recorder.hpp"

namespace elbo::worker {
namespace fs = std::filesystem;
namespace {

using launch::Event;

constexpr const char* partial_log = "log.h5.partial";

std::atomic<bool> stop_asked = false;

void on_signal(int) { stop_asked = true; }

struct Stopped {};

void listen_for_signals() {
  for (const int s : {SIGINT, SIGTERM, SIGUSR1}) std::signal(s, on_signal);
  std::signal(SIGXFSZ, SIG_IGN);  // a full quota is an error of the write, with a sentence
}

void say(const Event& event) { std::cout << launch::to_line(event) << std::endl; }

/// Says how far a run is, at most four times a second.
class Teller {
 public:
  explicit Teller(const Run& run, int64_t train_rows) : run_(run), rows_(train_rows) {}

  void tick(const Progress& p, double per_second) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(250)) return;
    last_ = now;
    say(event("progress", p, per_second));
  }
  void epoch(const Progress& p, double per_second) { say(event("epoch", p, per_second)); }
  void evaluating(double fraction) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(250)) return;
    last_ = now;
    Event e{.type = "evaluating", .epoch = run_.train.max_epochs, .epochs = run_.train.max_epochs, .fraction = fraction};
    e.elbo = elbo_;
    e.has_elbo = has_elbo_;
    say(e);
  }
  void elbo(double value) {
    elbo_ = value;
    has_elbo_ = value == value;
  }

 private:
  Event event(const char* type, const Progress& p, double per_second) const {
    const double steps = static_cast<double>((rows_ + run_.train.batch_size - 1) / run_.train.batch_size);
    const double done = (static_cast<double>(p.epoch) + static_cast<double>(p.step) / steps) / static_cast<double>(run_.train.max_epochs);
    Event e{.type = type, .epoch = p.epoch, .epochs = run_.train.max_epochs, .fraction = done};
    e.elbo = elbo_;
    e.has_elbo = has_elbo_;
    e.per_second = per_second;
    e.seconds_left = (1 - done) * static_cast<double>(rows_ * run_.train.max_epochs) / std::max(1e-9, per_second);
    return e;
  }

  const Run& run_;
  int64_t rows_;
  double elbo_ = 0;
  bool has_elbo_ = false;
  std::chrono::steady_clock::time_point last_{};
};

void start_again(const fs::path& folder) {
  remove_checkpoints(folder);
  fs::remove(folder / partial_log);
}

/// False when the log does not fit the checkpoints beside it: then neither is worth keeping.
bool can_continue(const Run& run, Assembly& a, const fs::path& folder) {
  if (!fs::exists(folder / partial_log)) return false;
  Trainer trainer(run, a.model, *a.feed, folder);
  const Progress& progress = trainer.resume();
  if (progress.global_step == 0) return false;
  try {
    Recorder(run, a, folder / partial_log, progress).log().close("stopped");
    return true;
  } catch (const Error& e) {
    say({.type = "warning", .message = std::string(e.what()) + "; the run starts again"});
    return false;
  }
}

int train_and_conclude(const Run& run, const fs::path& folder) {
  Assembly assembly = assemble(run);
  const fs::path partial = folder / partial_log;
  const bool goes_on = can_continue(run, assembly, folder);
  if (!goes_on) {
    start_again(folder);
    assembly = assemble(run);
  }
  Trainer trainer(run, assembly.model, *assembly.feed, folder);
  trainer.resume();
  Recorder recorder(run, assembly, partial, goes_on ? std::optional(trainer.progress()) : std::nullopt);
  Teller teller(run, assembly.feed->size(Part::train));
  say({.type = "started", .epoch = trainer.progress().epoch, .epochs = run.train.max_epochs,
       .message = !goes_on ? "" : "goes on from epoch " + std::to_string(trainer.progress().epoch)});

  TrainObserver observer;
  observer.tick = [&](const Progress& p, double rate) { teller.tick(p, rate); };
  observer.step = [&](int64_t step, const auto& values) { recorder.step(step, values); };
  observer.epoch = [&](int64_t epoch, const auto& values, const auto& kl) {
    recorder.epoch(epoch, values, kl);
    teller.epoch(trainer.progress(), values.at("samples_per_second"));
  };
  observer.tested = [&](int64_t epoch, const PassResult& result) {
    recorder.tested(epoch, result, epoch >= run.train.max_epochs);
    teller.elbo(result.elbo);
    teller.epoch(trainer.progress(), static_cast<double>(assembly.feed->size(Part::train)) * static_cast<double>(epoch) /
                                         std::max(1e-9, trainer.progress().seconds));
  };
  observer.before_checkpoint = [&] { recorder.flush(); };

  if (trainer.train(observer, stop_asked) == Outcome::stopped) throw Stopped{};
  conclude(run, assembly, recorder, trainer.progress(), folder, [&](double fraction) {
    if (stop_asked) throw Stopped{};
    teller.evaluating(fraction);
  });
  save_weights(folder, assembly.model);
  publish(partial, folder / "log.h5");
  remove_checkpoints(folder);
  return launch::done;
}

}  // namespace

int run(const fs::path& folder) {
  listen_for_signals();
  try {
    const Run plan = run_from_json(nlohmann::ordered_json::parse(read_file(folder / "run.json")));
    kernels::use_onednn_products();
    at::set_num_threads(static_cast<int>(plan.train.threads));
    const int code = train_and_conclude(plan, folder);
    say({.type = "done", .epoch = plan.train.max_epochs, .epochs = plan.train.max_epochs, .fraction = 1});
    return code;
  } catch (const Stopped&) {
    say({.type = "stopped", .message = "stopped on request after a checkpoint"});
    return launch::again;
  } catch (const UserError& e) {
    say({.type = "failed", .message = e.what()});
    return launch::user_error;
  } catch (const std::exception& e) {
    say({.type = "failed", .message = e.what()});
    return launch::failed;
  } catch (...) {
    say({.type = "failed", .message = "a plugin threw something that is not a std::exception"});
    return launch::failed;
  }
}

}  // namespace elbo::worker
