// A comparison for people: on a terminal, on a page, in a paper.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/display.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "metrics/summary.hpp"
#include "report/comparison.hpp"
#include "report/remarks.hpp"
#include "report/results/setting_columns.hpp"
#include "report/table.hpp"

namespace elbo::host::report {
namespace {

using Rows = std::vector<VariantRow>;

constexpr size_t most_trials_listed = 10;

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

/// Of the trials of searches that were not chosen, the best by validation data.
Cells trial_cells(const Ranking& ranking) {
  Rows rows = ranking.trials;
  rows.resize(std::min(rows.size(), most_trials_listed));
  std::vector<nlohmann::ordered_json> plans;
  for (const VariantRow& row : rows) plans.push_back(json_or_discarded(row.runs.front().summary->plan_json));
  const std::vector<Shown> shown = {{metrics::epochs.name, "epochs", "", 0},
                                    {metrics::valid_elbo.name, "validation elbo", "nat", 2},
                                    {metrics::elbo.name, "test elbo", "nat", 2}};
  Cells cells = cells_of(rows, shown, {});
  cells.columns.push_back({"settings", "", true});
  for (size_t r = 0; r < rows.size(); ++r) cells.rows[r].push_back(varied_settings(plans[r]));
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
  if (!ranking.trials.empty()) {
    const size_t listed = std::min(ranking.trials.size(), most_trials_listed);
    text += "\n" +
            format.plain(fmt::format("trials that were not chosen, best first by validation data{}",
                                     listed < ranking.trials.size() ? fmt::format(" ({} of {}; comparison.csv has all)",
                                                                                  listed, ranking.trials.size())
                                                                    : "")) +
            "\n\n" + format.table(trial_cells(ranking));
  }
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

}  // namespace elbo::host::report
