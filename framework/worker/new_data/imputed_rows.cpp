#include "worker/new_data/imputed_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "base/text.hpp"
#include "evaluate/predictive.hpp"
#include "formats/text/field_values.hpp"
#include "hdf5/file.hpp"
#include "log/upkeep/edit.hpp"
#include "metrics/metrics.hpp"
#include "worker/new_data/applied_rows.hpp"

namespace elbo::host::worker {
namespace fs = std::filesystem;
namespace {

constexpr size_t rows_of_a_part = 1000;
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

constexpr Metric low{.name = "low", .long_name = "lower end of the central interval of the missing value"},
    high{.name = "high", .long_name = "upper end of the central interval of the missing value"},
    probability{.name = "probability", .long_name = "of the most probable name, which stands for the missing one"},
    trusted{.name = "trusted", .long_name = "1 where the row has enough effective samples; else 0"};

bool has_names(const formats::TableColumn& column) { return !column.levels.empty(); }

/// The text of a file, row by row; `line(i)` is the one of row i.
template <class Line>
void write_lines(const fs::path& file, const std::string& header, size_t count, Line&& line) {
  size_t next = 0;
  bool has_begun = false;
  write_atomically(file, [&] {
    std::string text;
    if (!has_begun) text = header, has_begun = true;
    for (size_t i = 0; i < rows_of_a_part && next < count; ++i) text += line(next++);
    return text;
  });
}

void write_table(const fs::path& file, const ImputedRows& rows) {
  if (rows.fields) {
    const formats::TableFields& own = *rows.fields;
    auto entry = rows.entries.begin();
    write_lines(file, own.header(), static_cast<size_t>(rows.rows), [&](size_t row) {
      std::vector<std::string> fields = own.table.fields(row);
      for (; entry != rows.entries.end() && entry->row == static_cast<int64_t>(row); ++entry)
        fields[own.places[entry->column]] = imputed_field(rows, entry->column, entry->value);
      return own.line(fields);
    });
    return;
  }
  std::vector<std::string> names;
  for (const formats::TableColumn& column : rows.columns) names.push_back(csv_field(column.name));
  write_lines(file, join(names, ",") + "\n", static_cast<size_t>(rows.rows), [&](size_t row) {
    std::string text;
    for (size_t j = 0; j < rows.columns.size(); ++j)
      text += (j ? "," : "") + stored_field(&rows.columns[j], rows.values[row * rows.columns.size() + j], true);
    return text + "\n";
  });
}

void write_entries(const fs::path& file, const ImputedRows& rows) {
  const std::string header = fmt::format("row,column,value,{},{},{},{},{},{}\n", low.name, high.name, probability.name,
                                         metrics::ess.name, metrics::pareto_k.name, trusted.name);
  write_lines(file, header, rows.entries.size(), [&](size_t i) {
    const ImputedEntry& e = rows.entries[i];
    const auto row = static_cast<size_t>(e.row);
    const formats::TableColumn& column = rows.columns[e.column];
    return fmt::format("{},{},{},{},{},{},{},{},{}\n", e.row, csv_field(column.name),
                       stored_field(&column, e.value, true), stored_field(&column, e.low, true),
                       stored_field(&column, e.high, true), csv_field(e.probability), csv_field(rows.ess[row]),
                       csv_field(rows.pareto_k[row]), rows.is_trusted(e.row) ? 1 : 0);
  });
}

/// As arrays have it: a number in the file's units, a name by its code, a date by its day.
double array_value(const ImputedRows& rows, size_t column, double value) {
  const formats::TableColumn& c = rows.columns[column];
  return c.kind == "date" ? value : value + c.origin;
}

/// What a text file holds exactly, where it is a plain number.
double observed_number(const ImputedRows& rows, int64_t row, size_t column, double stored) {
  const double value = array_value(rows, column, stored);
  if (!rows.fields || rows.columns[column].kind != "number") return value;
  const auto exact =
      formats::plain_number(rows.fields->table.fields(static_cast<size_t>(row))[rows.fields->places[column]]);
  return exact && std::abs(*exact - value) <= 1e-5 * std::abs(*exact) ? *exact : value;
}

h5::Spec spec_of(const ImputedRows& rows, hid_t type, const char* meaning) {
  return {.type = type,
          .shape = {static_cast<hsize_t>(rows.rows), static_cast<hsize_t>(rows.columns.size())},
          .dims = {"sample", "value"},
          .units = "1",
          .long_name = meaning};
}

void write_arrays(h5::File& file, const ImputedRows& rows) {
  const size_t width = rows.columns.size(), all = static_cast<size_t>(rows.rows) * width;
  std::vector<double> values(all), lows(all, no_number), highs = lows, probabilities = lows;
  std::vector<uint8_t> imputed(all, 0);
  for (size_t i = 0; i < all; ++i)
    values[i] = observed_number(rows, static_cast<int64_t>(i / width), i % width, rows.values[i]);
  for (const ImputedEntry& e : rows.entries) {
    const size_t i = static_cast<size_t>(e.row) * width + e.column;
    values[i] = array_value(rows, e.column, e.value);
    lows[i] = array_value(rows, e.column, e.low);
    highs[i] = array_value(rows, e.column, e.high);
    probabilities[i] = e.probability;
    imputed[i] = 1;
  }
  const auto write = [&](const char* name, const char* meaning, const std::vector<double>& numbers) {
    file.dataset(std::string("/") + name, spec_of(rows, H5T_IEEE_F64LE, meaning)).write<double>(0, numbers);
  };
  write("values", "the completed table, in the units of its file; of names their codes", values);
  write(low.name, low.long_name, lows);
  write(high.name, high.long_name, highs);
  write(probability.name, probability.long_name, probabilities);
  file.dataset("/imputed", spec_of(rows, H5T_STD_U8LE, "1 where the value was missing"))
      .write<uint8_t>(0, std::span<const uint8_t>(imputed));
}

void write_of_rows(h5::File& file, const ImputedRows& rows) {
  std::vector<double> are_trusted;
  for (int64_t row = 0; row < rows.rows; ++row)
    are_trusted.push_back(std::isnan(rows.ess[static_cast<size_t>(row)]) ? no_number : rows.is_trusted(row) ? 1 : 0);
  const auto write = [&](const Metric& metric, const std::vector<double>& numbers) {
    file.dataset("/" + std::string(metric), {.type = H5T_IEEE_F64LE,
                                             .shape = {static_cast<hsize_t>(rows.rows)},
                                             .dims = {"sample"},
                                             .units = metric.unit,
                                             .long_name = metric.long_name})
        .write<double>(0, numbers);
  };
  write(metrics::ess, rows.ess);
  write(metrics::pareto_k, rows.pareto_k);
  write(trusted, are_trusted);
}

void write_file(h5::File& file, const ImputedRows& rows) {
  file.attribute("/", "Conventions", "CF-1.10, elbo-imputed-1");
  file.attribute("/", "title", rows.title);
  file.attribute("/", "run", rows.run_id);
  file.attribute("/", "source", rows.source);
  file.attribute("/", "seed", std::to_string(rows.seed));
  file.attribute("/", "samples", std::to_string(rows.samples));
  file.attribute("/", "coverage", fmt::format("{:g}", rows.coverage));
  file.dimension("/sample", static_cast<hsize_t>(rows.rows), "row of the file");
  file.dimension("/value", static_cast<hsize_t>(rows.columns.size()), "column");
  write_arrays(file, rows);
  write_of_rows(file, rows);
  std::vector<std::string> names;
  for (const formats::TableColumn& column : rows.columns) {
    names.push_back(column.name);
    if (has_names(column)) file.attribute("/values", "levels of " + column.name, column.levels);
    if (!column.unit.empty()) file.attribute("/values", "unit of " + column.name, column.unit);
  }
  file.attribute("/values", "columns", names);
}

/// How the entries of a CSV file came about.
nlohmann::ordered_json record_of(const ImputedRows& rows) {
  return {{"run", rows.run_id},
          {"title", rows.title},
          {"source", rows.source},
          {"seed", rows.seed},
          {"samples", rows.samples},
          {"coverage", rows.coverage},
          {"imputed", rows.entries.size()},
          {"incomplete_rows", rows.incomplete_rows()},
          {"not_trusted_rows", rows.not_trusted_rows()}};
}

}  // namespace

bool ImputedRows::is_trusted(int64_t row) const {
  const auto i = static_cast<size_t>(row);
  return is_trusted_prediction(ess[i], pareto_k[i]);
}

size_t ImputedRows::incomplete_rows() const {
  return static_cast<size_t>(std::count_if(ess.begin(), ess.end(), [](double one) { return !std::isnan(one); }));
}

size_t ImputedRows::not_trusted_rows() const {
  size_t count = 0;
  for (int64_t row = 0; row < rows; ++row) count += !std::isnan(ess[static_cast<size_t>(row)]) && !is_trusted(row);
  return count;
}

size_t ImputedRows::heavy_tail_rows() const {
  size_t count = 0;
  for (int64_t row = 0; row < rows; ++row)
    count += ess[static_cast<size_t>(row)] >= least_effective_samples && !is_trusted(row);
  return count;
}

std::string imputed_field(const ImputedRows& rows, size_t column, double value) {
  std::string text = stored_field(&rows.columns[column], value, true);
  if (text.size() > 1 && text.front() == '"') {  // of a CSV file of commas; the table has quotes of its own
    text = text.substr(1, text.size() - 2);
    for (size_t at = text.find("\"\""); at != std::string::npos; at = text.find("\"\"", at + 1)) text.erase(at, 1);
  }
  if (rows.fields && rows.fields->has_decimal_comma && rows.columns[column].kind == "number")
    std::replace(text.begin(), text.end(), '.', ',');
  return text;
}

std::vector<fs::path> write_imputed(const fs::path& file, const ImputedRows& rows) {
  check_applied_suffix(file);
  if (file.extension() == ".h5") {
    log::create_file(file, [&](h5::File& draft) { write_file(draft, rows); });
    return {file};
  }
  fs::path entries = file, record = file;
  entries.replace_extension(".entries.csv");
  record.replace_extension(".entries.json");
  write_table(file, rows);
  write_entries(entries, rows);
  write_atomically(record, record_of(rows).dump(2) + "\n");
  return {file, entries, record};
}

}  // namespace elbo::host::worker
