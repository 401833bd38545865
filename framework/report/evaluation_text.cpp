#include "report/evaluation_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/display.hpp"
#include "base/text.hpp"
#include "report/table.hpp"

namespace elbo::report {
using Json = nlohmann::ordered_json;
namespace {

struct Section {
  std::string metric, about, measure;
  std::vector<Column> columns{{"run", "", true}};
  std::vector<std::map<std::string, std::string>> rows{};  // cells by column: not every run has all
};

/// Four decimals; whole numbers and very small ones as they are.
std::string json_cell(const Json& value) {
  if (!value.is_number()) return "-";
  const auto x = value.get<double>();
  if (std::isnan(x)) return "-";
  if (std::fabs(x) < 1e15 && x == std::round(x)) return fmt::format("{:.0f}", x);
  return std::fabs(x) < 1e-3 ? fmt::format("{:.2g}", x) : fmt::format("{:.4f}", x);
}

std::string title_of(const Json& answer) {
  return fmt::format("{}, seed {}", answer.at("variant").get<std::string>(), answer.at("seed").dump());
}

Section& section_of(std::vector<Section>& sections, const Json& metric) {
  const std::string name = metric.at("metric"), measure = metric.value("measure", "");
  for (Section& s : sections)
    if (s.metric == name && s.measure == measure) return s;
  sections.push_back({name, metric.at("long_name"), measure});
  return sections.back();
}

void add_rows(Section& section, const std::string& title, const Json& metric) {
  const auto add_column = [&](const std::string& name, const std::string& unit) {
    const bool known =
        std::any_of(section.columns.begin(), section.columns.end(), [&](const Column& c) { return c.name == name; });
    if (!known) section.columns.push_back({name, unit == "1" ? "" : unit});
  };
  const Json rows = metric.value("rows", Json::object());
  for (const auto& [name, of] : rows.items()) add_column(name, of.at("unit"));
  for (const Json& value : metric.at("values")) add_column(value.at("name"), value.at("unit"));
  const size_t count = rows.empty() ? 1 : rows.begin()->at("values").size();
  for (size_t i = 0; i < count; ++i) {
    std::map<std::string, std::string> row = {{"run", title}};
    for (const auto& [name, of] : rows.items()) row[name] = json_cell(of.at("values").at(i));
    for (const Json& value : metric.at("values")) row[value.at("name")] = json_cell(value.at("value"));
    section.rows.push_back(std::move(row));
  }
}

std::string table_of(const Section& section, size_t width) {
  std::vector<Row> rows;
  for (const auto& cells : section.rows) {
    Row row;
    for (const Column& column : section.columns)
      row.push_back(cells.contains(column.name) ? cells.at(column.name) : "-");
    rows.push_back(std::move(row));
  }
  return format_table(section.columns, rows, width);
}

}  // namespace

std::string evaluation_text(const std::vector<Json>& answers, size_t width) {
  std::vector<Section> sections;
  std::string refused;
  for (const Json& answer : answers) {
    for (const Json& metric : answer.at("metrics")) add_rows(section_of(sections, metric), title_of(answer), metric);
    for (const Json& one : answer.at("refused"))
      refused += fmt::format("{}: not measured: {}: {}\n", title_of(answer), one.at("metric").get<std::string>(),
                             one.at("why").get<std::string>());
  }
  std::vector<std::string> parts;
  for (const Section& s : sections)
    parts.push_back(
        wrapped(fmt::format("{}: {}\n{}\n", s.metric, s.about, s.measure.empty() ? "" : "measure: " + s.measure + "\n"),
                width) +
        table_of(s, width));
  if (!refused.empty()) parts.push_back(wrapped(refused, width));
  return join(parts, "\n");
}

}  // namespace elbo::report
