#pragma once
#include <filesystem>
#include <optional>

#include "data/dataset.hpp"

namespace elbo::host::data {

/// Where the file lies, packed (.gz) or not; nothing when it is in none of the description's folders.
std::optional<std::filesystem::path> located(const Description& description, const Description::File& file);
/// The same; throws UserError naming the folders and how to get the data.
std::filesystem::path locate(const Description& description, const Description::File& file);
/// Whether every file is there.
bool present(const Description& description);

}  // namespace elbo::host::data
