// MATLAB's files: version 5 and older through libmatio, where it was there at build time; 7.3 are HDF5.
#pragma once
#include <filesystem>
#include <string>

#include "data/array.hpp"

namespace elbo::data {

/// The variable, row-major with MATLAB's own order of dimensions; an empty name means the only numeric one, and
/// "faces'" is the transposed, for data in columns. Unsigned bytes and logicals stay bytes, all else becomes float.
/// Throws UserError naming file and variable.
Array read_mat(const std::filesystem::path& file, const std::string& variable);
/// Whether there is a variable of that name. Throws UserError.
bool mat_has(const std::filesystem::path& file, const std::string& variable);

/// All variables, with MATLAB's own order of dimensions. Throws UserError.
std::vector<Part> mat_parts(const std::filesystem::path& file);

}  // namespace elbo::data
