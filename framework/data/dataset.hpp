// A data set in memory, as it is in its files: bytes stay bytes.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <elbo/observation.hpp>

#include "data/array.hpp"
#include "data/file_record.hpp"
#include "experiment/settings.hpp"

namespace elbo::data {

class Blocks;

struct Split {
  Array x;                           // only its shape where the data lie in blocks
  std::vector<int64_t> labels;       // one a datum, or none
  std::vector<double> exact_log_px;  // log p(x) in nats where the data's law is known, else empty
  std::shared_ptr<Blocks> blocks{};  // training data that are larger than dataset.memory_gb
  std::vector<int64_t> rows{};  // the row of its file that each datum was, from 0; none where the data are generated
  std::vector<std::vector<int64_t>>
      factors{};  // what made each datum, one list a factor, values 0, 1, ...; where that is known
};

struct Dataset {
  std::string name;
  Shape shape;                         // X...
  Support support = Support::levels;   // of the values as stored
  int64_t levels = 256;                // for Support::levels
  std::vector<std::string> columns{};  // names of the columns of a table, where there are rows of plain values
  Split train, valid, test;
  std::vector<std::string> factor_names{};  // of Split::factors
};

/// datasets/<name>.toml, read and checked.
struct Description {
  std::string name, title, licence, citation, source, how_to_get;
  std::filesystem::path file;  // the description itself
  std::string format;          // one of formats.hpp, or "generated"
  struct File {
    std::string role;     // x or labels of train_, valid_ or test_; x, labels alone where there is no split
    std::string name;     // file or folder name, found in one of `folders`
    std::string dataset;  // what inside the file: an HDF5 path, a member, a variable, columns of a table
    std::string md5;      // of the decoded bytes (uncompressed file) or values; empty when not known
    std::optional<FileRecord> seen{};     // what it held when the description was made of it
    std::optional<FileRecord> planned{};  // what it must hold: reading anything else throws ChangedData
  };
  std::vector<File> files;
  std::vector<std::string> folders;                     // where the files may lie, first match wins
  std::string debian_package, npm_package, npm_folder;  // where they can be had
  std::string generator;                                // for "generated"
  std::vector<std::pair<std::string, double>> generator_settings;
  Shape shape;
  Support support = Support::levels;
  int64_t levels = 256;
  std::vector<std::string> columns;        // names of the columns, in order; empty: not said
  int64_t train = 0, valid = 0, test = 0;  // valid: of files of their own, else 0
  std::optional<int64_t> shuffle;  // for files without a split: the seed with which rows are mixed before they are cut
};

/// What the columns of one datum are called: as the description says, else by their places "1", "2", ...; none unless X...
/// is one row of values.
std::vector<std::string> column_names(const Description& description);
/// All descriptions found, sorted by name.
std::vector<Description> descriptions();
/// The description a [dataset] section means (by name, or made from path and format). Throws UserError with the nearest name.
Description description_of(const DataConfig& config);
/// Reads, checks and splits data of which no plan speaks; those of a run are loaded by load_planned() (data_record.hpp).
/// Throws UserError: missing, damaged, truncated, checksum, empty split, more data asked than there are.
Dataset load(const Description& description, const DataConfig& config);

}  // namespace elbo::data
