// What a file or folder of one's own is and holds, before anything of it is chosen.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "data/array.hpp"

namespace elbo::data {

/// The format of formats.hpp that name and content speak for. Throws UserError: no such file, a pickle (with the line
/// that converts it), or nothing that is known.
std::string format_of_file(const std::filesystem::path& path);

/// All arrays of an HDF5, NPZ or MAT file, and the matrices and labels of single-cell data (cells x genes); nothing for formats
/// of one array. Throws UserError when it cannot be read.
std::vector<Part> contents(const std::filesystem::path& path, const std::string& format);
/// Of one format each.
std::vector<Part> hdf5_parts(const std::filesystem::path& path);
std::vector<Part> single_cell_parts(const std::filesystem::path& path, const std::string& format);

}  // namespace elbo::data
