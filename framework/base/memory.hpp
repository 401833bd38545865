// How much memory there is.
#pragma once
#include <string>

namespace elbo::host {

/// Bytes of this machine.
double machine_memory();

/// Bytes that this process may ask for: the machine's, or the limit that was set for it (RLIMIT_DATA).
double process_memory();

/// What a gz, npz or mat file may unpack to: 4 GiB, or a quarter of process_memory(), since the values are held beside what they are read from.
double most_unpacked_bytes();

/// Throws UserError where `bytes` are more than that: some megabytes can unpack to more than any machine has.
void check_unpacked_size(double bytes, const std::string& where);

}  // namespace elbo::host
