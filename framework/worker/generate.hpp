#pragma once
#include <filesystem>

namespace elbo::worker {

/// Does what the request file of `elbo sample`, `reconstruct`, `traverse`, `interpolate` or `manifold` asks: writes
/// <verb>.h5 and, of images, <verb>.png; prints {"wrote": file} or {"note": sentence} a line. Returns an exit code.
int generate(const std::filesystem::path& request);

}  // namespace elbo::worker
