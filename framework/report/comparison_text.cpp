// A comparison for people: on a terminal, on a page, in a paper.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "base/text.hpp"
#include "report/comparison.hpp"
#include "report/table.hpp"

namespace elbo::report {
namespace {

using Rows = std::vector<VariantRow>;

struct Shown {
  const char *value, *name, *unit;
  int decimals;
};

constexpr Shown likelihood_columns[] = {{"elbo", "elbo", "nat", 2},
                                        {"reconstruction", "reconstruction", "nat", 2},
                                        {"kl", "kl", "nat", 2},
                                        {"log_px", "log p(x)", "nat", 2},
                                        {"gap", "gap", "nat", 2},
                                        {"exact_log_px", "exact log p(x)", "nat", 2},
                                        {"bits_per_dim", "bits/dim", "bit", 4},
                                        {"without_latents", "without latents", "nat", 2},
                                        {"active_units", "active units", "", 0},
                                        {"parameters", "parameters", "", 0},
                                        {"epochs", "epochs", "", 0},
                                        {"seconds", "training time", "s", 1}};
constexpr Shown autoencoder_columns[] = {
    {"reconstruction", "reconstruction", "nat", 2}, {"epochs", "epochs", "", 0}, {"seconds", "training time", "s", 1}};

struct Cells {
  std::vector<Column> columns;
  std::vector<Row> rows;
};

bool any_has(const Rows& rows, const std::string& value) {
  return std::any_of(rows.begin(), rows.end(), [&](const VariantRow& row) { return row.find(value).has_value(); });
}

std::string cell(const std::optional<Estimate>& estimate, int decimals) {
  if (!estimate || std::isnan(estimate->mean)) return "-";
  const std::string mean = fmt::format("{:.{}f}", estimate->mean, decimals);
  return std::isnan(estimate->sd) || (decimals == 0 && estimate->sd == 0) ? mean : mean + fmt::format(" ± {:.{}f}", estimate->sd, decimals);
}

/// The value of all rows that have it, as K of the importance-weighted bound; 0 when they differ in it.
int64_t common_value(const Rows& rows, const std::string& name) {
  int64_t common = 0;
  for (const VariantRow& row : rows) {
    const auto value = row.find(name);
    if (!value) continue;
    const auto n = static_cast<int64_t>(value->mean);
    if (common != 0 && common != n) return 0;
    common = n;
  }
  return common;
}

Cells cells_of(const Rows& rows, std::span<const Shown> shown) {
  Cells cells{{{"variant", "", true}}, {}};
  for (const VariantRow& row : rows) cells.rows.push_back({row.variant});
  const bool seeds_differ = std::any_of(rows.begin(), rows.end(), [&](const VariantRow& row) { return row.seeds != rows[0].seeds; });
  if (seeds_differ) {
    cells.columns.push_back({"seeds", ""});
    for (size_t r = 0; r < rows.size(); ++r) cells.rows[r].push_back(std::to_string(rows[r].seeds));
  }
  const auto add = [&](const Column& column, const std::string& value, int decimals) {
    cells.columns.push_back(column);
    for (size_t r = 0; r < rows.size(); ++r) cells.rows[r].push_back(cell(rows[r].find(value), decimals));
  };
  for (const Shown& s : shown) {
    if (!any_has(rows, s.value)) continue;
    const bool weighted = std::string_view(s.value) == "log_px" && any_has(rows, "log_px_samples");
    const int64_t samples = weighted ? common_value(rows, "log_px_samples") : 0;
    add({s.name, samples > 0 ? fmt::format("{}, IW {}", s.unit, samples) : s.unit}, s.value, s.decimals);
    if (weighted && samples == 0) add({"IW samples", ""}, "log_px_samples", 0);
    if (weighted && any_has(rows, "log_px_images") && common_value(rows, "log_px_images") == 0) add({"on test data", ""}, "log_px_images", 0);
  }
  const bool some_converted = std::any_of(rows.begin(), rows.end(), [](const auto& row) { return !row.conversion.empty(); });
  if (!some_converted) return cells;
  cells.columns.push_back({"converted", "", true});
  for (size_t r = 0; r < rows.size(); ++r)
    cells.rows[r].push_back(conversion_mark(rows[r]));
  return cells;
}

/// Which row is best, and of which that is undecided.
void add_marks(Cells& cells, const Ranking& ranking) {
  const std::string& first = ranking.rows[0].variant;
  const auto of_first = [&](const Pair& pair) { return pair.better == first; };
  if (std::none_of(ranking.pairs.begin(), ranking.pairs.end(), of_first)) return;
  const auto undecided = [&](const Pair& pair) { return of_first(pair) && !pair.undecided.empty(); };
  cells.columns.push_back({"", "", true});
  cells.rows[0].push_back(std::any_of(ranking.pairs.begin(), ranking.pairs.end(), undecided) ? "undecided" : "best");
  for (size_t r = 1; r < ranking.rows.size(); ++r) {
    const bool open = std::any_of(ranking.pairs.begin(), ranking.pairs.end(),
                                  [&](const Pair& pair) { return undecided(pair) && pair.worse == ranking.rows[r].variant; });
    cells.rows[r].push_back(open ? "undecided" : "");
  }
}

std::string caption(const Ranking& ranking) {
  std::string text = fmt::format("test data, best {} first", ranking.value == "log_px" ? "log p(x)" : "elbo");
  const auto most = std::max_element(ranking.rows.begin(), ranking.rows.end(),
                                     [](const auto& a, const auto& b) { return a.seeds < b.seeds; });
  const size_t fewest = std::min_element(ranking.rows.begin(), ranking.rows.end(), [](const auto& a, const auto& b) { return a.seeds < b.seeds; })->seeds;
  if (most->seeds > 1) text += fmt::format("; mean ± standard deviation over {}{} seeds", fewest == most->seeds ? "" : "up to ", most->seeds);
  return text;
}

/// The table as it is written in one kind of document.
using Draw = std::string (*)(const Cells&, size_t width);
/// A text in which this kind of document gives no character a meaning.
using Plain = std::string (*)(const std::string&);

std::string lines(const std::vector<std::string>& sentences, Plain plain, const char* before) {
  std::string text;
  for (const std::string& sentence : sentences) text += before + plain(sentence) + "\n";
  return text;
}

std::string ranking_section(const Ranking& ranking, Draw draw, Plain plain, const char* before, size_t width) {
  std::string text = ranking.measure.empty() ? "" : plain("measure: " + ranking.measure) + "\n";
  Cells cells = cells_of(ranking.rows, likelihood_columns);
  add_marks(cells, ranking);
  text += plain(caption(ranking)) + "\n\n" + draw(cells, width);
  std::vector<std::string> said = verdicts(ranking);
  said.insert(said.end(), ranking.notes.begin(), ranking.notes.end());
  return said.empty() ? text : text + "\n" + lines(said, plain, before);
}

std::string apart_section(const Comparison& c) {
  if (c.rankings.size() < 2) return "";
  std::string text = "Numbers of different measures cannot be compared: each table stands for itself.\n";
  for (const Apart& apart : c.apart)
    text += fmt::format("  tables {} and {}: {}: {}\n", apart.a + 1, apart.b + 1, apart.rule.code, apart.rule.words);
  return text;
}

std::string not_ranked_section(const Comparison& c) {
  if (c.not_ranked.empty()) return c.below_exact ? "No bound lies above the exact log p(x) by more than three standard errors.\n" : "";
  std::string text = "Not ranked, since the numbers cannot be what they are called:\n";
  for (const NotRanked& run : c.not_ranked) text += "  " + run.sentence() + "\n";
  return text;
}

std::string document(const Comparison& c, Draw draw, Plain plain, const char* before, size_t width) {
  std::vector<std::string> sections;
  for (const Ranking& ranking : c.rankings) sections.push_back(ranking_section(ranking, draw, plain, before, width));
  const auto add_plain = [&](const std::string& text) { sections.push_back(text.empty() ? "" : plain(text)); };
  add_plain(apart_section(c));
  if (!c.autoencoders.empty())
    sections.push_back(plain("not a bound: excluded from the likelihood table (R9)") + "\n\n" +
                       draw(cells_of(c.autoencoders, autoencoder_columns), width));
  add_plain(not_ranked_section(c));
  for (const auto& sentences : {c.plugins, c.notes, c.unfinished}) add_plain(sentences.empty() ? "" : join(sentences, "\n") + "\n");
  std::erase(sections, "");
  return fmt::format("{}", fmt::join(sections, "\n"));
}

std::string draw_text(const Cells& cells, size_t width) { return format_table(cells.columns, cells.rows, width); }
std::string as_it_is(const std::string& text) { return text; }

std::string header_of(const Column& column) { return column.unit.empty() ? column.name : column.name + " [" + column.unit + "]"; }

std::string escaped(const std::string& text, const std::string& special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string markdown_plain(const std::string& text) { return escaped(text, "\\`*_[]<>#|"); }

std::string draw_markdown(const Cells& cells, size_t) {
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

std::string draw_latex(const Cells& cells, size_t) {
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
  return document(comparison, draw_text, as_it_is, "", width);
}
std::string comparison_markdown(const Comparison& comparison) { return document(comparison, draw_markdown, markdown_plain, "- ", 0); }
std::string comparison_latex(const Comparison& comparison) { return document(comparison, draw_latex, latex_plain, "\n", 0); }

}  // namespace elbo::report
