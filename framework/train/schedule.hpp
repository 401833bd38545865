#pragma once
#include "experiment/settings.hpp"

namespace elbo::host {

/// The learning rate as a factor of lr, in this epoch (from 0) of max_epochs.
double rate_factor(const ScheduleConfig& config, int64_t epoch, int64_t max_epochs);

}  // namespace elbo::host
