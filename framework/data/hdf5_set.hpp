// An open dataset of an HDF5 file.
#pragma once
#include <filesystem>
#include <string>

#include "data/hdf5_handle.hpp"
#include "data/hdf5_reader.hpp"

namespace elbo::data {

class FloatPrecision;

struct Hdf5Set {
  std::string where;  // "<file>:<dataset>"
  Handle file, set, type;
  Hdf5Info info;
};

/// Throws UserError naming file and dataset: missing, damaged, of a type that is no number, or a header that claims more
/// than is stored.
Hdf5Set open_hdf5_set(const std::filesystem::path& file, const std::string& dataset);
/// Rows first .. first + count - 1, typed as read_hdf5 gives them; floats of more than 32 bits are added to `precision`, where
/// that is given. Throws UserError.
Array read_rows(const Hdf5Set& opened, int64_t first, int64_t count, FloatPrecision* precision = nullptr);

}  // namespace elbo::data
