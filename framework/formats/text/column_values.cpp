#include "formats/text/column_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <elbo/error.hpp>

#include "formats/text/text_fields.hpp"

namespace elbo::host::formats {
namespace {

constexpr size_t most_counted = 10000;     // different fields of a column that are counted
constexpr int64_t always_categories = 50;  // so many names are categories however few rows there are
constexpr double far_from_zero = 1000;     // beyond so many times their spread numbers are stored less a constant
constexpr double largest_exact = 1 << 24;  // whole numbers up to it are floats
constexpr double largest_exact_double = 9007199254740992.0;

}  // namespace

std::string_view name_of(ColumnKind kind) {
  constexpr std::array<std::string_view, 6> names = {"number", "flag", "category", "date", "time", "text"};
  return names.at(static_cast<size_t>(kind));
}

bool ColumnValues::stands_for_missing(std::string_view field) const {
  if (is_missing(field)) return true;
  const std::string_view text = bare(field);
  const auto value = number_of(text);
  return std::any_of(more_missing_->begin(), more_missing_->end(), [&](const std::string& word) {
    const auto sentinel = number_of(word);
    return text == word || (value && sentinel && *value == *sentinel);
  });
}

void ColumnValues::look(std::string_view field, size_t line) {
  if (stands_for_missing(field)) {
    ++missing_;
    return;
  }
  const std::string_view text = bare(field);
  count(text);
  const bool is_plain = plain_number(text).has_value(), has_thousands = with_thousands(text).has_value(),
             has_comma = with_decimal_comma(text).has_value(), has_percent = with_percent(text).has_value();
  if (is_plain) {
    const double number = *plain_number(text);
    least_ = plain_ == 0 ? number : std::min(least_, number);
    most_ = plain_ == 0 ? number : std::max(most_, number);
  }
  plain_ += is_plain;
  thousands_ += has_thousands;
  decimal_commas_ += has_comma;
  percents_ += has_percent;
  flags_ += flag_of(text).has_value();
  times_ += time_of(text).has_value();
  look_at_dates(text);
  if (is_dash(text)) ++dashes_;
  else if (odd_.empty() && !is_plain && !has_thousands && !has_comma && !has_percent) odd_ = text, odd_line_ = line;
}

void ColumnValues::count(std::string_view text) {
  const auto whole = counts_rows_ ? integer_of(text) : std::nullopt;
  counts_rows_ =
      whole && (*whole == present_ || *whole == present_ + 1) && (present_ == 0 || *whole - present_ == counted_from_);
  if (present_ == 0 && whole) counted_from_ = *whole;
  ++present_;
  if (!is_counted_) return;
  const auto found = counts_.find(text);
  if (found != counts_.end()) ++found->second;
  else if (counts_.size() < most_counted) counts_.emplace(text, 1);
  else is_counted_ = false;
}

void ColumnValues::look_at_dates(std::string_view text) {
  const auto date = written_date(text);
  if (!date) return;
  for (const DateStyle style : {DateStyle::year_first, DateStyle::day_first, DateStyle::month_first}) {
    const auto day = day_in(*date, style);
    if (!day) continue;
    Dates& dates = dates_[static_cast<size_t>(style)];
    dates.earliest = dates.fit == 0 ? std::floor(*day) : std::min(dates.earliest, std::floor(*day));
    ++dates.fit;
  }
}

bool ColumnValues::decide_number() {
  const int64_t in_one_notation = percents_ > 0        ? percents_
                                  : has_decimal_comma_ ? plain_ + decimal_commas_
                                                       : plain_ + thousands_;
  if (in_one_notation == 0 || in_one_notation + dashes_ != present_) return false;
  missing_ += dashes_;
  present_ -= dashes_;
  choose_offset();
  std::erase_if(counts_, [](const auto& counted) { return is_dash(counted.first); });
  return true;
}

/// Where all numbers lie close together and far from 0, as seconds since 1970 do, floats are too coarse for them.
void ColumnValues::choose_offset() {
  const double size = std::max(std::abs(least_), std::abs(most_)), spread = most_ - least_;
  if (size > far_from_zero * spread && spread > 0 && size > largest_exact && size < largest_exact_double)
    offset_ = std::floor(least_);
}

bool ColumnValues::decide_date() {
  const auto fits = [&](DateStyle style) { return dates_[static_cast<size_t>(style)].fit == present_; };
  if (!fits(DateStyle::year_first) && fits(DateStyle::day_first) && fits(DateStyle::month_first)) {
    kind_ = ColumnKind::text;
    note_ = "dates whose day and month cannot be told apart; write them as year-month-day";
    return true;
  }
  for (const DateStyle style : {DateStyle::year_first, DateStyle::day_first, DateStyle::month_first})
    if (fits(style)) {
      kind_ = ColumnKind::date;
      style_ = style;
      return true;
    }
  return false;
}

void ColumnValues::decide_names(const std::string& file, const std::string& name, bool wants_category) {
  const int64_t names = distinct();
  const bool repeat = 2 * names <= present_ && names <= std::max(always_categories, present_ / 10);
  if (wants_category && !is_counted_)
    throw UserError(
        fmt::format("{}: column '{}' holds more than {} different names; expected categories; leave the column out",
                    file, name, most_counted));
  if (!wants_category && (!is_counted_ || !repeat)) {
    kind_ = ColumnKind::text;
    note_ = fmt::format("{}{} different names in {} rows", is_counted_ ? "" : "more than ", counts_.size(), present_);
    return;
  }
  kind_ = ColumnKind::category;
  for (const auto& [level, count] : counts_) levels_.push_back(level);
  if (flags_ != present_ || levels_.size() != 2 || flag_of(levels_[0]) == flag_of(levels_[1])) return;
  kind_ = ColumnKind::flag;
  if (*flag_of(levels_[0])) std::swap(levels_[0], levels_[1]);
}

void ColumnValues::decide(const std::string& file, const std::string& name, bool has_decimal_comma,
                          bool wants_category) {
  has_decimal_comma_ = has_decimal_comma || decimal_commas_ > thousands_;
  if (present_ == 0) return;
  if (!wants_category) {
    if (decide_number() || decide_date()) return;
    if (times_ == present_) {
      kind_ = ColumnKind::time;
      return;
    }
    const int64_t numbers = present_ - dashes_ > 0 ? plain_ : 0;
    if (!odd_.empty() && 2 * numbers > present_)
      throw UserError(
          fmt::format("{}:{}: column '{}' holds '{}'; expected a number, as {} of its {} values are; correct it, leave "
                      "the column out by "
                      "select = \"!{}\", or say that it stands for a missing value: missing_values = [\"{}\"]",
                      file, odd_line_, name, odd_, numbers, present_, name, odd_));
  }
  decide_names(file, name, wants_category);
}

void ColumnValues::decide_as(const TableColumn& before, bool has_decimal_comma, bool adds_levels) {
  has_decimal_comma_ = has_decimal_comma || decimal_commas_ > thousands_;
  for (const ColumnKind kind : {ColumnKind::number, ColumnKind::flag, ColumnKind::category, ColumnKind::date,
                                ColumnKind::time, ColumnKind::text})
    if (name_of(kind) == before.kind) kind_ = kind;
  levels_ = before.levels;
  style_ = static_cast<DateStyle>(before.date_style);
  dates_[before.date_style].earliest = before.origin;
  offset_ = before.origin;
  percents_ = before.unit == "percent" ? 1 : 0;
  if (!adds_levels || kind_ != ColumnKind::category) return;
  for (const auto& [name, count] : counts_)
    if (std::find(before.levels.begin(), before.levels.end(), name) == before.levels.end()) levels_.push_back(name);
}

double ColumnValues::origin() const {
  return kind_ == ColumnKind::date     ? dates_[static_cast<size_t>(style_)].earliest
         : kind_ == ColumnKind::number ? offset_
                                       : 0;
}

std::string ColumnValues::unit() const {
  switch (kind_) {
    case ColumnKind::date:
      return "days since " + date_in_words(dates_[static_cast<size_t>(style_)].earliest);
    case ColumnKind::time:
      return "hours";
    case ColumnKind::number:
      return percents_ > 0 ? "percent" : offset_ != 0 ? fmt::format("above {:.15g}", offset_) : "";
    default:
      return "";
  }
}

std::string ColumnValues::why_text() const { return note_; }

std::optional<std::pair<std::string, double>> ColumnValues::commonest() const {
  if (!is_counted_ || counts_.empty()) return {};
  const auto most = std::max_element(counts_.begin(), counts_.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  return std::pair(most->first, static_cast<double>(most->second) / static_cast<double>(present_));
}

std::optional<double> ColumnValues::number(std::string_view text) const {
  if (percents_ > 0) return with_percent(text);
  if (has_decimal_comma_)
    if (const auto value = with_decimal_comma(text)) return value;
  if (const auto value = plain_number(text)) return value;
  return has_decimal_comma_ ? std::nullopt : with_thousands(text);
}

std::optional<double> ColumnValues::value(std::string_view field) const {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  if (stands_for_missing(field)) return none;
  const std::string_view text = bare(field);
  switch (kind_) {
    case ColumnKind::number:
      if (is_dash(text)) return none;
      if (const auto found = number(text)) return *found - offset_;
      return {};
    case ColumnKind::time: {
      const auto time = time_of(text);
      return time ? std::optional(24 * *time) : std::nullopt;
    }
    case ColumnKind::date: {
      const auto date = written_date(text);
      const auto day = date ? day_in(*date, style_) : std::nullopt;
      return day ? std::optional(*day - dates_[static_cast<size_t>(style_)].earliest) : std::nullopt;
    }
    default: {
      auto level = std::lower_bound(levels_.begin(), levels_.end(), text);
      if (level == levels_.end() || *level != text)  // those of a flag, and of further parts, have another order
        level = std::find(levels_.begin(), levels_.end(), text);
      return level != levels_.end() && *level == text ? std::optional(static_cast<double>(level - levels_.begin()))
                                                      : std::nullopt;
    }
  }
}

}  // namespace elbo::host::formats
