#include "train/plateau.hpp"

#include <algorithm>

namespace elbo::host {

void Plateau::see(double elbo, const ScheduleConfig& config, double lr) {
  if (elbo > best + config.threshold) {
    best = elbo;
    passes_without_better = 0;
    return;
  }
  if (++passes_without_better <= config.patience) return;
  passes_without_better = 0;
  const double least = lr > 0 ? config.min_lr / lr : 0;
  factor = std::max(factor * config.factor, least);
}

}  // namespace elbo::host
