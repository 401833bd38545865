// Single arrays out of HDF5 files.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

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
/// Integers of any width, whole and in memory order. Throws as read_hdf5, and for floats.
std::vector<int64_t> read_hdf5_integers(const std::filesystem::path& file, const std::string& dataset);

}  // namespace elbo::data
