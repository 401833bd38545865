// Requests to stop, noted instead of ending the program.
#pragma once
#include <signal.h>

#include <array>

namespace elbo::launch {

/// While it lives, SIGINT, SIGTERM, SIGHUP and SIGUSR1 are noted; afterwards they do what they did before. One at a
/// time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Whether one of them came.
  bool asked() const { return first() != 0; }
  /// Whether Ctrl-C was typed twice. Other signals do not insist: a scheduler sends several of them.
  bool insisted() const;
  /// The first that came; 0 when none did. Stays known when this is gone, until there is another.
  static int first();

 private:
  std::array<struct sigaction, 4> previous_;
};

}  // namespace elbo::launch
