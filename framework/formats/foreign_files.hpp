// Files of other programs that are not read: what they are, and how to convert them.
#pragma once
#include <filesystem>
#include <string>

namespace elbo::host::formats {

/// Throws UserError where first bytes or extension are those of a format that is known and not read: a pickle, which may run code, or Parquet, Arrow,
/// Excel, Zarr, JPEG and others, each with a line that converts it.
void refuse_foreign(const std::filesystem::path& path, const std::string& bytes, const std::string& extension);

}  // namespace elbo::host::formats
