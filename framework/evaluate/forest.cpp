#include "evaluate/forest.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.hpp"

namespace elbo::host {
namespace {

using Rows = std::vector<int64_t>;
using Counts = std::vector<double>;

/// Gini impurity times the number of rows: n - sum_c n_c^2 / n.
double impurity(const Counts& counts, double n) {
  double squares = 0;
  for (const double c : counts) squares += c * c;
  return n > 0 ? n - squares / n : 0;
}

struct Split {
  int64_t column = -1;
  double threshold = 0, gain = 0;
};

}  // namespace

struct Forest::Tree {
  struct Node {
    Split split;  // column -1: a leaf
    size_t below = 0, above = 0;
    int64_t label = 0;
  };

  const FeatureTable& x;
  const std::vector<int64_t>& classes;
  const Settings& settings;
  int64_t class_count;
  std::vector<double>& importance;
  std::vector<Node> nodes{};

  Counts counts_of(const Rows& rows) const {
    Counts counts(static_cast<size_t>(class_count));
    for (const int64_t row : rows) ++counts[static_cast<size_t>(classes[static_cast<size_t>(row)])];
    return counts;
  }

  /// The best threshold on one column, between two values that differ.
  Split best_split(Rows rows, int64_t column) const {
    std::sort(rows.begin(), rows.end(), [&](int64_t a, int64_t b) { return x.at(a, column) < x.at(b, column); });
    const auto n = static_cast<double>(rows.size());
    Counts below(static_cast<size_t>(class_count)), above = counts_of(rows);
    const double whole = impurity(above, n);
    Split best{.column = column};
    for (size_t i = 0; i + 1 < rows.size(); ++i) {
      const auto label = static_cast<size_t>(classes[static_cast<size_t>(rows[i])]);
      ++below[label], --above[label];
      const double here = x.at(rows[i], column), next = x.at(rows[i + 1], column);
      const auto left = static_cast<double>(i + 1);
      if (!(here < next) || left < static_cast<double>(settings.smallest_leaf) ||
          n - left < static_cast<double>(settings.smallest_leaf))
        continue;
      const double gain = whole - impurity(below, left) - impurity(above, n - left);
      if (gain > best.gain) best = {column, here + (next - here) / 2, gain};
    }
    return best;
  }

  size_t grow(const Rows& rows, int64_t depth) {
    const Counts counts = counts_of(rows);
    Node node;
    node.label = std::max_element(counts.begin(), counts.end()) - counts.begin();
    if (depth > 0 && impurity(counts, static_cast<double>(rows.size())) > 1e-9)
      for (int64_t column = 0; column < x.columns; ++column)
        if (const Split split = best_split(rows, column); split.gain > node.split.gain) node.split = split;
    const size_t at = nodes.size();
    nodes.push_back(node);
    if (node.split.column < 0) return at;
    importance[static_cast<size_t>(node.split.column)] += node.split.gain;
    Rows below, above;
    for (const int64_t row : rows)
      (x.at(row, node.split.column) <= node.split.threshold ? below : above).push_back(row);
    const size_t left = grow(below, depth - 1), right = grow(above, depth - 1);  // nodes may move meanwhile
    nodes[at].below = left, nodes[at].above = right;
    return at;
  }

  int64_t predict(const FeatureTable& other, int64_t row) const {
    size_t at = 0;
    while (nodes[at].split.column >= 0)
      at = other.at(row, nodes[at].split.column) <= nodes[at].split.threshold ? nodes[at].below : nodes[at].above;
    return nodes[at].label;
  }
};

Forest::Forest(const FeatureTable& x, const std::vector<int64_t>& classes, const Settings& settings)
    : importance_(static_cast<size_t>(x.columns)), classes_(1 + *std::max_element(classes.begin(), classes.end())) {
  for (int64_t t = 0; t < settings.trees; ++t) {
    Draws draws(settings.seed, 0, static_cast<uint64_t>(t));
    Rows rows;
    for (int64_t i = 0; i < x.rows(); ++i)
      rows.push_back(static_cast<int64_t>(draws.uniform() * static_cast<double>(x.rows())));
    trees_.push_back(std::make_unique<Tree>(x, classes, settings, classes_, importance_));
    trees_.back()->grow(rows, settings.depth);
  }
  const double sum = std::accumulate(importance_.begin(), importance_.end(), 0.0);
  if (sum > 0)
    for (double& value : importance_) value /= sum;
}

Forest::~Forest() = default;

int64_t Forest::predict(const FeatureTable& x, int64_t row) const {
  std::vector<int64_t> votes(static_cast<size_t>(classes_));
  for (const auto& tree : trees_) ++votes[static_cast<size_t>(tree->predict(x, row))];
  return std::max_element(votes.begin(), votes.end()) - votes.begin();
}

}  // namespace elbo::host
