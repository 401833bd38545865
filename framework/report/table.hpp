// Text for terminals: tables that are aligned, with units in the header, never wider than the terminal; and pictures made of characters.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace elbo::host::report {

struct Column {
  std::string name, unit;  // the unit stands in brackets below the name
  bool is_text = false;    // text is aligned left, numbers right
};

using Row = std::vector<std::string>;

/// Ends with a newline. When the columns do not fit `width` (0: no limit), the names in the first lose what all of them share,
/// and the others go on in further tables below that repeat the first. Nothing else is cut.
std::string format_table(const std::vector<Column>& columns, const std::vector<Row>& rows, size_t width = 0);

/// One character for each of at most `width` equal stretches of the values (their mean), from the lowest to the highest;
/// blocks, or digits 0-9 where the terminal has no UTF-8. Stretches without a finite value are blank.
std::string sparkline(std::span<const double> values, size_t width, bool utf8);

/// Grey or RGB pixels [height, width, channels] as half blocks in 256 colours: two rows of pixels a line.
std::string blocks(std::span<const uint8_t> pixels, size_t height, size_t width, size_t channels);

/// "a, b and c"; of more than `most` names "a, b, c and 8 more". Names that hold commas are kept apart by semicolons.
std::string list_in_words(std::vector<std::string> names, size_t most);

}  // namespace elbo::host::report
