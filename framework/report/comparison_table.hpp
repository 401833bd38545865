// The table of a ranking, as text, documents and the page show it: heading, columns, the mark of each row.
#pragma once
#include <string>
#include <vector>

#include "report/comparison.hpp"

namespace elbo::report {

/// A column of numbers: a value of the summary, and how it is headed.
struct Shown {
  std::string value, name, unit;
  int decimals = 2;
  std::string better{};  // "higher", "lower"; empty for neither
};

/// "test data, best lower bound on log p(x) first; mean ± standard deviation over 3 seeds"
std::string caption_of(const Ranking& ranking);
/// Those that any of the rows has.
std::vector<Shown> columns_of(const Ranking& ranking);
/// Of models without a bound.
std::vector<Shown> columns_of_autoencoders(const std::vector<VariantRow>& rows);
/// Of each row: which is best, in which sense, and which it is not distinguished from; empty where nothing was compared with the first.
std::vector<std::string> marks_of(const Ranking& ranking);
/// "3", "2 of 3" of each row; empty where all rows have as many seeds as were planned, and equally many.
std::vector<std::string> seed_counts_of(const std::vector<VariantRow>& rows);
/// "-1.00 ± 0.10"; "-" where there is no number.
std::string cell_of(const VariantRow& row, const Shown& column);

}  // namespace elbo::report
