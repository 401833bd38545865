// A data set in memory, as it is in its files: bytes stay bytes.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <elbo/observation.hpp>

#include "data/description.hpp"
#include "formats/array.hpp"

namespace elbo::host::data {

using formats::Array;

class Blocks;

struct Split {
  Array x;                           // only its shape where the data lie in blocks
  std::vector<int64_t> labels;       // one a data point, or none
  std::vector<int64_t> groups{};     // of data points that depend on each other, one a data point, or none
  std::vector<double> exact_log_px;  // log p(x) in nats where the data's distribution is known, else empty
  std::shared_ptr<Blocks> blocks{};  // training data that are larger than dataset.memory_gb
  std::vector<int64_t>
      rows{};  // the row of its file that each data point was, from 0; none where the data are generated
  std::vector<std::vector<int64_t>>
      factors{};  // what made each data point, one list a factor, values 0, 1, ...; where that is known
};

struct Dataset {
  std::string name;
  Shape shape;                         // X...
  Support support = Support::levels;   // of the values as stored
  int64_t levels = 256;                // for Support::levels
  std::vector<std::string> columns{};  // names of the columns of a table, where there are rows of plain values
  std::vector<formats::TableColumn>
      table{};          // the same of a text table, with what was read of them: kinds, names, units
  bool masked = false;  // values may be missing, which are NaN: likelihoods score the observed ones only
  Split train, valid, test;
  std::vector<std::string> factor_names{};  // of Split::factors
  std::vector<std::string> notes{};         // sentences about what was left out or changed when the files were read
};

/// Reads, checks and splits data of which no plan speaks; those of a run are loaded by load_planned() (data_record.hpp).
/// Throws UserError: missing, damaged, truncated, checksum, empty split, more data asked than there are.
Dataset load(const Description& description, const DataConfig& config);

}  // namespace elbo::host::data
