#include "formats/text/field_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cmath>
#include <cstdlib>

#include "formats/text/text_fields.hpp"

namespace elbo::host::formats {
namespace {

constexpr std::array<std::string_view, 19> missing_words = {
    "",     "NA",   "N/A",  "n/a", "NaN",      "nan", "-NaN",    "-nan",     "NULL",   "null",
    "None", "<NA>", "#N/A", "#NA", "#N/A N/A", "?",   "1.#QNAN", "-1.#QNAN", "-1.#IND"};
constexpr std::array<std::string_view, 3> dashes = {".", "-", "--"};  // missing among numbers alone
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> flag_words = {
    {{"false", "true"}, {"no", "yes"}, {"f", "t"}, {"n", "y"}, {"off", "on"}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// Digits at the beginning of `text`, which are taken from it; nothing where there are none, or more than `most`.
std::optional<int> take_digits(std::string_view& text, size_t most) {
  size_t count = 0;
  int value = 0;
  for (; count < text.size() && is_digit(text[count]); ++count) {
    if (count == most) return {};
    value = 10 * value + (text[count] - '0');
  }
  text.remove_prefix(count);
  return count > 0 ? std::optional(value) : std::nullopt;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

/// "18:00", "18:00:05.5": days; what follows stays in `text`.
std::optional<double> take_time(std::string_view& text) {
  const auto hours = take_digits(text, 2);
  if (!hours || *hours > 24 || !take(text, ':')) return {};
  const auto minutes = take_digits(text, 2);
  if (!minutes || *minutes > 59) return {};
  double seconds = 0;
  if (take(text, ':')) {
    const size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
    const auto found = number_of(text.substr(0, end));
    if (!found || *found > 61) return {};
    seconds = *found;
    text.remove_prefix(end);
  }
  return (*hours + *minutes / 60.0 + seconds / 3600) / 24;
}

/// What lies behind a date: nothing, or a time with or without a zone.
std::optional<double> rest_of_day(std::string_view text) {
  if (text.empty()) return 0.0;
  if (!take(text, 'T') && !take(text, ' ')) return {};
  const auto time = take_time(text);
  if (!time) return {};
  if (text.empty() || text == "Z" || text == "z") return time;
  const double sign = take(text, '+') ? -1 : take(text, '-') ? 1 : 0;
  const auto zone = sign != 0 ? take_time(text) : std::nullopt;
  return zone && text.empty() ? std::optional(*time + sign * *zone) : std::nullopt;
}

std::optional<double> day_of(int year, int month, int day, double time) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return {};
  return static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count()) + time;
}

}  // namespace

bool is_dash(std::string_view text) { return std::find(dashes.begin(), dashes.end(), text) != dashes.end(); }

std::string_view bare(std::string_view field) {
  const bool is_quoted = field.size() >= 2 && field.front() == '\'' && field.back() == '\'';
  return is_quoted ? field.substr(1, field.size() - 2) : field;
}

std::optional<bool> flag_of(std::string_view field) {
  const std::string word = lower(field);
  for (const auto& [no, yes] : flag_words)
    if (word == no || word == yes) return word == yes;
  return {};
}

std::optional<double> plain_number(std::string_view text) {
  if (const auto value = number_of(text)) return value;
  const bool is_written_so = !text.empty() && text.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
  const std::string copy(text);
  char* end = nullptr;
  const double value = is_written_so ? std::strtod(copy.c_str(), &end) : 0;
  return is_written_so && end == copy.c_str() + copy.size() ? std::optional(value) : std::nullopt;
}

std::optional<double> with_thousands(std::string_view field) {
  std::string digits;
  const size_t point = std::min(field.find('.'), field.size());
  size_t since = 0, groups = 0;
  for (size_t i = 0; i < field.size(); ++i) {
    const char c = field[i];
    if (i >= point || (i == 0 && (c == '-' || c == '+'))) {
      digits.push_back(c);
    } else if (c == ',') {
      if (groups == 0 ? since < 1 || since > 3 : since != 3) return {};
      ++groups, since = 0;
    } else if (is_digit(c)) {
      digits.push_back(c), ++since;
    } else {
      return {};
    }
  }
  return groups > 0 && since == 3 ? number_of(digits) : std::nullopt;
}

std::optional<double> with_decimal_comma(std::string_view field) {
  const size_t comma = field.find(',');
  if (comma == std::string_view::npos || field.find(',', comma + 1) != std::string_view::npos) return {};
  std::string text;
  for (size_t i = 0; i < field.size(); ++i) {
    if (field[i] == ',') text.push_back('.');
    else if (field[i] != '.') text.push_back(field[i]);
    else if (i > comma) return {};
  }
  return number_of(text);
}

std::optional<double> with_percent(std::string_view field) {
  return field.ends_with('%') ? number_of(field.substr(0, field.size() - 1)) : std::nullopt;
}

std::optional<double> time_of(std::string_view text) {
  const auto time = take_time(text);
  return text.empty() ? time : std::nullopt;
}

std::optional<WrittenDate> written_date(std::string_view text) {
  const size_t before = text.size();
  const auto first = take_digits(text, 4);
  if (!first || text.empty()) return {};
  WrittenDate date{.first = *first, .is_year_first = before - text.size() == 4};
  const char separator = text.front();
  if (std::string_view("-/.").find(separator) == std::string_view::npos ||
      (!date.is_year_first && before - text.size() > 2))
    return {};
  take(text, separator);
  const auto second = take_digits(text, 2);
  if (!second) return {};
  date.second = *second;
  if (text.empty())
    return date.is_year_first && separator != '.' && *second >= 1 && *second <= 12 ? std::optional(date) : std::nullopt;
  if (!take(text, separator)) return {};
  const size_t left = text.size();
  const auto third = take_digits(text, 4);
  const size_t digits = left - text.size();
  if (!third || (date.is_year_first ? digits > 2 : digits != 4)) return {};
  date.third = *third;
  const auto time = rest_of_day(text);
  if (!time) return {};
  date.time = *time;
  return date;
}

std::optional<double> day_in(const WrittenDate& date, DateStyle style) {
  if (date.is_year_first != (style == DateStyle::year_first)) return {};
  if (style == DateStyle::year_first) return day_of(date.first, date.second, date.third, date.time);
  return style == DateStyle::day_first ? day_of(date.third, date.second, date.first, date.time)
                                       : day_of(date.third, date.first, date.second, date.time);
}

std::string date_in_words(double day) {
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<int64_t>(std::floor(day))))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

bool is_missing(std::string_view field) {
  return std::find(missing_words.begin(), missing_words.end(), bare(field)) != missing_words.end();
}

bool is_measured(std::string_view field) {
  const std::string_view text = bare(field);
  return plain_number(text) || with_thousands(text) || with_decimal_comma(text) || with_percent(text) ||
         time_of(text) || written_date(text);
}

std::string time_in_words(double hours) {
  const auto seconds = static_cast<int64_t>(std::round(std::clamp(hours, 0.0, 24.0) * 3600));
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace elbo::host::formats
