// Which libraries the user has asked for. The files of a run name any library, and loading one runs its code, so that a folder of results
// from somebody else could run anything.
#pragma once
#include <filesystem>

namespace elbo::host::plugins {

/// Whether the library lies in one of the folders of plugins, or trust() has been called for one of the same content.
bool is_trusted(const std::filesystem::path& library);

/// Remembers the library, by its content, as one that the user has asked for. What cannot be remembered has to be asked for again.
void trust(const std::filesystem::path& library);

}  // namespace elbo::host::plugins
