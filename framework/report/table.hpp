// Text tables for people: aligned, units in the header, never wider than the terminal.
#pragma once
#include <string>
#include <vector>

namespace elbo::report {

struct Column {
  std::string name, unit;  // the unit stands in brackets below the name
  bool is_text = false;    // text is aligned left, numbers right
};

using Row = std::vector<std::string>;

/// Ends with a newline. When the columns do not fit `width` (0: no limit), the names in the first lose what all of them share,
/// and the others go on in further tables below that repeat the first. Nothing else is cut.
std::string format_table(const std::vector<Column>& columns, const std::vector<Row>& rows, size_t width = 0);

}  // namespace elbo::report
