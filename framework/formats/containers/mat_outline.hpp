// The outline of MATLAB's files of version 5, checked before libmatio sees them: it believes every length in them.
#pragma once
#include <filesystem>
#include <string_view>

namespace elbo::host::formats {

/// Throws UserError unless the bytes are a MAT file of version 5 whose parts lie within each other and whose arrays have as
/// many values as they say, or one of version 7.3, which is HDF5 behind its header.
void check_mat_outline(std::string_view bytes, const std::filesystem::path& file);

}  // namespace elbo::host::formats
