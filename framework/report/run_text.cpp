#include "report/run_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/display.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "log/evaluation_file.hpp"
#include "log/series.hpp"
#include "metrics/effective.hpp"
#include "metrics/metrics.hpp"
#include "report/remarks.hpp"
#include "report/table.hpp"

namespace elbo::host::report {
using Json = nlohmann::ordered_json;
namespace {

constexpr const char* curves[] = {
    metrics::elbo.name,         metrics::reconstruction.name, metrics::kl.name, metrics::loss.name, "beta",
    metrics::learning_rate.name};
constexpr size_t least_spark = 10, most_spark = 60;

std::string unit_of(const h5::File& log, const std::string& path) {
  const std::string units = log.attribute(path, "units");
  return units == "1" ? "" : units;
}

hsize_t epochs_of(const h5::File& log, const std::string& group) {
  return log.has(group + "/epoch") ? log::rows_until(log.dataset(group + "/epoch"), std::numeric_limits<int64_t>::max())
                                   : 0;
}

std::string heading(const h5::File& log) {
  std::string text = log.attribute("/", "title") + "\n" + log.attribute("/", "status");
  const hsize_t rows = epochs_of(log, "/train");
  if (rows > 0)
    text +=
        " after " + counted(static_cast<size_t>(log.dataset("/train/epoch").read<int64_t>(rows - 1, 1)[0]), "epoch");
  return text + "\n";
}

std::string summary_cell(double value) { return std::isnan(value) ? "-" : fmt::format("{:.6g}", value); }

/// By the median of the effective numbers over the data; empty where most estimates have several samples that count.
std::string one_decides_text(double median, double samples) {
  if (!one_decides(median, static_cast<int64_t>(samples))) return "";
  return fmt::format(
      "for half of the test data one of {:.0f} samples decides log_px, so that its Monte Carlo error is not known and "
      "log_px_se is the error over the test data alone\n",
      samples);
}

/// Of importance samples; a ladder tests each estimate.
std::string one_decides_text(const h5::File& log) {
  const auto path = [](const Metric& metric) { return "/summary/" + std::string(metric.name); };
  if (!log.has(path(metrics::ess_median)) || !log.has(path(metrics::log_px_samples)) ||
      log.has(path(metrics::not_trusted)))
    return "";
  return one_decides_text(log.number(path(metrics::ess_median)), log.number(path(metrics::log_px_samples)));
}

std::string summary_table(const h5::File& log, const Terminal& terminal) {
  if (!log.has("/summary")) return "no summary: the run is not finished\n";
  std::vector<Row> rows;
  for (const std::string& name : log.names("/summary")) {
    const std::string path = "/summary/" + name;
    if (!log.is_text(path))
      rows.push_back({name, summary_cell(log.number(path)), unit_of(log, path), log.attribute(path, "long_name")});
  }
  std::string text = log.has("/summary/measure") ? "measure: " + log.text("/summary/measure") + "\n\n" : "";
  size_t before_meaning = 0;
  for (const Row& row : rows)
    before_meaning =
        std::max(before_meaning, display_width(row[0]) + display_width(row[1]) + display_width(row[2]) + 8);
  const size_t room = terminal.width > before_meaning + 8 ? terminal.width - before_meaning : 8;
  for (Row& row : rows) row[3] = cut_to_width(row[3], room);
  const std::string note = one_decides_text(log);
  return text +
         format_table({{"result", "", true}, {"value", ""}, {"unit", "", true}, {"meaning", "", true}}, rows,
                      terminal.width) +
         (note.empty() ? "" : "\n" + wrapped(note, terminal.width));
}

/// One line for each term of a pass: name, sparkline, first and last value.
std::string curve_table(const h5::File& log, const std::string& group, const Terminal& terminal) {
  const hsize_t epochs = epochs_of(log, group);
  if (epochs == 0) return "";
  constexpr size_t beside = 42;  // columns that names and values take
  const size_t spark = std::clamp(terminal.width > beside ? terminal.width - beside : 0, least_spark, most_spark);
  std::vector<Row> rows;
  for (const char* name : curves) {
    const std::string path = group + "/" + name;
    if (!log.has(path)) continue;
    const std::vector<double> values = log.dataset(path).read<double>(0, epochs);
    const bool constant =
        std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0] || std::isnan(v); });
    if (constant && epochs > 1) continue;
    rows.push_back({name, sparkline(values, spark, terminal.utf8), fmt::format("{:.5g}", values.front()),
                    fmt::format("{:.5g}", values.back()), unit_of(log, path)});
  }
  return fmt::format("\n{} data\n", group.substr(1)) +
         format_table(
             {{"term", "", true}, {"over the epochs", "", true}, {"first", ""}, {"last", ""}, {"unit", "", true}}, rows,
             terminal.width);
}

const std::string best_epoch = std::string("/summary/") + metrics::best_epoch.name;

/// The row of /test that has the weights which were evaluated: the last one, unless early stopping restored others.
hsize_t evaluated_row(const h5::File& log, hsize_t epochs) {
  if (!log.has(best_epoch)) return epochs - 1;
  const auto tested = log.dataset("/test/epoch").read<int64_t>(0, epochs);
  const auto best = std::find(tested.begin(), tested.end(), static_cast<int64_t>(log.number(best_epoch)));
  return best == tested.end() ? epochs - 1 : static_cast<hsize_t>(best - tested.begin());
}

