// What a data set is: where its files lie, what is in them, how they are split. Of a shipped one, or made of a file of the user's.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <elbo/observation.hpp>

#include "data/files/file_record.hpp"
#include "experiment/settings.hpp"
#include "formats/array.hpp"

namespace elbo::host::data {

/// The rows of its file that a part holds, in the order in which it holds them. They are drawn, so that the first so many of
/// any part, however its file is sorted, are a random sample of it.
struct SplitRows {
  std::vector<int64_t> train, valid, test;
};

/// datasets/<name>.toml, read and checked.
struct Description {
  std::string name, title, licence, citation, source, how_to_get;
  std::filesystem::path file;  // the description itself
  std::string format;          // of a reader in formats/readers, or "generated"
  struct File {
    std::string
        role;  // x, labels, groups, strata or time of train_, valid_ or test_; these alone where there is no split
    std::string name;                  // file or folder name, found in one of `folders`
    std::string dataset;               // what inside the file: an HDF5 path, a member, a variable, columns of a table
    std::string md5;                   // of the decoded bytes (uncompressed file) or values; empty when not known
    std::optional<FileRecord> seen{};  // what it held when the description was made of it
    std::optional<FileRecord> planned{};  // what it must hold: reading anything else throws ChangedData
  };
  std::vector<File> files;
  std::vector<std::string> folders;                     // where the files may lie, first match wins
  std::string debian_package, npm_package, npm_folder;  // where they can be had
  std::string generator;                                // for "generated"
  std::vector<std::pair<std::string, double>> generator_settings;
  Shape shape;
  bool channels_last =
      false;  // the files hold images as height x width x channels; `shape` is channels x height x width
  bool has_channels = false;        // the files hold [rows, a, b, c], so that `layout` has a meaning
  formats::ImageOptions images;     // what is made of the images of a folder
  formats::ImageFacts image_facts;  // what they are before that, in any part
  Support support = Support::levels;
  int64_t levels = 256;
  std::vector<std::string> columns;         // names of the columns, in order; empty: not said
  std::vector<formats::TableColumn> table;  // what was read of each column of a text table, also of those left out
  std::vector<std::string> notes;           // sentences about what was left out or changed
  std::vector<std::string> missing_values;  // what else stands for a missing value in text
  int64_t train = 0, valid = 0, test = 0;   // rows that can be used; valid: of files of their own, else 0
  /// Rows of each part that have missing values and are left out; "" is the part of one file without a split.
  std::map<std::string, int64_t> left_out;
  bool masked = false;  // rows with missing values are used: a missing value is NaN and no likelihood scores it
  /// Where the split looks at what rows are: those of each part among the rows that can be used. Else `shuffle` decides.
  std::optional<SplitRows> division;
  std::map<std::string, int64_t> copies;  // rows of each part's file that can be used and are in no part
  std::optional<int64_t> shuffle;  // for files without a split: the seed with which rows are mixed before they are cut
};

/// What the columns of one data point are called: as the description says, else by their places "1", "2", ...; none unless X...
/// is one row of values.
std::vector<std::string> column_names(const Description& description);
/// All descriptions found, sorted by name.
std::vector<Description> descriptions();
/// The description a [dataset] section means (by name, or made from path and format). Throws UserError with the nearest name.
Description description_of(const DataConfig& config);
/// Reads datasets/<name>.toml and checks every key. Throws UserError with file:line:column.
Description read_description(const std::filesystem::path& file);

/// Describes the user's own data from config.path and config.format. Split already are a folder with the four "idx"
/// files as MNIST names them (labels may be missing) and an "hdf5", "npz" or "mat" file with parts for train and test;
/// all else is split at random. Labels lie in a part of the same file, or for formats of one array in a file beside it.
/// [N, H, W] is taken as images [1, H, W]. Throws UserError when a file is missing, empty or damaged.
Description own_description(const DataConfig& config);

/// A key of [dataset] that the data themselves make void; when other keys do, their declarations say so.
struct WithoutEffect {
  std::string key;  // "binarize"
  std::string why;  // "bars holds 0 and 1 already"
};

/// Whatever their values are; memory_gb = 0 asks for nothing.
std::vector<WithoutEffect> settings_without_effect(const Description& description, const DataConfig& config);

}  // namespace elbo::host::data
