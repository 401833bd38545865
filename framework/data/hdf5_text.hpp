// Texts and attributes of HDF5 files, as the formats made of HDF5 use them.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace elbo::data {

/// Whether the object at `path` is a group; false when it is not there or is something else.
bool hdf5_is_group(const std::filesystem::path& file, const std::string& path);
/// Whether the dataset at `path` holds texts.
bool hdf5_is_text(const std::filesystem::path& file, const std::string& path);
/// Texts of fixed or variable length, in memory order. Throws UserError naming file and dataset.
std::vector<std::string> read_hdf5_texts(const std::filesystem::path& file, const std::string& path);
/// A text attribute of an object; nothing when there is none.
std::optional<std::string> hdf5_text_attribute(const std::filesystem::path& file, const std::string& object,
                                               const std::string& name);
/// A small integer array as attribute; empty when there is none.
std::vector<int64_t> hdf5_integer_attribute(const std::filesystem::path& file, const std::string& object,
                                            const std::string& name);

}  // namespace elbo::data
