// Time series as sktime and the UEA archive store them (.ts): a line each, values between commas, dimensions between colons, then the
// class. Shorter series end in missing values.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include <elbo/error.hpp>

#include "format_files.hpp"
#include "formats/containers/sparse.hpp"
#include "formats/text/text_fields.hpp"

namespace elbo::host::formats {
namespace {

constexpr const char* series = "series";
constexpr const char* classes = "class";

[[noreturn]] void refuse_ts(const std::string& where, const std::string& found, const std::string& expected) {
  throw UserError(where + ": " + found + "; expected " + expected);
}

std::string in_lower_case(std::string_view text) {
  std::string all(text);
  std::transform(all.begin(), all.end(), all.begin(), [](unsigned char c) { return std::tolower(c); });
  return all;
}

using Dimensions = std::vector<std::vector<float>>;

struct Series {
  std::vector<Dimensions> each;
  std::vector<std::string> labels;
  size_t dimensions = 0, length = 0, values = 0;
};

/// What stands before @data.
struct Tags {
  bool is_data = false, has_class = false, has_equal_length = false, is_univariate = false;
  std::vector<std::string> classes;  // none: any
};

/// `line` as it is, and its words in lower case.
void read_tag(std::string_view line, const std::string& where, Tags& header) {
  const std::vector<std::string> words = fields_of(in_lower_case(line), ' ');
  if (!words[0].starts_with('@')) refuse_ts(where, "holds values before @data", "a line @data above them");
  const bool is_true = words.size() > 1 && words[1] == "true";
  if (words[0] == "@timestamps" && is_true)
    refuse_ts(where, "has a time for each value", "series at equal steps (@timestamps false); write the values alone");
  if (words[0] == "@equallength") header.has_equal_length = is_true;
  if (words[0] == "@univariate") header.is_univariate = is_true;
  if (words[0] == "@data") header.is_data = true;
  if ((words[0] != "@classlabel" && words[0] != "@targetlabel") || !is_true) return;
  header.has_class = true;
  const std::vector<std::string> names = fields_of(line, ' ');
  header.classes.assign(names.begin() + 2, names.end());
}

std::vector<float> values_in(std::string_view text, const std::string& where) {
  std::vector<float> values;
  for (const std::string& field : fields_of(text, ',')) {
    const std::string name = in_lower_case(field);
    const auto number = name == "?" || name == "nan" ? std::numeric_limits<double>::quiet_NaN() : number_of(field);
    if (!number || std::isinf(*number))
      refuse_ts(where, "holds '" + field.substr(0, 40) + "'", "numbers, or ? where one is missing");
    values.push_back(static_cast<float>(*number));
  }
  return values;
}

std::string_view without_class(std::string_view line, const Tags& header, const std::string& where, Series& all) {
  if (!header.has_class) return line;
  const size_t colon = line.rfind(':');
  if (colon == std::string_view::npos) refuse_ts(where, "has no class", "one behind the last colon of each line");
  const std::string name(line.substr(colon + 1));
  if (!header.classes.empty() && std::find(header.classes.begin(), header.classes.end(), name) == header.classes.end())
    refuse_ts(where, "has the class '" + name.substr(0, 40) + "'", "one of those that @classLabel names");
  all.labels.push_back(name);
  return line.substr(0, colon);
}

void check_series(const Dimensions& dimensions, const Tags& header, const std::string& where, const Series& all) {
  if (header.is_univariate && dimensions.size() != 1)
    refuse_ts(where, fmt::format("has {} dimensions", dimensions.size()), "one, as @univariate says");
  if (dimensions.size() != all.dimensions)
    refuse_ts(where, fmt::format("has {} dimensions", dimensions.size()),
              fmt::format("{}, as the first series", all.dimensions));
  for (const std::vector<float>& one : dimensions)
    if (header.has_equal_length && one.size() != all.length)
      refuse_ts(where, fmt::format("has {} values", one.size()),
                fmt::format("{}, as the others, since @equalLength says so", all.length));
}

void add_line(std::string_view given, const Tags& header, const std::string& where, Series& all) {
  Dimensions dimensions;
  const std::string_view line = without_class(given, header, where, all);
  for (size_t from = 0; from <= line.size();) {
    const size_t to = std::min(line.find(':', from), line.size());
    dimensions.push_back(values_in(line.substr(from, to - from), where));
    all.length = std::max(all.length, dimensions.back().size());
    all.values += dimensions.back().size();
    from = to + 1;
  }
  if (all.each.empty()) all.dimensions = dimensions.size();
  check_series(dimensions, header, where, all);
  all.each.push_back(std::move(dimensions));
}

Series read_series(Bytes bytes, const std::string& file) {
  Series all;
  Tags header;
  size_t number = 0;
  for (const std::string_view line : lines_of(bytes)) {
    const std::string where = fmt::format("{}:{}", file, ++number);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos || line.front() == '#') continue;
    if (header.is_data) add_line(line, header, where, all);
    else read_tag(line, where, header);
  }
  if (all.each.empty()) refuse_ts(file, "holds no series", "lines of values below @data");
  return all;
}

/// [series, dimensions * length]
Array array_of(const Series& all, const std::string& file) {
  const size_t width = all.dimensions * all.length;
  Array array = zeros(static_cast<int64_t>(all.each.size()), static_cast<int64_t>(width), all.values, file);
  auto& values = std::get<std::vector<float>>(array.values);
  std::fill(values.begin(), values.end(), std::numeric_limits<float>::quiet_NaN());
  for (size_t row = 0; row < all.each.size(); ++row)
    for (size_t d = 0; d < all.dimensions; ++d)
      std::copy(all.each[row][d].begin(), all.each[row][d].end(),
                values.begin() + static_cast<std::ptrdiff_t>(row * width + d * all.length));
  if (all.dimensions > 1)
    for (size_t d = 0; d < all.dimensions; ++d)
      for (size_t t = 0; t < all.length; ++t) array.columns.push_back(fmt::format("{} at {}", d + 1, t + 1));
  return array;
}

Array parse_ts(Bytes bytes, const Request& request) {
  const std::string file = request.path.string(), part = request.part.empty() ? series : request.part;
  const Series all = read_series(bytes, file);
  if (part == series) return array_of(all, file);
  if (part != classes || all.labels.empty())
    refuse_ts(file, "has no part '" + part + "'", all.labels.empty() ? "series" : "series or class");
  return coded_labels(all.labels, file);
}

}  // namespace

namespace readers {

constinit const Format ts{.name = "ts",
                          .match =
                              [](const Candidate& c) {  // a video may be called so, too
                                const bool begins_so = c.bytes.starts_with('#') || c.bytes.starts_with('@');
                                return c.extension == ".ts" && begins_so ? Match::by_content : Match::none;
                              },
                          .parse = &parse_ts,
                          .part_key = "dataset",
                          .has_main_array = true};

}  // namespace readers
}  // namespace elbo::host::formats
