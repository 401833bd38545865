// What a worker process tells the front: one JSON object a line on its standard output; and, in memory shared with it, the plugin call that it is
// in, readable after any kind of death.
#pragma once
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <utility>

namespace elbo::host::launch {

/// Exit codes of a worker.
enum ExitCode : int {
  done = 0,
  failed = 1,      // recorded, not repeated by itself
  user_error = 2,  // the input is at fault
  transient = 75,  // what went wrong may pass by itself: tried again a few times
  again = 85,      // stopped on request after a checkpoint; the same command goes on
};

/// A moment of a run's life.
struct Event {
  std::string type{};  // "started", "progress", "epoch", "evaluating", "done", "failed", "stopped"
  int64_t epoch = 0, epochs = 0;
  double fraction = 0;  // of the whole run, 0..1
  double elbo = 0;      // of the last finished test pass (or training epoch), nats
  bool has_elbo = false;
  std::optional<std::pair<double, double>>
      terms{};               // reconstruction and kl of that elbo, where they are read from a log
  double per_second = 0;     // training data per second
  double seconds_left = -1;  // -1: not known
  std::string message{};     // for "failed", "stopped", "warning", "remark": one sentence
};

std::string to_line(const Event& event);
/// Nothing when the line is not an event (a plugin printed something, say).
std::optional<Event> event_from_line(const std::string& line);

/// Tells a worker the descriptor of the page; it is closed when the worker has started.
inline constexpr const char* call_page_variable = "ELBO_CALL_PAGE";
inline constexpr size_t call_page_size = 256;

class CallPage {
 public:
  /// Where the system gives none, no call is ever known.
  CallPage();
  ~CallPage();
  CallPage(const CallPage&) = delete;
  CallPage& operator=(const CallPage&) = delete;

  /// For a child's environment; inherited until forget_descriptor().
  std::string descriptor() const { return std::to_string(descriptor_); }
  void forget_descriptor();
  /// "likelihood:gaussian, in log_prob"; empty when the worker was in no plugin.
  std::string text() const;

 private:
  int descriptor_;
  char* page_ = nullptr;
};

/// The worker's side: the page that the environment names, or nothing.
char* inherited_call_page();

}  // namespace elbo::host::launch
