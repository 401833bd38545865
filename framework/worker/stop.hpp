// Signals that ask a worker to stop.
#pragma once
#include <atomic>

namespace elbo::worker {

/// A run has this long to reach the end of its step and to save; systems that take machines away rarely give more.
inline constexpr unsigned seconds_to_save = 4;

/// From now on SIGINT, SIGTERM and SIGUSR1 set the flag that is returned. After SIGTERM or SIGUSR1 the process ends
/// with launch::again when seconds_to_save are over, whatever it is doing: the last checkpoint holds. After a second
/// SIGINT it does so at once.
const std::atomic<bool>& listen_for_stops();

}  // namespace elbo::worker
