#include "base/zip.hpp"

#include <fmt/format.h>
#include <zip.h>

#include <elbo/error.hpp>

#include "base/memory.hpp"

namespace elbo::host {
namespace {

constexpr size_t smallest_archive = 22;         // the record at the end of an empty one
constexpr time_t first_day_of_zip = 315576000;  // noon of 1980-01-01, UTC
constexpr zip_uint64_t most_gain = 1032;        // of deflate, by which a damaged size is told

[[noreturn]] void refuse(const std::string& where, const std::string& found) {
  throw UserError(where + ": " + found +
                  "; expected a whole zip archive, as .npz files and packs are; fetch or copy it again");
}

std::string message_of(zip_error_t* error) {
  if (zip_error_code_zip(error) == ZIP_ER_CRC) return "has another checksum than the archive says";
  return fmt::format("cannot be unpacked (libzip says \"{}\")", zip_error_strerror(error));
}

struct CloseMember {
  void operator()(zip_file_t* member) const { zip_fclose(member); }
};

}  // namespace

void ZipDiscard::operator()(zip* archive) const { zip_discard(archive); }

ZipReader::ZipReader(std::span<const std::byte> archive, std::string where)
    : where_(std::move(where)), size_(archive.size()) {
  // libzip takes no bytes at all for an archive without members.
  if (size_ < smallest_archive) refuse(where_, fmt::format("has only {} bytes", size_));
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(archive.data(), archive.size(), 0, &error);
  zip_.reset(source ? zip_open_from_source(source, ZIP_RDONLY, &error) : nullptr);
  if (!zip_) {
    const std::string reason = zip_error_strerror(&error);
    zip_source_free(source);
    zip_error_fini(&error);
    refuse(where_, fmt::format("is truncated or no zip archive (libzip says \"{}\")", reason));
  }
  const zip_int64_t count = zip_get_num_entries(zip_.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* name = zip_get_name(zip_.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
    names_.emplace_back(name ? name : "");
  }
}

bool ZipReader::is_regular(size_t member) const {
  constexpr zip_uint32_t type_bits = 0170000, regular = 0100000;  // of st_mode, in the upper half
  zip_uint8_t system = 0;
  zip_uint32_t attributes = 0;
  if (zip_file_get_external_attributes(zip_.get(), member, 0, &system, &attributes) != 0) return false;
  const zip_uint32_t type = attributes >> 16 & type_bits;
  return !names_.at(member).ends_with('/') && (system != ZIP_OPSYS_UNIX || type == 0 || type == regular);
}

std::vector<std::byte> ZipReader::read(size_t member) const {
  const std::string where = where_ + ":" + names_.at(member);
  zip_stat_t stat;
  constexpr zip_uint64_t sizes = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
  if (zip_stat_index(zip_.get(), member, 0, &stat) != 0 || (stat.valid & sizes) != sizes)
    refuse(where, "states no size");
  if (stat.comp_size > size_) refuse(where, "is truncated or damaged");
  if (stat.size > most_gain * stat.comp_size + 1024) refuse(where, fmt::format("claims {} bytes", stat.size));
  check_unpacked_size(static_cast<double>(stat.size), where);
  const std::unique_ptr<zip_file_t, CloseMember> file(zip_fopen_index(zip_.get(), member, 0));
  if (!file) refuse(where, message_of(zip_get_error(zip_.get())));
  std::vector<std::byte> content(stat.size);
  size_t there = 0;
  std::byte beyond{};
  // The read past the end is the one that compares the checksum.
  for (zip_int64_t count = 1; count > 0; there += static_cast<size_t>(count)) {
    const bool is_whole = there == content.size();
    count = zip_fread(file.get(), is_whole ? &beyond : content.data() + there, is_whole ? 1 : content.size() - there);
    if (count < 0) refuse(where, message_of(zip_file_get_error(file.get())));
    if (is_whole && count > 0) refuse(where, "holds more bytes than the archive says");
  }
  if (there != content.size()) refuse(where, "holds fewer bytes than the archive says");
  return content;
}

ZipWriter::ZipWriter(std::filesystem::path file) : file_(std::move(file)) {
  int error = 0;
  zip_.reset(zip_open(file_.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error));
  if (!zip_) fail("cannot be created");
}

void ZipWriter::add(const std::string& name, std::string content) {
  contents_.push_back(std::make_unique<std::string>(std::move(content)));
  zip_source_t* source = zip_source_buffer(zip_.get(), contents_.back()->data(), contents_.back()->size(), 0);
  const zip_int64_t member = zip_file_add(zip_.get(), name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (member < 0) {
    zip_source_free(source);
    fail(zip_strerror(zip_.get()));
  }
  zip_set_file_compression(zip_.get(), static_cast<zip_uint64_t>(member), ZIP_CM_STORE, 0);
  zip_file_set_mtime(zip_.get(), static_cast<zip_uint64_t>(member), first_day_of_zip, 0);
}

void ZipWriter::close(const std::string& comment) {
  zip_set_archive_comment(zip_.get(), comment.c_str(), static_cast<zip_uint16_t>(comment.size()));
  if (zip_close(zip_.get()) != 0) fail(zip_strerror(zip_.get()));
  static_cast<void>(zip_.release());  // zip_close has freed it
}

void ZipWriter::fail(const std::string& reason) const {
  throw Error(file_.string() + ": " + reason + "; expected a place to write");
}

std::string zip_comment(const std::filesystem::path& file) {
  int error = 0, length = 0;
  const std::unique_ptr<zip, ZipDiscard> archive(zip_open(file.c_str(), ZIP_RDONLY, &error));
  const char* comment = archive ? zip_get_archive_comment(archive.get(), &length, ZIP_FL_ENC_RAW) : nullptr;
  return comment ? std::string(comment, static_cast<size_t>(length)) : "";
}

}  // namespace elbo::host
