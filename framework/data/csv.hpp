// Tables in text: CSV, TSV, or separated by blanks (.amat).
#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "data/dataset.hpp"

namespace elbo::data {

/// [rows, chosen columns] of numbers. The delimiter and whether there is a header are found from the first lines; a
/// line of counts before the data, as in scikit-learn's files, is checked and left out. `columns`: names of the
/// header, places from 1 and ranges of them, separated by commas ("1-4, weight"); "!name" means all but that one;
/// empty means all. Throws UserError naming file and line: a field that is no number, lines of unequal length, an
/// unknown column.
Array parse_csv(std::span<const std::byte> bytes, const std::filesystem::path& file, const std::string& columns);
/// One column as labels [rows]: numbers as they are, names as codes in alphabetical order. Throws UserError.
Array parse_csv_labels(std::span<const std::byte> bytes, const std::filesystem::path& file, const std::string& column);

}  // namespace elbo::data
