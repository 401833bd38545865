#include "launch/stop_signals.hpp"

namespace elbo::launch {
namespace {

constexpr std::array<int, 4> numbers = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
volatile sig_atomic_t first_number = 0;
volatile sig_atomic_t interrupts = 0;

void note(int number) {
  if (first_number == 0) first_number = number;
  if (number == SIGINT) interrupts = interrupts + 1;
}

}  // namespace

StopSignals::StopSignals() {
  first_number = 0;
  interrupts = 0;
  struct sigaction action{};
  action.sa_handler = note;
  // No SA_RESTART: a waiting poll is to return at once.
  for (size_t i = 0; i < numbers.size(); ++i) sigaction(numbers[i], &action, &previous_[i]);
}

StopSignals::~StopSignals() {
  for (size_t i = 0; i < numbers.size(); ++i) sigaction(numbers[i], &previous_[i], nullptr);
}

bool StopSignals::insisted() const { return interrupts > 1; }
int StopSignals::first() { return first_number; }

}  // namespace elbo::launch
