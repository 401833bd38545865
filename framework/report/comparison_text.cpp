// A comparison for people: on a terminal, on a page, in a paper.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/display.hpp"
#include "base/text.hpp"
#include "metrics/summary.hpp"
#include "report/comparison.hpp"
#include "report/remarks.hpp"
#include "report/table.hpp"

namespace elbo::host::report {
namespace {

using Rows = std::vector<VariantRow>;

struct Cells {
  std::vector<Column> columns;
  std::vector<Row> rows;
};

Cells cells_of(const Rows& rows, const std::vector<Shown>& shown, const std::vector<std::string>& marks) {
  Cells cells{{{"variant", "", true}}, {}};
  for (const VariantRow& row : rows) cells.rows.push_back({row.variant});
  const auto add = [&](Column column, const auto& cell_of_row) {
    cells.columns.push_back(std::move(column));
    for (size_t r = 0; r < rows.size(); ++r) cells.rows[r].push_back(cell_of_row(r));
  };
  if (const auto seeds = seed_counts_of(rows); !seeds.empty()) add({"seeds", ""}, [&](size_t r) { return seeds[r]; });
  for (const Shown& column : shown) add({column.name, column.unit}, [&](size_t r) { return cell_of(rows[r], column); });
  const bool some_converted =
      std::any_of(rows.begin(), rows.end(), [](const auto& row) { return !row.conversion.empty(); });
  if (some_converted) add({"converted", "", true}, [&](size_t r) { return conversion_mark(rows[r]); });
  if (!marks.empty()) add({"", "", true}, [&](size_t r) { return marks[r]; });
  return cells;
}

/// How one kind of document is written.
struct Format {
  std::function<std::string(const Cells&)> table;
  std::function<std::string(const std::string&)>
      plain;                // lines in which no character has a meaning, broken where they must be
  const char* before = "";  // each sentence
};

std::string lines(const std::vector<std::string>& sentences, const Format& format) {
  std::string text;
  for (const std::string& sentence : sentences) text += format.before + format.plain(sentence) + "\n";
  return text;
}

std::string ranking_section(const Ranking& ranking, const Format& format) {
  const Answer said_first = answer(ranking);
  std::string text = format.plain(said_first.in_words()) + "\n\n";
  if (!said_first.claim.empty()) text += format.plain(said_first.claim) + "\n\n";
  if (!ranking.measure.empty()) text += format.plain("measure: " + ranking.measure) + "\n";
  const Cells cells = cells_of(ranking.rows, columns_of(ranking), marks_of(ranking));
  text += format.plain(caption_of(ranking)) + "\n\n" + format.table(cells);
  std::vector<std::string> said = verdicts(ranking);
  said.insert(said.end(), ranking.notes.begin(), ranking.notes.end());
  return said.empty() ? text : text + "\n" + lines(said, format);
}

std::string apart_section(const Comparison& c) {
  if (c.rankings.size() < 2) return "";
  std::string text = "Numbers of different measures cannot be compared: each table stands for itself.\n";
  for (const Apart& apart : c.apart)
    text += fmt::format("  tables {} and {}: {}: {}\n", apart.a + 1, apart.b + 1, apart.rule.code, apart.rule.words);
  return text;
}

std::string not_ranked_section(const Comparison& c) {
  if (c.not_ranked.empty())
    return c.below_exact ? "No bound lies above the exact log p(x) by more than three standard errors.\n" : "";
  std::string text = "Not ranked, since the numbers cannot be what they are called:\n";
  for (const NotRanked& run : c.not_ranked) text += "  " + run.sentence() + "\n";
  return text;
}

std::string document(const Comparison& c, const Format& format) {
  std::vector<std::string> sections;
  for (const Ranking& ranking : c.rankings) sections.push_back(ranking_section(ranking, format));
  const auto add_plain = [&](const std::string& text) { sections.push_back(text.empty() ? "" : format.plain(text)); };
  add_plain(apart_section(c));
  if (!c.autoencoders.empty())
    sections.push_back(format.plain("not a bound: excluded from the likelihood table (R9)") + "\n\n" +
                       format.table(cells_of(c.autoencoders, columns_of_autoencoders(c.autoencoders), {})));
  add_plain(not_ranked_section(c));
  for (const auto& sentences : {c.plugins, c.notes, c.unfinished})
    add_plain(sentences.empty() ? "" : join(sentences, "\n") + "\n");
  std::erase(sections, "");
  return fmt::format("{}", fmt::join(sections, "\n"));
}

std::string header_of(const Column& column) {
  return column.unit.empty() ? column.name : column.name + " [" + column.unit + "]";
}

std::string escaped(const std::string& text, const std::string& special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string markdown_plain(const std::string& text) { return escaped(text, "\\`*_[]<>#|"); }

std::string draw_markdown(const Cells& cells) {
  std::string head = "|", rule = "|", body;
  for (const Column& column : cells.columns) {
    head += " " + markdown_plain(header_of(column)) + " |";
    rule += column.is_text ? " :-- |" : " --: |";
  }
  for (const Row& row : cells.rows) {
    body += "|";
    for (const std::string& text : row) body += " " + markdown_plain(text) + " |";
    body += "\n";
  }
  return head + "\n" + rule + "\n" + body;
}

std::string latex_plain(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "±") == 0) out += "$\\pm$", ++i;  // two bytes of UTF-8
    else if (text[i] == '\\') out += "\\textbackslash{}";
    else if (text[i] == '~' || text[i] == '^') out += fmt::format("\\{}{{}}", text[i]);
    else if (text[i] == '<' || text[i] == '>') out += fmt::format("${}$", text[i]);
    else out += escaped(std::string(1, text[i]), "&%$#_{}");
  }
  return out;
}

