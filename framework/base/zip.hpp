// Zip archives through libzip: read from memory with every size checked, written without compression and with equal bytes for
// equal contents.
#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct zip;  // libzip's handle

namespace elbo::host {

struct ZipDiscard {
  void operator()(zip* archive) const;
};

/// An archive in memory. Its bytes must outlive it.
class ZipReader {
 public:
  /// Throws UserError naming `where`: no zip archive, or one that is cut short.
  ZipReader(std::span<const std::byte> archive, std::string where);

  /// The members' names in the order of the archive's directory.
  const std::vector<std::string>& names() const { return names_; }
  /// Whether the member at this place of names() is a file, not a link, a folder or a device, as far as the archive says what it is.
  bool is_regular(size_t member) const;
  /// The content of the member at this place of names(), its checksum verified. Throws UserError "<where>:<name>: ..." for one that is
  /// damaged, encrypted, packed by an unknown method, or claims more bytes than its packed ones can hold.
  std::vector<std::byte> read(size_t member) const;

 private:
  std::string where_;
  size_t size_;
  std::unique_ptr<zip, ZipDiscard> zip_;
  std::vector<std::string> names_;
};

/// A new archive; nothing is written before close(). Each member has the same time, so that equal contents give equal bytes.
class ZipWriter {
 public:
  /// Replaces a file of that name. Throws Error naming the file and the reason, as the others.
  explicit ZipWriter(std::filesystem::path file);
  void add(const std::string& name, std::string content);
  /// With a comment on the whole archive.
  void close(const std::string& comment);

 private:
  [[noreturn]] void fail(const std::string& reason) const;

  std::filesystem::path file_;
  std::vector<std::unique_ptr<std::string>> contents_;  // which libzip reads in close()
  std::unique_ptr<zip, ZipDiscard> zip_;
};

/// The comment of the archive in this file; "" when it has none or is no archive.
std::string zip_comment(const std::filesystem::path& file);

}  // namespace elbo::host
