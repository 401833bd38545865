#pragma once
#include <filesystem>

namespace elbo::worker {

/// Writes encoder.pt (x [N, X...] -> mean and scale of q(z|x)), decoder.pt (z [N, L] -> the raw parameters of p(x|z)) and
/// mean.pt (those of one datum [1, P] -> its mean [1, X...]) of a finished run, traced and checked on other input. Prints a line for each file, and why there is no encoder.pt if so.
/// Returns an exit code. Throws Error when the decoder or the mean cannot be traced.
int torchscript(const std::filesystem::path& run, const std::filesystem::path& folder);

}  // namespace elbo::worker
