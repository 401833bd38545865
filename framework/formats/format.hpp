// The formats that data files may have. Each is one file of readers/, which defines a Format of the file's name; nothing else lists it.
#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/array.hpp"
#include "formats/format_names.hpp"
#include "formats/row_file.hpp"

namespace elbo::host::formats {

using Bytes = std::span<const std::byte>;

/// What is wanted of one file.
struct Request {
  std::filesystem::path path;
  std::string part;             // the dataset, variable, member or columns inside; empty: the format's own default
  bool labels = false;          // one number a data point, names as codes
  bool as_text = false;         // labels: of a text table the fields as they are, also numbers and however many differ
  bool may_be_missing = false;  // labels: NaN where there is none, instead of an error
  int64_t values = 0;           // of one data point where that is known, else 0
  std::vector<std::string> missing_values{};  // what else stands for a missing value in text
  ImageOptions images{};
  /// Columns as another text table had them: those that are kept there are found by name and read as there, codes and units with them.
  const std::vector<TableColumn>* as_before = nullptr;
  bool is_part =
      false;  // as_before is another part of the same data: names that it lacks get codes behind its own, and a table with them
};

/// A file or folder whose format is asked for.
struct Candidate {
  std::filesystem::path path;
  std::string extension;  // ".csv", also of "a.csv.gz"
  std::string bytes;      // its first ones; none of a folder

  bool is_folder() const { return std::filesystem::is_directory(path); }
  bool is_hdf5() const { return bytes.starts_with("\x89HDF"); }
  /// Whether the folder has a file of this name, packed or not.
  bool holds(const std::string& name) const {
    return std::filesystem::exists(path / name) || std::filesystem::exists(path / (name + ".gz"));
  }
};

/// How much speaks for a format; more outweighs less.
enum class Match { none, by_name, by_content, by_what_is_inside };

/// All that is thrown is UserError: missing, damaged, or no such part.
struct Format {
  std::string_view name;
  std::string_view extensions{};               // ".csv .tsv": a match by name
  Match (*match)(const Candidate&) = nullptr;  // by more than those
  /// One of the two: `parse` is given the decoded bytes, `read` opens the file or folder itself.
  Array (*parse)(Bytes bytes, const Request& request) = nullptr;
  Array (*read)(const Request& request) = nullptr;
  /// All arrays inside, and whether there is one of this name; null for formats of one array.
  std::vector<Part> (*parts)(const std::filesystem::path& path) = nullptr;
  bool (*has)(const std::filesystem::path& path, const std::string& part) = nullptr;
  /// For formats whose rows can be read without the rest of the file; else null.
  std::unique_ptr<RowFile> (*open_rows)(const std::filesystem::path& path, const std::string& part) = nullptr;
  std::string (*advice)(const Part& part) = nullptr;  // for `elbo data info`, beside a part or the file; may be empty
  std::string_view part_key{};     // what a description calls the part inside: "dataset", "columns", or nothing
  std::string_view label_group{};  // stands before a label's name that has no group
  bool container = false;          // a checksum is one of the values, not of the bytes of the file
  bool holds_counts = false;       // however small they are
  bool has_main_array = false;     // which is meant where no part is named
  bool is_image_folder = false;    // read with Request::images
};

/// All, in alphabetical order of their files.
const std::vector<const Format*>& formats();
/// Nothing when there is no such format.
const Format* find_format(std::string_view name);
/// What name and content of a file or folder speak for. Throws UserError: no such file, a pickle (with the line that converts it), or
/// nothing that is known.
const Format& format_of_file(const std::filesystem::path& path);

/// Its decoded bytes are looked at by `parse`, or `read` is asked. Throws UserError.
Array read_with(const Format& format, const Request& request);
/// Whether files of this format can be read by rows.
bool has_rows(std::string_view format);
/// Of a format that has_rows(). Throws UserError: missing, damaged, packed, or not stored row by row.
std::unique_ptr<RowFile> open_rows(std::string_view format, const std::filesystem::path& path, const std::string& part);

// Files of other programs that are not read: what they are, and how to convert them.

/// Throws UserError where first bytes or extension are those of a format that is known and not read: a pickle, which may run code, or Parquet, Arrow,
/// Excel, Zarr, TIFF and others, each with a line that converts it; or of one image.
void refuse_foreign(const std::filesystem::path& path, const std::string& bytes, const std::string& extension);

}  // namespace elbo::host::formats
