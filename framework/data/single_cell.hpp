// Count matrices of single-cell biology in HDF5: AnnData (.h5ad), loom, and the feature-barcode matrices of 10x
// Genomics. All are given as cells x genes, whatever their files hold.
#pragma once
#include <filesystem>
#include <string>

#include "data/dataset.hpp"

namespace elbo::data {

/// `part` is "X" when empty, "layers/<name>", or for labels "obs/<column>" (categorical, numbers or texts). Dense,
/// CSR and CSC. Throws UserError naming file and part.
Array read_h5ad(const std::filesystem::path& file, const std::string& part);
/// `part` is "matrix" when empty, "layers/<name>", or for labels "col_attrs/<name>". Throws UserError.
Array read_loom(const std::filesystem::path& file, const std::string& part);
/// The group "matrix". Throws UserError.
Array read_10x_h5(const std::filesystem::path& file);

}  // namespace elbo::data
