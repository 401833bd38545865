#pragma once
#include <filesystem>

#include "data/dataset.hpp"

namespace elbo::data {

/// Reads datasets/<name>.toml and checks every key. Throws UserError with file:line:column.
Description read_description(const std::filesystem::path& file);

}  // namespace elbo::data
