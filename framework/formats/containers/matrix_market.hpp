// The Matrix Market format (Boisvert, Pozo & Remington 1996): coordinate or array; real, integer or pattern.
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>

#include "formats/array.hpp"

namespace elbo::host::formats {

/// [rows, columns]; `columns_are_data` gives [columns, rows], as for the genes x cells of 10x Genomics. Entries
/// that stand twice are added. Throws UserError naming file and line.
Array parse_matrix_market(std::span<const std::byte> bytes, const std::filesystem::path& file, bool columns_are_data);

}  // namespace elbo::host::formats
