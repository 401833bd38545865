#include "formats/text/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include <elbo/error.hpp>

#include "formats/text/column_values.hpp"
#include "formats/text/encoding.hpp"
#include "formats/text/text_fields.hpp"

namespace elbo::host::formats {
namespace {

using Fields = std::vector<std::string>;

constexpr std::string_view delimiters = "\t;|,";  // blanks come last: texts hold them
constexpr size_t rows_looked_at = 200;

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t") == std::string_view::npos; }

/// Adds the records that are not blank; a line end within quotes belongs to its field.
void split_records(std::string_view text, TextTable& table) {
  size_t begin = 0, line = 1, first_line = 1;
  bool is_quoted = false, is_field_start = true;
  const auto end_record = [&](size_t end) {
    const std::string_view record = text.substr(begin, end - begin);
    if (!is_blank(record)) table.rows.push_back(record), table.lines.push_back(first_line);
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_end = c == '\n' || c == '\r';
    const bool is_crlf = c == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (c == '"' && (is_quoted || is_field_start)) is_quoted = !is_quoted;
    else if (is_end && !is_crlf && !is_quoted) end_record(c == '\n' && i > begin && text[i - 1] == '\r' ? i - 1 : i);
    is_field_start = is_end || c == ' ' || delimiters.find(c) != std::string_view::npos;
    if (!is_end || is_crlf) continue;
    ++line;
    if (!is_quoted) begin = i + 1, first_line = line;
  }
  if (is_quoted)
    throw UserError(
        fmt::format("{}:{}: opens a quote that is never closed; expected a second '\"'; the file is damaged or "
                    "truncated: copy it again",
                    table.file, first_line));
  end_record(text.size());
}

/// How many fields each of the first rows has; nothing where they differ or have one only. The first row may be a header.
std::optional<size_t> fields_in_each(const TextTable& table, char delimiter) {
  std::optional<size_t> count;
  for (size_t i = table.rows.size() > 1 ? 1 : 0; i < std::min(table.rows.size(), rows_looked_at); ++i) {
    const size_t found = fields_of(table.rows[i], delimiter).size();
    if (found < 2 || (count && *count != found)) return {};
    count = found;
  }
  return count;
}

char delimiter_of(const TextTable& table) {
  for (const char candidate : delimiters)
    if (fields_in_each(table, candidate)) return candidate;
  for (const char candidate : std::string_view("\t,;|"))
    if (table.rows.back().find(candidate) != std::string_view::npos) return candidate;
  return ' ';
}

void drop_first(TextTable& table) {
  table.rows.erase(table.rows.begin());
  table.lines.erase(table.lines.begin());
}

/// scikit-learn's files begin with "<rows>,<columns>,<names of classes>".
void take_count_line(TextTable& table) {
  const Fields first = fields_of(table.rows[0], table.delimiter);
  if (table.rows.size() < 2 || first.size() == table.columns || first.size() < 2) return;
  const auto rows = integer_of(first[0]), columns = integer_of(first[1]);
  const auto found = static_cast<int64_t>(table.columns);
  if (!rows || !columns || (*columns != found && *columns + 1 != found)) return;
  drop_first(table);
  const auto there = static_cast<int64_t>(table.rows.size());
  if (there != *rows && there != *rows + 1)  // a header may follow
    throw UserError(
        fmt::format("{}: its first line promises {} rows and there are {}; expected as many as it promises; "
                    "it is truncated or changed: copy it again",
                    table.file, *rows, there));
}

/// Lines behind '#' are comments; the last of those at the top may be the header, as numpy.savetxt writes it.
std::string take_comments(TextTable& table) {
  std::string last;
  while (!table.rows.empty() && table.rows[0].starts_with('#')) {
    last = table.rows[0].substr(1);
    drop_first(table);
  }
  return last;
}

/// What each column of the first line and of some lines below it say about the first one.
struct HeaderEvidence {
  size_t names = 0, values = 0;    // columns of numbers that begin with a name; columns that begin with a value
  bool is_numbered = true;         // 0, 1, 2, ...
  size_t texts = 0, repeated = 0;  // columns of text; those where a text below occurs twice
};

HeaderEvidence evidence_of(const Fields& first, const std::vector<Fields>& below) {
  HeaderEvidence evidence;
  for (size_t j = 0; j < first.size(); ++j) {
    evidence.is_numbered = evidence.is_numbered && integer_of(first[j]) == static_cast<int64_t>(j);
    Fields values;
    for (const Fields& fields : below)
      if (!is_missing(fields[j])) values.push_back(fields[j]);
    if (values.empty() || (j == 0 && first[j].empty())) continue;  // unnamed row names of pandas and R
    if (is_missing(first[j])) {
      ++evidence.values;
    } else if (std::all_of(values.begin(), values.end(), is_measured)) {
      ++(is_measured(first[j]) ? evidence.values : evidence.names);
    } else if (std::find(values.begin(), values.end(), first[j]) != values.end()) {
      ++evidence.values;
    } else {
      ++evidence.texts;
      std::sort(values.begin(), values.end());
      evidence.repeated += std::adjacent_find(values.begin(), values.end()) != values.end();
    }
  }
  return evidence;
}

bool all_differ(Fields names) {
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) == names.end();
}

bool is_header(const Fields& first, const std::vector<Fields>& below) {
  const HeaderEvidence evidence = evidence_of(first, below);
  if (evidence.names > 0) return evidence.names >= evidence.values;
  if (evidence.is_numbered && first.size() > 1) {
    const auto is_fraction = [](const std::string& field) { return !integer_of(field); };
    return first.size() > 2 || std::any_of(below.begin(), below.end(), [&](const Fields& f) {
             return std::any_of(f.begin(), f.end(), is_fraction);
           });
  }
  return evidence.values == 0 && evidence.repeated > 0 && all_differ(first);
}

std::vector<Fields> some_rows(const TextTable& table, size_t from) {
  std::vector<Fields> rows;
  for (size_t i = from; i < std::min(table.rows.size(), from + rows_looked_at); ++i) {
    Fields fields = fields_of(table.rows[i], table.delimiter);
    if (fields.size() == table.columns) rows.push_back(std::move(fields));
  }
  return rows;
}

/// Words above columns of numbers alone.
bool are_units(const Fields& words, const std::vector<Fields>& below) {
  const HeaderEvidence evidence = evidence_of(words, below);
  return evidence.names > 1 && evidence.values == 0;
}

void take_header(TextTable& table, const std::string& comment) {
  if (Fields names = fields_of(comment, table.delimiter); !comment.empty() && names.size() == table.columns) {
    table.header = std::move(names);
    return;
  }
  if (table.rows.size() < 2) return;
  Fields first = fields_of(table.rows[0], table.delimiter);
  if (first.size() + 1 == table.columns) first.insert(first.begin(), "");  // R leaves out the name of its row names
  const std::vector<Fields> below = some_rows(table, 1), after_units = some_rows(table, 2);
  if (first.size() != table.columns || below.empty()) return;
  if (!is_header(first, below) &&
      (after_units.empty() || !are_units(below[0], after_units) || !is_header(first, after_units)))
    return;
  table.header = std::move(first);
  drop_first(table);
}

/// A line of units below the header: words in columns that hold numbers from there on.
void take_units(TextTable& table) {
  if (table.header.empty() || table.rows.size() < 3) return;
  const Fields first = fields_of(table.rows[0], table.delimiter);
  const std::vector<Fields> below = some_rows(table, 1);
  if (first.size() != table.columns || below.empty()) return;
  if (!are_units(first, below)) return;
  table.notes.push_back(fmt::format("line {} holds no values but words ({}): it is taken for units and left out",
                                    table.lines[0], std::string(table.rows[0].substr(0, 60))));
  drop_first(table);
}

/// A name that occurs again gets its place behind it.
void distinguish_names(TextTable& table) {
  Fields seen;
  for (size_t j = 0; j < table.header.size(); ++j) {
    std::string& name = table.header[j];
    if (!name.empty() && std::find(seen.begin(), seen.end(), name) != seen.end()) {
      table.notes.push_back(fmt::format("two columns are called '{}': the one at place {} is called '{}.{}' here", name,
                                        j + 1, name, j + 1));
      name += fmt::format(".{}", j + 1);
    }
    seen.push_back(name);
  }
}

bool is_beyond_ascii(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

/// Nothing but the file's author knows its encoding: what was read says whether the guess was right.
void say_what_was_decoded(TextTable& table) {
  const auto names = std::count_if(table.header.begin(), table.header.end(), is_beyond_ascii);
  int64_t values = 0;
  std::string example;
  for (const std::string& name : table.header)
    if (example.empty() && is_beyond_ascii(name)) example = name;
  for (const std::string_view row : table.rows) {
    if (!is_beyond_ascii(row)) continue;
    for (const std::string& field : fields_of(row, table.delimiter)) {
      if (!is_beyond_ascii(field)) continue;
      ++values;
      if (example.empty()) example = field;
    }
  }
  table.notes.push_back(fmt::format(
      "it is not UTF-8 and is read as Windows-1252 (Latin-1): {} of its values and {} of its names have such "
      "characters, as '{}'; where that is wrong, convert it by iconv -f ENCODING -t UTF-8",
      values, names, example.substr(0, example.find_first_of("\r\n"))));
}

}  // namespace

std::vector<std::string> TextTable::fields(size_t row) const {
  Fields fields = fields_of(rows[row], delimiter);
  if (fields.size() != columns)
    throw UserError(fmt::format("{}:{}: has {} fields; expected {}, as in the last line", file, lines[row],
                                fields.size(), columns));
  return fields;
}

std::string TextTable::name_of(size_t column) const {
  return header.empty() || header[column].empty() ? std::to_string(column + 1) : header[column];
}

TextTable read_text_table(std::span<const std::byte> bytes, const std::filesystem::path& file) {
  TextTable table{.file = file.string()};
  const DecodedText text = decoded_text(bytes, table.file);
  table.decoded = text.owned;
  split_records(text.text, table);
  const std::string comment = take_comments(table);
  if (table.rows.empty()) throw UserError(table.file + ": is empty; expected lines of values");
  table.delimiter = delimiter_of(table);
  table.columns = fields_of(table.rows.back(), table.delimiter).size();
  take_count_line(table);
  take_header(table, comment);
  take_units(table);
  distinguish_names(table);
  if (text.is_windows_1252) say_what_was_decoded(table);
  return table;
}

}  // namespace elbo::host::formats
