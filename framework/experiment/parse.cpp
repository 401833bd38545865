#include "experiment/parse.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>
#include <tuple>

#include <elbo/error.hpp>

namespace elbo::host::experiment {
namespace {

Where where_of(const toml::source_region& region, const std::string& source) {
  return {source, region.begin.line, region.begin.column};
}

// toml++ keeps keys sorted; the reader of a plan expects the order of the file.
bool written_before(const toml::key& a, const toml::key& b) {
  const auto &p = a.source().begin, &q = b.source().begin;
  return std::tie(p.line, p.column) < std::tie(q.line, q.column);
}

Node node_of(const toml::node& from, const std::string& source);

Table table_of(const toml::table& from, const std::string& source) {
  std::vector<std::pair<toml::key, const toml::node*>> ordered;
  for (const auto& [key, node] : from) ordered.emplace_back(key, &node);
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return written_before(a.first, b.first); });
  Table table;
  table.where = where_of(from.source(), source);
  for (const auto& [key, node] : ordered)
    table.set({std::string(key.str()), where_of(key.source(), source), node_of(*node, source)});
  return table;
}

List list_of(const toml::array& from, const std::string& source) {
  List list;
  for (const toml::node& item : from) list.push_back(node_of(item, source));
  return list;
}

Node node_of(const toml::node& from, const std::string& source) {
  const Where where = where_of(from.source(), source);
  if (const auto* v = from.as_boolean()) return {where, v->get()};
  if (const auto* v = from.as_integer()) return {where, v->get()};
  if (const auto* v = from.as_floating_point()) return {where, v->get()};
  if (const auto* v = from.as_string()) return {where, v->get()};
  if (const auto* v = from.as_array()) return {where, list_of(*v, source)};
  if (const auto* v = from.as_table()) return {where, table_of(*v, source)};
  throw UserError(to_string(where) + ": a date or time; expected true or false, a number, a string, a list or a table");
}

/// Where a node of the command line came from is the word itself, not a line of it.
void place(Node& node, const Where& where) {
  node.where = where;
  if (auto* list = std::get_if<List>(&node.value))
    for (Node& item : *list) place(item, where);
  if (auto* table = std::get_if<Table>(&node.value)) {
    Table placed;
    placed.where = where;
    for (Entry entry : table->entries()) {
      entry.where = where;
      place(entry.node, where);
      placed.set(std::move(entry));
    }
    *table = std::move(placed);
  }
}

constexpr int most_parts = 64;

bool is_bare(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-'; }
bool begins_key(char c) { return c == '"' || c == '\'' || is_bare(c); }

/// Of what begins at `i`: a comment, a text in quotes with them, a bare word, else one character.
size_t length_of_token(std::string_view text, size_t i) {
  const char c = text[i];
  size_t end = i + 1;
  if (c == '#') {
    end = text.find('\n', i);
  } else if (c == '"' || c == '\'') {
    const std::string_view mark = text.substr(i).starts_with(std::string(3, c)) ? text.substr(i, 3) : text.substr(i, 1);
    end = i + mark.size();
    while (end < text.size() && !text.substr(end).starts_with(mark)) end += c == '"' && text[end] == '\\' ? 2 : 1;
    end += mark.size();
  } else if (is_bare(c)) {
    while (end < text.size() && is_bare(text[end])) ++end;
  }
  return std::min(end, text.size()) - i;
}

/// The line of a dotted key that would nest tables deeper than the parser can take them apart again; nothing where there is none.
std::optional<size_t> line_of_deep_key(std::string_view text) {
  size_t line = 1;
  int parts = 0;           // of the key that ends here
  bool is_dotted = false;  // a dot came after the last part
  for (size_t i = 0; i < text.size();) {
    const std::string_view token = text.substr(i, length_of_token(text, i));
    if (begins_key(token[0])) {
      parts = is_dotted ? parts + 1 : 1;
      is_dotted = false;
      if (parts > most_parts) return line;
    } else if (token[0] == '.') {
      is_dotted = parts > 0;
    } else if (token[0] != ' ' && token[0] != '\t') {
      parts = 0;
    }
    line += static_cast<size_t>(std::count(token.begin(), token.end(), '\n'));
    i += token.size();
  }
  return {};
}

std::optional<Table> try_parse(const std::string& text) {
  if (line_of_deep_key(text)) return {};
  try {
    return table_of(toml::parse(text), "");
  } catch (const toml::parse_error&) {
    return {};
  }
}

std::vector<std::string> path_of(const std::string& dotted) {
  std::vector<std::string> path;
  const auto parsed = try_parse(dotted + " = 0");
  const Table* table = parsed ? &*parsed : nullptr;
  while (table && table->entries().size() == 1) {
    path.push_back(table->entries().front().key);
    table = std::get_if<Table>(&table->entries().front().node.value);
  }
  return table ? std::vector<std::string>() : path;
}

Node value_of(const std::string& text) {
  const auto parsed = try_parse("value = " + text);
  if (parsed && parsed->entries().size() == 1) return *parsed->find("value");
  return {{}, text};
}

}  // namespace

Table parse(const std::string& text, const std::string& source) {
  if (const auto deep = line_of_deep_key(text))
    throw UserError(fmt::format("{}:{}: a key of more than {} parts; expected one such as train.optimizer.lr", source,
                                *deep, most_parts));
  try {
    Table root = table_of(toml::parse(text, source), source);
    root.where = {source};
    return root;
  } catch (const toml::parse_error& e) {
    throw UserError(to_string(where_of(e.source(), source)) + ": not TOML: " + std::string(e.description()));
  }
}

Override parse_override(const std::string& argument) {
  const auto equals = argument.find('=');
  const std::string key = argument.substr(0, equals);
  const auto path = equals == std::string::npos ? std::vector<std::string>() : path_of(key);
  if (path.empty())
    throw UserError("--set " + argument + ": not an assignment; expected KEY=VALUE, as in --set train.max_epochs=3");
  Override made{path, {"--set " + key}, value_of(argument.substr(equals + 1))};
  place(made.node, made.where);
  return made;
}

}  // namespace elbo::host::experiment
