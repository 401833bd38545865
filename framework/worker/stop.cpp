#include "worker/stop.hpp"

#include <signal.h>
#include <unistd.h>

#include "launch/protocol.hpp"

namespace elbo::worker {
namespace {

std::atomic<bool> asked = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

void on_interrupt(int) {
  if (asked.exchange(true)) _exit(launch::again);
}

void on_notice(int) {
  if (!asked.exchange(true)) alarm(seconds_to_save);
}

void on_alarm(int) { _exit(launch::again); }

}  // namespace

const std::atomic<bool>& listen_for_stops() {
  signal(SIGINT, on_interrupt);
  signal(SIGTERM, on_notice);
  signal(SIGUSR1, on_notice);
  signal(SIGALRM, on_alarm);
  return asked;
}

}  // namespace elbo::worker