const std::string kl_per_dim = std::string("/test/") + metrics::kl_per_dim.name;

std::string latent_line(const h5::File& log, const Terminal& terminal) {
  const hsize_t epochs = epochs_of(log, "/test");
  if (epochs == 0 || !log.has(kl_per_dim)) return "";
  std::vector<double> kl = log.dataset(kl_per_dim).read<double>(evaluated_row(log, epochs), 1);
  if (!std::isfinite(kl[0])) return "";
  std::sort(kl.rbegin(), kl.rend());
  return fmt::format("\nKL of each latent dimension, largest first: {} {:.3g} to {:.3g} nat\n",
                     sparkline(kl, std::min<size_t>(64, terminal.width), terminal.utf8), kl.front(), kl.back());
}

/// As many columns and rows of a sheet as the terminal shows without scrolling far.
std::string picture(const h5::File& log, const std::string& name, const Terminal& terminal) {
  constexpr size_t most_rows = 64;
  const h5::Dataset sheets = log.dataset("/images/" + name);
  hsize_t row = sheets.rows();
  while (row > 0 && !sheets.holds(row - 1)) --row;
  if (row == 0) return "";
  const auto shape = sheets.shape();
  const size_t channels = shape.size() == 4 ? 3 : 1, width = std::min<size_t>(shape[2], terminal.width),
               height = std::min<size_t>(shape[1], most_rows);
  const std::vector<uint8_t> pixels = sheets.read<uint8_t>(row - 1, 1);
  std::vector<uint8_t> top;
  for (size_t y = 0; y < height; ++y) {
    const auto from = pixels.begin() + static_cast<std::ptrdiff_t>(y * shape[2] * channels);
    top.insert(top.end(), from, from + static_cast<std::ptrdiff_t>(width * channels));
  }
  return fmt::format("\n{}\n", name) + blocks(top, height, width, channels);
}

std::string pictures(const h5::File& log, const Terminal& terminal) {
  if (!log.has("/images")) return "";
  if (!terminal.colours)
    return "\npictures: reconstructions, samples and traversals lie beside the log as PNG, and in its group /images\n";
  return picture(log, "reconstructions", terminal) + picture(log, "samples", terminal);
}

/// What elbo evaluate has measured; a damaged file is told, and the rest is shown.
std::string evaluation(const h5::File& log, const Terminal& terminal) {
  const auto file = log.path().parent_path() / log::evaluation_file;
  if (!std::filesystem::exists(file)) return "";
  try {
    const Json plan = json_or_discarded(log.text("/config/plan_json"));
    const Json run = {{"variant", member_or(plan, "variant", "")},
                      {"seed", member_or(plan, "seed", Json())},
                      {"metrics", log::read_evaluation(file)},
                      {"refused", Json::array()}};
    return "\n" + evaluation_text({run}, terminal.width);
  } catch (const std::exception& error) {
    return fmt::format("\n{}\n", error.what());
  }
}

struct Section {
  std::string metric, about, measure;
  std::vector<Column> columns{{"run", "", true}};
  std::vector<std::map<std::string, std::string>> rows{};  // cells by column: not every run has all
  std::string caveats{};                                   // a line each
};

/// Four decimals; whole numbers and very small ones as they are; names of columns.
std::string json_cell(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
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
  const std::string name = metric.at("metric"), measure = member_or(metric, "measure", "");
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
  const Json rows = member_or(metric, "rows", Json::object());
  for (const auto& [name, of] : rows.items()) add_column(name, of.at("unit"));
  for (const Json& value : metric.at("values")) add_column(value.at("name"), value.at("unit"));
  const size_t count = rows.empty() ? 1 : rows.begin()->at("values").size();
  for (size_t i = 0; i < count; ++i) {
    std::map<std::string, std::string> row = {{"run", title}};
    for (const auto& [name, of] : rows.items()) row[name] = json_cell(of.at("values").at(i));
    for (const Json& value : metric.at("values")) row[value.at("name")] = json_cell(value.at("value"));
    section.rows.push_back(std::move(row));
    if (!rows.contains("k") || !rows.contains(metrics::ess_median.name)) continue;
    const Json &k = rows.at("k").at("values").at(i), &median = rows.at(metrics::ess_median.name).at("values").at(i);
    if (const std::string note = k.is_number() && median.is_number() ? one_decides_text(median, k) : ""; !note.empty())
      section.caveats += title + ": " + note;
  }
  if (const std::string why = why_only_a_bound(metric); !why.empty())
    section.caveats += fmt::format("{}: log_px is only a lower bound on log p(x): {}\n", title, why);
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

std::string run_text(const h5::File& log, const Terminal& terminal) {
  return heading(log) + "\n" + summary_table(log, terminal) + curve_table(log, "/test", terminal) +
         curve_table(log, "/train", terminal) + latent_line(log, terminal) + evaluation(log, terminal) +
         pictures(log, terminal);
}

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
        table_of(s, width) + (s.caveats.empty() ? "" : "\n" + wrapped(s.caveats, width)));
  if (!refused.empty()) parts.push_back(wrapped(refused, width));
  return join(parts, "\n");
}

std::string why_only_a_bound(const Json& metric) {
  std::map<std::string, double> values;
  for (const Json& one : metric.at("values")) {
    const Json& value = one.at("value");
    values[one.at("name")] = value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
  }
  return values.contains(metrics::not_trusted) ? why_only_a_bound(values) : "";
}

}  // namespace elbo::host::report
