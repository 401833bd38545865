// Memory shared with a worker, in which it keeps the plugin call that it is in: readable after any kind of death.
#pragma once
#include <string>

namespace elbo::launch {

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

}  // namespace elbo::launch
