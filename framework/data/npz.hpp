// NumPy's archives of arrays (.npz).
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/zip.hpp"
#include "data/dataset.hpp"

namespace elbo::data {

/// The names of the archive's arrays, in its order: those of its members, without ".npy".
std::vector<std::string> npz_names(const ZipReader& archive);
/// Whether there is an array of that name.
bool npz_has(std::span<const std::byte> archive, const std::string& name, const std::string& where);
/// The array of that name; an empty name means the only one of numbers. Members of Python objects are left alone unless
/// asked for. Throws UserError naming `where` and the names there are.
Array parse_npz(std::span<const std::byte> archive, const std::string& name, const std::string& where);

}  // namespace elbo::data
