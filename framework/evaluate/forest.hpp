// A random forest of classification trees (Breiman 2001): what DCI asks of a classifier, with the importance of each input.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

namespace elbo::host {

/// Rows of numbers, row-major.
struct FeatureTable {
  std::vector<double> values;
  int64_t columns = 0;
  int64_t rows() const { return columns > 0 ? static_cast<int64_t>(values.size()) / columns : 0; }
  double at(int64_t row, int64_t column) const { return values[static_cast<size_t>(row * columns + column)]; }
};

class Forest {
 public:
  struct Settings {
    int64_t trees = 20, depth = 12, smallest_leaf = 3;
    uint64_t seed = 1;
  };

  /// Trees on bootstrap draws of the rows, split by Gini impurity among all columns; classes 0 .. C - 1, one a row.
  Forest(const FeatureTable& x, const std::vector<int64_t>& classes, const Settings& settings);
  ~Forest();

  /// The class that most trees say.
  int64_t predict(const FeatureTable& x, int64_t row) const;
  /// For each column the decrease in impurity that its splits brought, summed over the trees; sums to 1, or all 0.
  const std::vector<double>& importance() const { return importance_; }

 private:
  struct Tree;
  std::vector<std::unique_ptr<Tree>> trees_;
  std::vector<double> importance_;
  int64_t classes_ = 0;
};

}  // namespace elbo::host
