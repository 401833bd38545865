// Single arrays out of HDF5 files.
#pragma once
#include <filesystem>
#include <string>

#include "data/dataset.hpp"

namespace elbo::data {

enum class StoredType { byte, integer, floating };

struct Hdf5Info {
  Shape shape;
  StoredType type = StoredType::byte;
};

/// Whether the file has an object of that name. Throws UserError when the file is missing or no readable HDF5 file.
bool hdf5_has(const std::filesystem::path& file, const std::string& dataset);
/// Shape and type without the values. Throws UserError naming file and dataset.
Hdf5Info hdf5_info(const std::filesystem::path& file, const std::string& dataset);
/// Unsigned bytes stay bytes, other integers and floats become float. Throws UserError naming file and dataset:
/// missing, damaged, truncated, or of a type that is no number.
Array read_hdf5(const std::filesystem::path& file, const std::string& dataset);

}  // namespace elbo::data
