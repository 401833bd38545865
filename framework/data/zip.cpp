#include "data/zip.hpp"

#include <zlib.h>

#include <algorithm>
#include <concepts>
#include <memory>

#include <elbo/error.hpp>

namespace elbo::data {
namespace {

// Sizes and places below are those of PKWARE's APPNOTE 6.3.
constexpr uint32_t end_mark = 0x06054b50, end64_mark = 0x06064b50, locator64_mark = 0x07064b50;
constexpr uint32_t entry_mark = 0x02014b50, local_mark = 0x04034b50;
constexpr size_t end_size = 22, locator_size = 20, end64_size = 56, entry_size = 46, local_size = 30;

/// The bytes with every access checked.
class Archive {
 public:
  Archive(std::span<const std::byte> bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {}

  [[noreturn]] void refuse(const std::string& found) const {
    throw UserError(where_ + ": " + found + "; expected a whole zip archive (.npz); fetch or copy it again");
  }
  std::span<const std::byte> part(uint64_t at, uint64_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) refuse("is truncated or damaged");
    return bytes_.subspan(at, size);
  }
  template <std::unsigned_integral T>
  T number(uint64_t at) const {
    const auto bytes = part(at, sizeof(T));
    T value = 0;
    for (size_t i = sizeof(T); i-- > 0;)
      value = static_cast<T>(static_cast<uint64_t>(value) << 8 | std::to_integer<T>(bytes[i]));
    return value;
  }
  bool marked(uint64_t at, uint32_t mark) const { return at + 4 <= bytes_.size() && number<uint32_t>(at) == mark; }
  uint64_t size() const { return bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
  std::string where_;
};

// The record at the end may be followed by a comment of up to 65535 bytes.
uint64_t end_record(const Archive& archive) {
  if (archive.size() < end_size) archive.refuse("has only " + std::to_string(archive.size()) + " bytes");
  const uint64_t last = archive.size() - end_size, first = last > 65535 ? last - 65535 : 0;
  for (uint64_t at = last + 1; at-- > first;)
    if (archive.marked(at, end_mark)) return at;
  archive.refuse("has no directory at its end (truncated, or no zip)");
}

struct Directory {
  uint64_t count, at;
};

Directory directory_of(const Archive& archive) {
  const uint64_t end = end_record(archive);
  if (end >= locator_size && archive.marked(end - locator_size, locator64_mark)) {
    const auto at = archive.number<uint64_t>(end - locator_size + 8);
    archive.part(at, end64_size);
    if (!archive.marked(at, end64_mark)) archive.refuse("has a damaged directory");
    return {archive.number<uint64_t>(at + 32), archive.number<uint64_t>(at + 48)};
  }
  return {archive.number<uint16_t>(end + 10), archive.number<uint32_t>(end + 16)};
}

// Of the zip64 field only those numbers are there that did not fit their usual places.
void read_zip64(const Archive& archive, uint64_t at, uint64_t size, ZipMember& member) {
  for (const uint64_t end = at + size; at + 4 <= end;) {
    const auto id = archive.number<uint16_t>(at), length = archive.number<uint16_t>(at + 2);
    uint64_t value = at + 4;
    at = value + length;
    if (id != 1) continue;
    for (uint64_t* number : {&member.size, &member.packed, &member.offset})
      if (*number == UINT32_MAX && value + 8 <= at) {
        *number = archive.number<uint64_t>(value);
        value += 8;
      }
  }
}

}  // namespace

std::vector<ZipMember> zip_members(std::span<const std::byte> bytes, const std::string& where) {
  const Archive archive(bytes, where);
  const Directory directory = directory_of(archive);
  std::vector<ZipMember> members;
  uint64_t at = directory.at;
  for (uint64_t i = 0; i < directory.count; ++i) {
    archive.part(at, entry_size);
    if (!archive.marked(at, entry_mark)) archive.refuse("has a damaged directory");
    ZipMember member;
    member.method = archive.number<uint16_t>(at + 10);
    member.crc = archive.number<uint32_t>(at + 16);
    member.packed = archive.number<uint32_t>(at + 20);
    member.size = archive.number<uint32_t>(at + 24);
    member.offset = archive.number<uint32_t>(at + 42);
    const auto name = archive.number<uint16_t>(at + 28), extra = archive.number<uint16_t>(at + 30),
               comment = archive.number<uint16_t>(at + 32);
    const auto text = archive.part(at + entry_size, name);
    member.name.assign(reinterpret_cast<const char*>(text.data()), text.size());
    read_zip64(archive, at + entry_size + name, extra, member);
    at += entry_size + name + extra + comment;
    members.push_back(std::move(member));
  }
  return members;
}

std::vector<std::byte> unzipped(std::span<const std::byte> bytes, const ZipMember& member, const std::string& where) {
  const Archive archive(bytes, where + ":" + member.name);
  archive.part(member.offset, local_size);
  if (!archive.marked(member.offset, local_mark)) archive.refuse("is not where the directory says");
  const uint64_t begin = member.offset + local_size + archive.number<uint16_t>(member.offset + 26) +
                         archive.number<uint16_t>(member.offset + 28);
  const auto packed = archive.part(begin, member.packed);
  // Deflate gains a factor of 1032 at most: a damaged directory may claim any size.
  if (member.size > 1032 * member.packed + 1024) archive.refuse("claims " + std::to_string(member.size) + " bytes");
  std::vector<std::byte> content(member.size);
  if (member.method == 0) {
    if (member.size != member.packed) archive.refuse("is stored in another length than its own");
    std::copy(packed.begin(), packed.end(), content.begin());
  } else if (member.method == 8) {
    if (std::max(member.size, member.packed) > UINT32_MAX) archive.refuse("is deflated and larger than 4 GiB");
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) archive.refuse("zlib cannot start");
    const std::unique_ptr<z_stream, int (*)(z_stream*)> closer(&stream, &inflateEnd);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(content.data());
    stream.avail_out = static_cast<uInt>(content.size());
    if (inflate(&stream, Z_FINISH) != Z_STREAM_END || stream.avail_out > 0) archive.refuse("is damaged");
  } else {
    archive.refuse("is packed by method " + std::to_string(member.method));
  }
  if (crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()) != member.crc)
    archive.refuse("has another checksum than the archive says");
  return content;
}

}  // namespace elbo::data
