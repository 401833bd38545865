// What the columns of a table (or all values of other data together) hold that is likely to be a mistake or a trap.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace elbo::host::data {

/// Watches the training data as they come by: keeps the range of each position, and of each column the values of some rows,
/// chosen evenly where there are too many to keep.
class ColumnWatch {
 public:
  /// `counted`: places of columns that are scored as levels or counts and by no density, whatever the file calls them.
  ColumnWatch(const Dataset& dataset, const std::vector<int64_t>& counted);
  template <class T>
  void add(const std::vector<T>& values);

  /// Constant columns, columns that count the rows, columns of few values, values that hold more than 5 % of a real column,
  /// reals on a grid, levels that are declared and do not occur: one sentence for each kind, naming columns and numbers.
  std::vector<std::string> findings() const;

 private:
  template <class T>
  void keep(const T* row);
  /// "3 'temperature'", or "3" where it has no name of its own.
  std::string name_of(size_t column) const;
  /// The columns at which f gives words, with these: "columns 3 'a' (words), 4 'b' (words) and 2 more"; empty where there are none.
  template <class F>
  std::string list(F&& words_of) const;
  void add_levels(std::vector<std::string>& sentences) const;
  void add_constant(std::vector<std::string>& sentences) const;
  void add_columns(std::vector<std::string>& sentences) const;

  const Dataset* dataset_;
  size_t row_;
  bool is_table_, is_real_;
  std::vector<char> under_density_;  // of each entry of kept_
  int64_t data_ = 0, every_ = 1;
  std::vector<float> low_, high_;         // of each position
  std::vector<std::vector<float>> kept_;  // of each column of a table; else one, of all values
  std::vector<int64_t> occurs_;           // of levels: how often each does
};

}  // namespace elbo::host::data
