// The LZF filter, by which h5py packs datasets (compression="lzf"): read here, never written.
#pragma once
#include <hdf5.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace elbo::host::h5 {

/// The bytes that an LZF stream (Lehmann 2008) unpacks to, of which there must be exactly `size`; nothing where it is damaged.
std::optional<std::vector<uint8_t>> unpack_lzf(std::span<const uint8_t> packed, size_t size);

/// Tells the library of the filter, once, and that it must load no others: those that HDF5_PLUGIN_PATH names would be code of whoever set it.
void prepare_filters();

/// Whether every LZF filter of a dataset with these creation properties unpacks to a whole chunk of values of that many bytes. The library copies
/// a whole chunk from what a filter returns, so that a file that claims less must not be read.
bool lzf_fills_chunks(hid_t creation, size_t value_bytes);

}  // namespace elbo::host::h5
