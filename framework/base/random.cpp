#include "base/random.hpp"

namespace elbo::host {

// True with probability exp(-1/2): the length n of the run 1/2 > u1 > u2 > ... is even with probability
// sum_n (-1/2)^n / n! (von Neumann 1951).
bool Draws::exp_minus_half() {
  double last = 0.5;
  for (bool even = true;; even = !even) {
    const double u = uniform();
    if (u >= last) return even;
    last = u;
  }
}

// True with probability exp(-x (2k + x) / (2k + 2)), by the same run with each step kept with (2k + x) / (2k + 2).
bool Draws::exp_minus_step(int64_t k, double x) {
  const double keep = (2.0 * static_cast<double>(k) + x) / (2.0 * static_cast<double>(k) + 2.0);
  double last = x;
  for (bool even = true;; even = !even) {
    const double u = uniform();
    if (u >= last || !flip(keep)) return even;
    last = u;
  }
}

double Draws::normal() {
  for (;;) {
    int64_t k = 0;
    while (exp_minus_half()) ++k;
    bool accepted = true;
    for (int64_t i = 0; accepted && i < k * (k - 1); ++i) accepted = exp_minus_half();
    if (!accepted) continue;
    const double x = uniform();
    for (int64_t i = 0; accepted && i <= k; ++i) accepted = exp_minus_step(k, x);
    if (!accepted) continue;
    const double magnitude = static_cast<double>(k) + x;
    return flip(0.5) ? -magnitude : magnitude;
  }
}

}  // namespace elbo::host
