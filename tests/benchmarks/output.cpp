#include "benchmarks/output.hpp"

#include <ATen/Parallel.h>
#include <dnnl.h>
#include <fmt/format.h>
#include <torch/version.h>
#include <unistd.h>

#include <cmath>

#include "base/display.hpp"
#include "base/text.hpp"
#include "log/provenance.hpp"
#include "report/table.hpp"

namespace elbo::host::bench {
namespace {

std::string onednn() {
  const dnnl_version_t* v = dnnl_version();
  return fmt::format("{}.{}.{}", v->major, v->minor, v->patch);
}

std::string cell(const Json& value, int digits) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_number()) return "";
  const auto number = value.get<double>();
  if (digits >= 0) return fmt::format("{:.{}f}", number, digits);
  return number == 0 ? "0" : fmt::format("{:.1e}", number);  // spans orders of magnitude
}

Json at(const Json& row, const std::string& key) { return row.contains(key) ? row[key] : Json(); }

void write_csv(const Json& rows, const std::vector<Shown>& columns) {
  std::vector<std::string> names;
  for (const Shown& column : columns) names.push_back(column.key);
  fmt::print("{}\n", join(names, ","));
  for (const Json& row : rows) {
    std::vector<std::string> cells;
    for (const Shown& column : columns) {
      const Json value = at(row, column.key);
      cells.push_back(value.is_null() ? "" : value.dump());
    }
    fmt::print("{}\n", join(cells, ","));
  }
}

void write_table(const Json& conditions, const Json& rows, const std::vector<Shown>& columns) {
  for (const auto& [name, value] : conditions.items()) fmt::print("{:<12}{}\n", name, cell(value, 0));
  std::vector<report::Column> heads;
  for (const Shown& column : columns)
    heads.push_back({column.heading, column.unit, column.unit.empty() && column.digits == 0});
  std::vector<report::Row> lines;
  for (const Json& row : rows) {
    report::Row line;
    for (const Shown& column : columns) line.push_back(cell(at(row, column.key), column.digits));
    lines.push_back(line);
  }
  fmt::print("\n{}", report::format_table(heads, lines, terminal_width(STDOUT_FILENO, 0)));
}

}  // namespace

Json conditions(const std::vector<std::string>& unset) {
  const auto known = log::provenance(ELBO_VERSION, TORCH_VERSION, 0);
  const auto of = [&](const std::string& name) {
    for (const auto& [key, value] : known)
      if (key == name) return value;
    return std::string();
  };
  return {{"elbo", of("elbo")},
          {"cpu", of("cpu")},
          {"cores", of("cores")},
          {"threads", std::to_string(at::get_num_threads())},
          {"compiler", of("compiler")},
          {"libtorch", of("torch")},
          {"elementwise", of("ATEN_CPU_CAPABILITY")},
          {"oneDNN", onednn()},
          {"unset", join(unset)},
          {"at", of("started_at")}};
}

void write(Format format, const Json& top, const Json& conditions, const Json& rows,
           const std::vector<Shown>& columns) {
  if (format == Format::csv) return write_csv(rows, columns);
  if (format == Format::table) return write_table(conditions, rows, columns);
  Json all = top;
  all["conditions"] = conditions;
  all["rows"] = rows;
  fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
}

}  // namespace elbo::host::bench
