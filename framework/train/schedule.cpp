#include "train/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace elbo::host {
namespace {

// Burda et al. (2016): 3^i epochs at 10^(-i/7), i = 0..7.
double burda(int64_t epoch) {
  int64_t length = 1, end = 1;
  for (int i = 0; i < 7; ++i) {
    if (epoch < end) return std::pow(10.0, -i / 7.0);
    length *= 3;
    end += length;
  }
  return 0.1;
}

double shape(const ScheduleConfig& config, int64_t epoch, int64_t max_epochs) {
  if (config.name == "steps") {
    const auto passed =
        std::count_if(config.milestones.begin(), config.milestones.end(), [&](int64_t m) { return epoch >= m; });
    return std::pow(config.factor, static_cast<double>(passed));
  }
  if (config.name == "exponential") return std::pow(config.factor, static_cast<double>(epoch));
  if (config.name == "cosine") {
    const double progress = static_cast<double>(epoch) / static_cast<double>(std::max<int64_t>(1, max_epochs - 1));
    return config.final_fraction +
           (1 - config.final_fraction) * 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, progress)));
  }
  if (config.name == "burda") return burda(epoch);
  return 1;
}

}  // namespace

double rate_factor(const ScheduleConfig& config, int64_t epoch, int64_t max_epochs) {
  const double warmup = config.warmup_epochs > 0
                            ? std::min(1.0, static_cast<double>(epoch + 1) / static_cast<double>(config.warmup_epochs))
                            : 1.0;
  return warmup * shape(config, epoch, max_epochs);
}

}  // namespace elbo::host
