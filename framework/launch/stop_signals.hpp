// Ctrl-C, counted instead of ending the program.
#pragma once
#include <signal.h>

#include <array>

namespace elbo::launch {

/// While it lives, SIGINT, SIGTERM and SIGHUP are counted; afterwards they do what they did before. One at a
/// time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// How often one of them came.
  int count() const;

 private:
  std::array<struct sigaction, 3> previous_;
};

}  // namespace elbo::launch
