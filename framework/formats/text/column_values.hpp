// What a column of a text table holds: numbers, dates, flags, categories, or text that is left out; and each of its values as a number.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/array.hpp"
#include "formats/text/field_values.hpp"

namespace elbo::host::formats {

enum class ColumnKind {
  number,  // also with thousands separators, a decimal comma or a percent sign; less its least value where float32 could not tell them apart
  flag,    // true and false, yes and no: 1 and 0
  category,  // names as codes, in alphabetical order
  date,      // days since the earliest one of the column
  time,      // hours of the day
  text       // names or sentences that hardly repeat
};
std::string_view name_of(ColumnKind kind);

/// Looks at all fields of a column, decides what it holds, and gives its values.
class ColumnValues {
 public:
  /// `more_missing`: what else stands for a missing value, compared with fields as text and, where both are numbers, as numbers. It must outlive this.
  explicit ColumnValues(const std::vector<std::string>& more_missing) : more_missing_(&more_missing) {}

  void look(std::string_view field, size_t line);
  /// After all looks. `has_decimal_comma`: whether "1,5" is 1.5 rather than 15. `wants_category`: names become categories however many there are.
  /// Throws UserError naming `file` and the column when a few fields of a column of numbers are none, or a category has more levels than can be kept.
  void decide(const std::string& file, const std::string& name, bool has_decimal_comma, bool wants_category);

  /// Instead of decide(): what another table had in this column, with its levels, its unit and the day or the number that it counts from.
  /// `adds_levels`: a category keeps the codes that it had, and names that it lacked get the next ones, in alphabetical order.
  void decide_as(const TableColumn& before, bool has_decimal_comma, bool adds_levels);

  ColumnKind kind() const { return kind_; }
  const std::vector<std::string>& levels() const { return levels_; }  // of a flag or category
  int64_t missing() const { return missing_; }
  int64_t present() const { return present_; }
  bool is_constant() const { return is_counted_ && counts_.size() == 1; }
  bool counts_rows() const { return present_ > 1 && missing_ == 0 && counts_rows_; }  // 0, 1, 2, ... or 1, 2, 3, ...
  /// What its numbers are of: "days since 2012-01-01", "percent"; empty for plain ones.
  std::string unit() const;
  /// What the value 0 stands for: a number, or of dates the day since 1970-01-01.
  double origin() const;
  DateStyle date_style() const { return style_; }
  /// Why text is left out: "305 different names in 398 rows".
  std::string why_text() const;
  /// Its commonest field and its share of those that are not missing; nothing where too many differ to be counted.
  std::optional<std::pair<std::string, double>> commonest() const;
  /// How many different fields it has; one more than can be counted where there are more.
  int64_t distinct() const { return static_cast<int64_t>(counts_.size()) + (is_counted_ ? 0 : 1); }

  /// NaN for a missing value; nothing for a field that does not fit.
  std::optional<double> value(std::string_view field) const;
  /// Whether the field stands for a missing value in this column.
  bool stands_for_missing(std::string_view field) const;
  bool are_plain_numbers() const { return present_ > 0 && plain_ == present_; }

 private:
  struct Dates {
    int64_t fit = 0;  // fields that are dates in this style
    double earliest = 0;
  };

  void count(std::string_view text);
  void look_at_dates(std::string_view text);
  bool decide_number();
  bool decide_date();
  void choose_offset();
  void decide_names(const std::string& file, const std::string& name, bool wants_category);
  std::optional<double> number(std::string_view text) const;

  const std::vector<std::string>* more_missing_;
  ColumnKind kind_ = ColumnKind::number;
  std::vector<std::string> levels_;
  std::string note_;                                    // why it is text, where that needs a word
  std::map<std::string, int64_t, std::less<>> counts_;  // of fields, while there are few enough
  bool is_counted_ = true, counts_rows_ = true, has_decimal_comma_ = false;
  int64_t missing_ = 0, present_ = 0, counted_from_ = 0;
  int64_t plain_ = 0, thousands_ = 0, decimal_commas_ = 0, percents_ = 0, dashes_ = 0;  // fields that are such numbers
  int64_t flags_ = 0, times_ = 0;
  std::array<Dates, 3> dates_;
  DateStyle style_ = DateStyle::year_first;
  double least_ = 0, most_ = 0, offset_ = 0;  // of numbers; what is subtracted from them
  std::string odd_;                           // the first field that is no number
  size_t odd_line_ = 0;
};

}  // namespace elbo::host::formats
