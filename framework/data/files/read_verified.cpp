#include "data/files/read_verified.hpp"

#include <fmt/format.h>

#include "base/digest.hpp"
#include "data/files/locate.hpp"
#include "formats/decoded_file.hpp"
#include "formats/format.hpp"

namespace elbo::host::data {
namespace {

const formats::Format& format_of(const Description& description) {
  if (const formats::Format* format = formats::find_format(description.format)) return *format;
  throw Error(description.name + ": has no files of format '" + description.format + "'");
}

/// Of a table in files of its own for each part: the others have the columns, codes and origins of the training file.
bool is_read_as_training(const Description& description, const Description::File& file) {
  return !description.table.empty() && (file.role == "valid_x" || file.role == "test_x") &&
         format_of(description).part_key == "columns";
}

formats::Request request_for(const Description& description, const Description::File& file) {
  const bool is_part = is_read_as_training(description, file);
  return {.path = locate(description, file),
          .part = file.dataset,
          .labels = !file.role.ends_with("x"),
          .as_text = !file.role.ends_with("x") && !file.role.ends_with("labels"),
          .may_be_missing = file.role.find("condition") != std::string::npos,
          .values = description.shape.empty() ? 0 : numel(description.shape),
          .missing_values = description.missing_values,
          .images = description.images,
          .as_before = is_part ? &description.table : nullptr,
          .is_part = is_part};
}

/// Different parts of one file have the file's checksum, unless it is one of their values.
std::string digest_of(const formats::Format& format, const Description::File& file, const std::string& md5) {
  return format.container || file.dataset.empty() ? md5 : md5 + " " + file.dataset;
}

/// The digest is of the very bytes that became the array. The record has no hashes yet.
VerifiedFile read_and_hash(const Description& description, const Description::File& file) {
  const formats::Format& format = format_of(description);
  const formats::Request request = request_for(description, file);
  VerifiedFile stored{.array = {}, .record = {.role = file.role, .file = request.path.string(), .digest = {}}};
  std::string checksum;
  if (format.parse && !format.container) {
    const std::vector<std::byte> bytes = formats::decoded_bytes(request.path);
    checksum = md5(bytes);
    check_md5(file, checksum, request.path.string());
    stored.array = format.parse(bytes, request);
  } else {
    stored.array = formats::read_with(format, request);
    checksum = md5(formats::value_bytes(stored.array));
    check_md5(file, checksum, request.path.string() + ":" + file.dataset);
  }
  stored.record.digest = digest_of(format, file, checksum);
  return stored;
}

void add_hashes(VerifiedFile& stored) {
  ValueHasher hasher;
  hasher.add(stored.array);
  stored.record.shape = stored.array.shape;
  stored.record.columns = if_few(stored.array.columns);
  stored.record.hashes = hasher.hashes();
}

[[noreturn]] void refuse_changed(const Description::File& file, const FileRecord& now) {
  throw ChangedData(
      fmt::format("{}{}: has changed since the run was planned: {}; expected the content that it had then (MD5 {}); "
                  "put that file back, or "
                  "plan the experiment again with elbo run",
                  now.file, file.role.ends_with("x") ? "" : " (" + file.role.substr(file.role.rfind('_') + 1) + ")",
                  change_between(*file.planned, now), file.planned->digest));
}

/// Where these values are those of the plan, another part of the same file may not be: its labels.
void refuse_other_parts(const Description& description, const Description::File& file) {
  for (const Description::File& other : description.files) {
    if (other.role == file.role || other.name != file.name || !other.planned) continue;
    VerifiedFile part = read_and_hash(description, other);
    add_hashes(part);
    if (part.record.hashes != other.planned->hashes) refuse_changed(other, part.record);
  }
}

}  // namespace

void check_md5(const Description::File& file, const std::string& found, const std::string& where) {
  if (file.md5.empty() || file.md5 == found) return;
  throw UserError(where + ": its decoded content has MD5 " + found + "; expected " + file.md5 +
                  "; it is damaged or another version: fetch it again");
}

void check_planned(const Description& description, const Description::File& file, const FileRecord& found) {
  if (!file.planned || found.digest == file.planned->digest) return;
  if (!found.shape.empty() && found.hashes == file.planned->hashes) refuse_other_parts(description, file);
  refuse_changed(file, found);
}

Array read_verified(const Description& description, const Description::File& file) {
  VerifiedFile stored = as_when_planned(file, [&] { return read_and_hash(description, file); });
  if (file.planned && stored.record.digest != file.planned->digest) add_hashes(stored);
  check_planned(description, file, stored.record);
  return std::move(stored.array);
}

VerifiedFile read_recorded(const Description& description, const Description::File& file) {
  VerifiedFile stored = as_when_planned(file, [&] { return read_and_hash(description, file); });
  add_hashes(stored);
  check_planned(description, file, stored.record);
  return stored;
}

FileRecord record_of_file(const Description& description, const Description::File& file) {
  const formats::Format& format = format_of(description);
  if (file.seen) return *file.seen;
  if (!file.md5.empty())
    return {.role = file.role, .file = locate(description, file).string(), .digest = digest_of(format, file, file.md5)};
  return read_recorded(description, file).record;
}

}  // namespace elbo::host::data
