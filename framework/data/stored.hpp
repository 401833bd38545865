// One file of a data set: found, its checksum verified, read.
#pragma once
#include <span>
#include <string>

#include "data/dataset.hpp"

namespace elbo::data {

/// Throws UserError: missing, damaged, truncated, or another checksum than the description's.
Array read_stored(const Description& description, const Description::File& file);
/// The array's values as bytes, in memory order: what the checksum of an HDF5 dataset is taken of.
std::span<const std::byte> bytes_of(const Array& array);
/// MD5 of the decoded content: from the description where it has one, else computed. Throws UserError when missing.
std::string content_md5(const Description& description, const Description::File& file);
/// Throws UserError naming `where` unless `found` is the description's checksum or it has none.
void check_md5(const Description::File& file, const std::string& found, const std::string& where);

}  // namespace elbo::data
