#include "launch/stop_signals.hpp"

namespace elbo::launch {
namespace {

constexpr std::array<int, 3> numbers = {SIGINT, SIGTERM, SIGHUP};
volatile sig_atomic_t came = 0;

void count_one(int) { came = came + 1; }

}  // namespace

StopSignals::StopSignals() {
  came = 0;
  struct sigaction action {};
  action.sa_handler = count_one;
  // No SA_RESTART: a waiting poll is to return at once.
  for (size_t i = 0; i < numbers.size(); ++i) sigaction(numbers[i], &action, &previous_[i]);
}

StopSignals::~StopSignals() {
  for (size_t i = 0; i < numbers.size(); ++i) sigaction(numbers[i], &previous_[i], nullptr);
}

int StopSignals::count() const { return came; }

}  // namespace elbo::launch
