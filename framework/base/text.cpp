#include "base/text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <cmath>
#include <numeric>

namespace elbo::host {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

std::string quoted(const std::string& s) {
  std::string text = "\"";
  for (const char c : s) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

std::string number(double d) {
  const std::string text = fmt::format("{}", d);
  return std::isfinite(d) && text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

struct ToText {
  std::string operator()(bool b) const { return b ? "true" : "false"; }
  std::string operator()(int64_t i) const { return std::to_string(i); }
  std::string operator()(double d) const { return number(d); }
  std::string operator()(const std::string& s) const { return quoted(s); }
  template <class T>
  std::string operator()(const std::vector<T>& list) const {
    std::vector<std::string> parts;
    for (const T& item : list) parts.push_back((*this)(item));
    return "[" + join(parts) + "]";
  }
};

}  // namespace

std::string nearest(std::string_view name, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : candidates)
    if (const size_t d = edit_distance(name, candidate); d < best_distance) best = candidate, best_distance = d;
  return best;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& candidates) {
  if (const std::string near = nearest(name, candidates); !near.empty()) return "; did you mean '" + near + "'?";
  return candidates.empty() ? "; there are none" : "; there are: " + join(candidates);
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string counted(size_t n, const std::string& what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

std::string slug(std::string_view name, size_t most_bytes) {
  std::string text;
  for (const unsigned char c : name) {
    if (c >= 0x80) text += static_cast<char>(c);
    else if (std::isalnum(c) || c == '_') text += static_cast<char>(std::tolower(c));
    else if (!text.empty() && text.back() != '-') text += '-';
  }
  const auto goes_on = [&] {
    return (static_cast<unsigned char>(text[most_bytes]) & 0xC0) == 0x80;
  };  // within a character
  while (text.size() > most_bytes && most_bytes > 0 && goes_on()) --most_bytes;
  if (text.size() > most_bytes) text.resize(most_bytes);
  while (!text.empty() && text.back() == '-') text.pop_back();
  return text.empty() ? "unnamed" : text;
}

std::string to_string(const Value& value) { return std::visit(ToText{}, value); }

std::string type_name(const Value& value) {
  static const char* const names[] = {"true or false",      "an integer",        "a number",         "a string",
                                      "a list of integers", "a list of numbers", "a list of strings"};
  return names[value.index()];
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  const auto s = static_cast<int64_t>(std::llround(seconds));
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} m {:02} s", s / 60, s % 60);
  return fmt::format("{} h {:02} m", s / 3600, s / 60 % 60);
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n#") == std::string::npos) return text;  // "#" begins a comment where it is not quoted
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

std::string csv_field(double value) { return std::isnan(value) ? "" : fmt::format("{}", value); }

}  // namespace elbo::host
