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

/// One of the things that p(x|c) is given of each data point: a name out of some, or a number.
struct ConditionColumn {
  std::string name;
  std::vector<std::string> levels{};  // that the training data have, in their order; none: a number
  double mean = 0, deviation = 1;     // of the training data, of a number
  bool may_be_unknown = false;        // a number has a second value then, which says whether it is known

  /// How many values of c it takes.
  int64_t width() const;
  /// Sets these values, which are 0: of a name a 1 in its place, or none where it is not known; of a number its distance from the mean
  /// in deviations, and 1 where it may be unknown and is not.
  void encode(double value, double* to) const;
  /// What these values are called: "sex is female"
  void add_names(std::vector<std::string>& to) const;
  /// The name, or the number as text; "" where it is not known.
  std::string text_of(double value) const;
};

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
  std::vector<std::vector<double>>
      condition{};  // what is given of each data point, one list for each of Dataset::condition: places of levels, -1 where not
                    // known, or numbers
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
  std::vector<std::string> factor_names{};   // of Split::factors
  std::vector<ConditionColumn> condition{};  // what is given; none: p(x)
  double unseen = 0;                         // dataset.unseen
  std::vector<std::string> notes{};          // sentences about what was left out or changed when the files were read
};

/// Reads, checks and splits data of which no plan speaks; those of a run are loaded by load_planned() (data_record.hpp).
/// Throws UserError: missing, damaged, truncated, checksum, empty split, more data asked than there are.
Dataset load(const Description& description, const DataConfig& config);

}  // namespace elbo::host::data
