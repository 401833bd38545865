// Whether 32-bit floats, in which data are kept, can tell the numbers of a file apart.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace elbo::data {

/// Looks at whole rows of an array of 64-bit numbers: all of a small one, runs of neighbouring rows of a large one.
class FloatPrecision {
 public:
  FloatPrecision(int64_t rows, int64_t values_of_a_row);

  /// The values in row-major order, from the first row on.
  void add(double value) {
    if (chosen_) sample_.push_back(value);
    if (++in_row_ == row_) next_row();
  }

  /// Throws UserError naming `where` and the column when 32-bit floats merge values of it or are coarse beside their spread.
  /// `names` are those of the columns, where there are any.
  void check(const std::string& where, const std::vector<std::string>& names = {}) const;

 private:
  void next_row();

  int64_t rows_, row_, run_, stride_, at_ = 0, in_row_ = 0;
  bool chosen_;
  std::vector<double> sample_;
};

}  // namespace elbo::data
