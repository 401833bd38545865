#include "cli/evaluation_text.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/text.hpp"
#include "report/table.hpp"

namespace elbo::cli {
using Json = nlohmann::ordered_json;
namespace {

struct Section {
  std::string metric, about, measure;
  std::vector<report::Column> columns;
  std::vector<report::Row> rows;
};

/// Four decimals; whole numbers and very small ones as they are.
std::string cell(const Json& value) {
  if (!value.is_number()) return "-";
  const auto x = value.get<double>();
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
  Section fresh{name, metric.at("long_name"), measure, {{"run", "", true}}, {}};
  const auto add = [&](const std::string& column, const std::string& unit) { fresh.columns.push_back({column, unit == "1" ? "" : unit}); };
  if (metric.contains("rows"))
    for (const auto& [column, of] : metric.at("rows").items()) add(column, of.at("unit"));
  for (const Json& value : metric.at("values")) add(value.at("name"), value.at("unit"));
  sections.push_back(std::move(fresh));
  return sections.back();
}

void add_rows(Section& section, const std::string& title, const Json& metric) {
  const Json rows = metric.value("rows", Json::object());
  const size_t count = rows.empty() ? 1 : rows.begin()->at("values").size();
  for (size_t i = 0; i < count; ++i) {
    report::Row row = {title};
    for (const auto& [name, of] : rows.items()) row.push_back(cell(of.at("values").at(i)));
    for (const Json& value : metric.at("values")) row.push_back(cell(value.at("value")));
    row.resize(section.columns.size(), "-");
    section.rows.push_back(std::move(row));
  }
}

}  // namespace

std::string evaluation_text(const std::vector<Json>& answers, size_t width) {
  std::vector<Section> sections;
  std::string refused;
  for (const Json& answer : answers) {
    for (const Json& metric : answer.at("metrics")) add_rows(section_of(sections, metric), title_of(answer), metric);
    for (const Json& one : answer.at("refused"))
      refused += fmt::format("{}: not measured: {}: {}\n", title_of(answer), one.at("metric").get<std::string>(), one.at("why").get<std::string>());
  }
  std::vector<std::string> parts;
  for (const Section& s : sections)
    parts.push_back(fmt::format("{}: {}\n{}\n", s.metric, s.about, s.measure.empty() ? "" : "measure: " + s.measure + "\n") +
                    report::format_table(s.columns, s.rows, width));
  if (!refused.empty()) parts.push_back(refused);
  return join(parts, "\n");
}

}  // namespace elbo::cli
