// Arrays and texts out of HDF5 files that any program may have written. Whatever HDF5 refuses becomes a UserError here, since the
// file is the user's.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "formats/array.hpp"
#include "hdf5/file.hpp"

namespace elbo::host::formats {

class FloatPrecision;

enum class StoredType { byte, integer, floating };

struct Hdf5Info {
  Shape shape;
  StoredType type = StoredType::byte;
};

/// An open dataset of numbers.
struct Hdf5Set {
  std::string where;  // "<file>:<dataset>"
  h5::File file;
  h5::Dataset set;
  Hdf5Info info;
};

/// For reading. Throws UserError when the file is missing or no readable HDF5 file.
h5::File open_hdf5(const std::filesystem::path& file);
/// Whether the file has an object of that name. Throws as open_hdf5.
bool hdf5_has(const std::filesystem::path& file, const std::string& dataset);

/// Throws UserError naming file and dataset: missing, damaged, of a type that is no number, or a header that claims more
/// than is stored.
Hdf5Set open_hdf5_set(const std::filesystem::path& file, const std::string& dataset);
/// Shape and type without the values. Throws likewise.
Hdf5Info hdf5_info(const std::filesystem::path& file, const std::string& dataset);
/// Rows first .. first + count - 1: unsigned bytes stay bytes, other integers and floats become float. Floats of more than 32 bits are
/// added to `precision`, where that is given. Throws UserError.
Array read_rows(const Hdf5Set& opened, int64_t first, int64_t count, FloatPrecision* precision = nullptr);
/// All rows of a dataset. Throws UserError naming file and dataset: missing, damaged, truncated, of a type that is no number, or more
/// than this machine's memory.
Array read_hdf5(const std::filesystem::path& file, const std::string& dataset);
/// Integers of any width, whole and in memory order. Throws as read_hdf5, and for floats.
std::vector<int64_t> read_hdf5_integers(const std::filesystem::path& file, const std::string& dataset);

/// Whether the dataset holds texts; false when it is not there.
bool holds_texts(const h5::File& file, const std::string& dataset);
/// Texts of fixed or variable length, in memory order. Throws UserError naming file and dataset.
std::vector<std::string> read_texts(const h5::File& file, const std::string& dataset);

/// Every dataset of the file, but those that are damaged.
std::vector<Part> hdf5_parts(const h5::File& file);

}  // namespace elbo::host::formats
