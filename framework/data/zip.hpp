// Zip archives as NumPy writes them: members stored or deflated, zip64 included.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace elbo::data {

struct ZipMember {
  std::string name;
  uint16_t method = 0;  // 0 stored, 8 deflated
  uint32_t crc = 0;
  uint64_t packed = 0, size = 0, offset = 0;
};

/// The members in the order of the central directory. Throws UserError naming `where`: no archive, or truncated.
std::vector<ZipMember> zip_members(std::span<const std::byte> archive, const std::string& where);
/// The member's content, its checksum verified. Throws UserError naming `where`.
std::vector<std::byte> unzipped(std::span<const std::byte> archive, const ZipMember& member, const std::string& where);

}  // namespace elbo::data
