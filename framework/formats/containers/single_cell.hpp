// What the HDF5 formats of single-cell biology share: count matrices, dense or compressed, and columns of labels.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "formats/array.hpp"
#include "formats/containers/sparse.hpp"
#include "hdf5/file.hpp"

namespace elbo::host::formats {

/// Throws UserError "<file>:<part>: found; expected ...".
[[noreturn]] void refuse_group(const std::filesystem::path& file, const std::string& part, const std::string& found,
                               const std::string& expected);
/// The three arrays of a group; its rows and columns are still to be set. Throws UserError.
Compressed read_compressed(const std::filesystem::path& file, const std::string& group);
/// Texts as codes, numbers as they are. Throws UserError.
Array labels_or_values(const h5::File& file, const std::string& part);
/// The matrices and the columns of labels, which lie in groups that begin with `labels` ("obs/").
std::vector<Part> single_cell_parts(const std::filesystem::path& path, const std::string& labels);

}  // namespace elbo::host::formats
