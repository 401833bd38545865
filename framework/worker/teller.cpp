#include "worker/teller.hpp"

#include <cmath>
#include <iostream>

namespace elbo::worker {

using launch::Event;

void say(const Event& event) { std::cout << launch::to_line(event) << std::endl; }

bool Teller::too_soon() {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < std::chrono::milliseconds(250)) return true;
  last_ = now;
  return false;
}

void Teller::tick(const Progress& progress, double per_second) {
  if (!too_soon()) say(event("progress", progress, per_second));
}

void Teller::epoch(const Progress& progress, double per_second) { say(event("epoch", progress, per_second)); }

void Teller::evaluating(double fraction) {
  if (too_soon()) return;
  Event e{.type = "evaluating", .epoch = run_.train.max_epochs, .epochs = run_.train.max_epochs, .fraction = fraction};
  e.elbo = elbo_;
  e.has_elbo = has_elbo_;
  say(e);
}

void Teller::elbo(double value) {
  elbo_ = value;
  has_elbo_ = !std::isnan(value);
}

Event Teller::event(const char* type, const Progress& p, double per_second) const {
  const double steps = static_cast<double>((rows_ + run_.train.batch_size - 1) / run_.train.batch_size);
  const double epochs = static_cast<double>(run_.train.max_epochs);
  const double done = (static_cast<double>(p.epoch) + static_cast<double>(p.step) / steps) / epochs;
  Event e{.type = type, .epoch = p.epoch, .epochs = run_.train.max_epochs, .fraction = done};
  e.elbo = elbo_;
  e.has_elbo = has_elbo_;
  e.per_second = per_second;
  e.seconds_left = (1 - done) * static_cast<double>(rows_) * epochs / std::max(1e-9, per_second);
  return e;
}

}  // namespace elbo::worker
