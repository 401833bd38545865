// What one field of a text table may be: a number in some notation, a flag, a date, a time, or no value.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace elbo::host::formats {

/// A field that stands for no value: empty, "NA", "?", and what pandas and R write.
bool is_missing(std::string_view field);
/// ".", "-" or "--", which stand for no value among numbers alone.
bool is_dash(std::string_view field);
/// A number in any notation, a date or a time.
bool is_measured(std::string_view field);

/// Without the single quotes that some programs write around a field; all below expects it so.
std::string_view bare(std::string_view field);
/// true, yes, t, y, on; false, no, f, n, off.
std::optional<bool> flag_of(std::string_view field);
/// Also one beyond the range of doubles, as an infinity.
std::optional<double> plain_number(std::string_view text);
/// "1,234,567.8"
std::optional<double> with_thousands(std::string_view field);
/// "1.234,5" or "1,5"
std::optional<double> with_decimal_comma(std::string_view field);
/// "12.5%" is 12.5.
std::optional<double> with_percent(std::string_view field);
/// "18:00" or "18:00:05.5", in days.
std::optional<double> time_of(std::string_view text);

/// A date as written: three numbers, or a year and a month; with or without a time.
struct WrittenDate {
  int first = 0, second = 0, third = 1;
  bool is_year_first = false;
  double time = 0;  // in days
};
std::optional<WrittenDate> written_date(std::string_view text);

enum class DateStyle : size_t { year_first, day_first, month_first };
/// Days since 1970-01-01; nothing where there is no such day.
std::optional<double> day_in(const WrittenDate& date, DateStyle style);
/// "2012-01-31"
std::string date_in_words(double day);
/// "18:05:30" of hours, of those beyond the ends of a day the end.
std::string time_in_words(double hours);

}  // namespace elbo::host::formats
