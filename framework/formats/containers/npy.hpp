// NumPy's own format (.npy, versions 1 to 3).
#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "formats/array.hpp"

namespace elbo::host::formats {

class FloatPrecision;

/// What the header says.
struct NpyHeader {
  char kind = 'f';  // of the type: f, i, u, b
  size_t width = 4;
  bool big_endian = false, fortran_order = false;
  Shape shape;
  size_t size = 0;  // bytes before the first value
};

/// Throws UserError naming `where`: no NPY, or a type that is no number (object arrays are never unpickled).
NpyHeader parse_npy_header(std::span<const std::byte> bytes, const std::string& where);
/// Throws UserError unless as many bytes follow the header as it promises.
void check_npy_size(const NpyHeader& header, size_t following, const std::string& where);
/// The values of `bytes`, an array of that shape in the header's type and order; 64-bit floats are added to `precision`, where
/// that is given. Throws UserError.
Array npy_values(const NpyHeader& header, const Shape& shape, std::span<const std::byte> bytes,
                 const std::string& where, FloatPrecision* precision = nullptr);
/// Row-major whatever the file's order; unsigned bytes and booleans stay bytes, all else becomes float. Throws
/// UserError.
Array parse_npy(std::span<const std::byte> bytes, const std::string& where);
/// The same, or codes where the array holds texts (numpy's types U and S).
Array parse_npy_labels(std::span<const std::byte> bytes, const std::string& where);

/// A file of version 1.0: `type` as "<f4", the sizes, the values row-major.
std::string npy_bytes(const char* type, const Shape& shape, const std::string& values);

}  // namespace elbo::host::formats