std::string draw_latex(const Cells& cells) {
  std::string align;
  std::vector<std::string> head;
  for (const Column& column : cells.columns) {
    align += column.is_text ? 'l' : 'r';
    head.push_back(latex_plain(header_of(column)));
  }
  std::string text = "\\begin{tabular}{" + align + "}\n\\hline\n" + join(head, " & ") + " \\\\\n\\hline\n";
  for (const Row& row : cells.rows) {
    std::vector<std::string> fields;
    for (const std::string& field : row) fields.push_back(latex_plain(field));
    text += join(fields, " & ") + " \\\\\n";
  }
  return text + "\\hline\n\\end{tabular}\n";
}

/// The table of /summary, and what the reports compute beside it.
std::vector<Metric> columns() {
  std::vector<Metric> all;
  for (const SummaryMetric& one : summary_metrics()) all.push_back(one.metric);
  all.push_back(metrics::elbo_of_same_data);
  return all;
}

/// What a row's numbers can carry; `mark` as in the table.
struct Said {
  std::string ranked_by, of, mark, times, procedure;
  double p_best = std::numeric_limits<double>::quiet_NaN(), mean_square = p_best, moderated = p_best;
};

std::vector<std::string> fields_of(const VariantRow& row, const Said& said) {
  std::vector<std::string> fields = {csv_field(row.variant), csv_field(row.measure), csv_field(row.likelihood),
                                     row.is_bound ? "yes" : "no", std::to_string(row.seeds)};
  for (const Metric& metric : columns()) {
    const auto estimate = row.find(metric);
    fields.push_back(estimate ? csv_field(estimate->mean) : "");
    fields.push_back(estimate ? csv_field(estimate->sd) : "");
  }
  for (const std::string& text : {std::to_string(row.planned_seeds()), said.ranked_by, said.of, said.mark, said.times})
    fields.push_back(csv_field(text));
  for (const double number : {said.p_best, said.mean_square, said.moderated})
    fields.push_back(std::isnan(number) ? "" : csv_field(number));
  fields.push_back(csv_field(said.procedure));
  fields.push_back(csv_field(conversion_mark(row)));
  return fields;
}

std::string comparable_times(const std::vector<VariantRow>& rows) {
  return why_times_differ(rows).empty() ? "comparable" : "not comparable";
}

/// What is said of each row of a ranking.
std::vector<Said> said_of(const Ranking& ranking) {
  std::vector<Said> all;
  const auto marks = marks_of(ranking);
  for (size_t r = 0; r < ranking.rows.size(); ++r) {
    Said said{ranking.value, ranking.of_bounds ? "lower bounds" : "log p(x)", r < marks.size() ? marks[r] : "",
              comparable_times(ranking.rows), procedure(ranking)};
    if (ranking.best[r].is_compared) said.p_best = ranking.best[r].p;
    if (const auto place = ranking.noise ? ranking.noise->place_of(r) : std::nullopt) {
      said.mean_square = ranking.noise->noise.mean_squares[*place];
      said.moderated = ranking.noise->noise.variances[*place];
    }
    all.push_back(said);
  }
  return all;
}

/// A comment must not end before its text.
std::string comment(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return "# " + text + "\n";
}

}  // namespace

std::string comparison_text(const Comparison& comparison, size_t width) {
  return document(comparison,
                  {.table = [width](const Cells& cells) { return format_table(cells.columns, cells.rows, width); },
                   .plain = [width](const std::string& text) { return wrapped(text, width); }});
}
std::string comparison_markdown(const Comparison& comparison) {
  return document(comparison, {draw_markdown, markdown_plain, "- "});
}
std::string comparison_latex(const Comparison& comparison) {
  return document(comparison, {draw_latex, latex_plain, "\n"});
}

std::string comparison_csv(const Comparison& comparison) {
  std::vector<std::string> header = {"variant", "measure", "likelihood", "bound", "seeds"};
  for (const Metric& metric : columns()) {
    header.push_back(fmt::format("{} [{}]", metric.name, metric.unit));
    header.push_back(fmt::format("{} sd [{}]", metric.name, metric.unit));
  }
  for (const char* name : {"planned seeds", "ranked by", "which are", "mark", "training times", "p best",
                           "seed mean square [nat^2]", "seed variance [nat^2]", "procedure", "converted"})
    header.push_back(name);
  std::string csv;
  for (const Ranking& ranking : comparison.rankings) {
    const Answer said = answer(ranking);
    csv += comment(said.in_words()) + (said.claim.empty() ? "" : comment(said.claim));
  }
  for (const NotRanked& run : comparison.not_ranked) csv += comment("not ranked: " + run.sentence());
  for (const std::string& sentence : comparison.unfinished) csv += comment("without a result: " + sentence);
  csv += join(header, ",") + "\n";
  for (const Ranking& ranking : comparison.rankings) {
    const auto said = said_of(ranking);
    for (size_t r = 0; r < ranking.rows.size(); ++r) csv += join(fields_of(ranking.rows[r], said[r]), ",") + "\n";
  }
  for (const VariantRow& row : comparison.autoencoders)
    csv += join(fields_of(row, {"", "", "", comparable_times(comparison.autoencoders), ""}), ",") + "\n";
  return csv;
}

}  // namespace elbo::host::report
