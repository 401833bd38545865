// What a worker may take of the machine, so that a plugin that asks for too much ends its own run only, and how it ends.
#pragma once
#include "experiment/settings.hpp"

namespace elbo::worker {

/// A crash ends the process without a word: what a plugin said last is then its last words. Some builds of libtorch bring a library
/// (UCX) that would write a page of its own after them.
void crash_silently();

/// Asking for more memory than config.memory_limit_gb (0: than the machine has) fails from now on, instead of making
/// the system kill some process; if it must, it takes this one first. Writing over a quota becomes an error as well.
void set_limits(const TrainConfig& config);

}  // namespace elbo::worker
