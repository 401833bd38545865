// The IDX format of the MNIST files: two zero bytes, a type byte, the number of dimensions, their sizes as big-endian
// 32-bit integers, then the values, big-endian, row-major.
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>

#include "data/dataset.hpp"

namespace elbo::data {

/// Type and sizes only.
struct IdxHeader {
  uint8_t type = 0;
  Shape shape;
  size_t size = 0;  // bytes of the header itself
};

/// Throws UserError naming `file` when the bytes are no IDX header.
IdxHeader parse_idx_header(std::span<const std::byte> bytes, const std::filesystem::path& file);
/// Unsigned bytes stay bytes, every other type becomes float. Throws UserError naming `file`: no IDX file, too short,
/// too long, or an integer that a float cannot hold.
Array parse_idx(std::span<const std::byte> bytes, const std::filesystem::path& file);

}  // namespace elbo::data
