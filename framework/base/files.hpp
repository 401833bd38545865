#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace elbo::host {

/// The whole file. Throws UserError naming the file and the system's reason.
std::string read_file(const std::filesystem::path& file);
/// Writes to a temporary name beside it, syncs and renames: the file is there whole or not at all. Devices and pipes are written to as they are.
/// Throws Error naming the file and the system's reason (read-only, ...); TransientError when the disk is full, say.
void write_atomically(const std::filesystem::path& file, std::string_view content);
/// The same of what next() gives piece by piece, until one is empty. Throws what next() throws, too; the file is then as it was.
void write_atomically(const std::filesystem::path& file, const std::function<std::string()>& next);
/// Renames `from` to `to` after syncing the file, then syncs the folder. Throws likewise.
void publish(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace elbo::host
