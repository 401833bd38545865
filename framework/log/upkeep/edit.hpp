// Changing a log otherwise than by appending rows: the change is made to a draft beside it, which then takes its place.
// So a kill or a full disk at that moment leaves the log as it was, and a reader who has it open keeps what it sees.
#pragma once
#include <functional>

#include "hdf5/file.hpp"

namespace elbo::host::log {

using Change = std::function<void(h5::File&)>;

/// A new file with what `change` writes to it; replaces an old one of that name. Throws Error.
void create_file(const std::filesystem::path& path, const Change& change,
                 h5::Placement placement = h5::Placement::dense);
/// The file with its flags cleared and changed by `change`. Throws Error.
void edit_file(const std::filesystem::path& path, const Change& change);

}  // namespace elbo::host::log
