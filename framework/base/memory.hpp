// How much memory there is.
#pragma once

namespace elbo::host {

/// Bytes of this machine.
double machine_memory();

/// Bytes that this process may ask for: the machine's, or the limit that was set for it (RLIMIT_DATA).
double process_memory();

}  // namespace elbo::host
