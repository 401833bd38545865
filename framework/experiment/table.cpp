#include "experiment/table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace elbo::host::experiment {
namespace {

bool changes_plugin(const Table& base, const Table& over) {
  const Node *old_plugin = base.find("plugin"), *new_plugin = over.find("plugin");
  return old_plugin && new_plugin && to_string(*old_plugin) != to_string(*new_plugin);
}

struct ToText {
  std::string operator()(const List& list) const {
    std::vector<std::string> parts;
    for (const Node& item : list) parts.push_back(to_string(item));
    return fmt::format("[{}]", join(parts));
  }
  std::string operator()(const Table& table) const {
    std::vector<std::string> parts;
    for (const Entry& entry : table.entries()) parts.push_back(entry.key + " = " + to_string(entry.node));
    return fmt::format("{{{}}}", join(parts));
  }
  template <class Scalar>
  std::string operator()(const Scalar& scalar) const {
    return host::to_string(Value(scalar));
  }
};

}  // namespace

std::string to_string(const Where& where) {
  return where.line ? fmt::format("{}:{}:{}", where.source, where.line, where.column) : where.source;
}

const std::vector<Entry>& Table::entries() const {
  static const std::vector<Entry> none;
  return entries_ ? *entries_ : none;
}

std::vector<Entry>& Table::own_entries() {
  if (!entries_) entries_ = std::make_shared<std::vector<Entry>>();
  else if (entries_.use_count() > 1) entries_ = std::make_shared<std::vector<Entry>>(*entries_);
  return *entries_;
}

const Node* Table::find(std::string_view key) const {
  for (const Entry& entry : entries())
    if (entry.key == key) return &entry.node;
  return nullptr;
}

void Table::set(Entry entry) {
  auto& entries = own_entries();
  for (Entry& old : entries)
    if (old.key == entry.key) {
      old = std::move(entry);
      return;
    }
  entries.push_back(std::move(entry));
}

void Table::erase(std::string_view key) {
  std::erase_if(own_entries(), [&](const Entry& e) { return e.key == key; });
}

std::vector<std::string> Table::keys() const {
  std::vector<std::string> keys;
  for (const Entry& entry : entries()) keys.push_back(entry.key);
  return keys;
}

void put_in_layer(Table& table, Layer layer) {
  Table moved;
  moved.where = table.where;
  for (Entry entry : table.entries()) {
    entry.layer = layer;
    if (auto* nested = std::get_if<Table>(&entry.node.value)) put_in_layer(*nested, layer);
    moved.set(std::move(entry));
  }
  table = std::move(moved);
}

void merge(Table& base, const Table& over) {
  if (changes_plugin(base, over)) {
    base = over;
    return;
  }
  for (const Entry& entry : over.entries()) {
    const Node* old = base.find(entry.key);
    const Table* old_table = old ? std::get_if<Table>(&old->value) : nullptr;
    const Table* new_table = std::get_if<Table>(&entry.node.value);
    Entry merged = entry;
    if (old_table && new_table) {
      Table both = *old_table;
      merge(both, *new_table);
      merged.node = {old->where, std::move(both)};
    }
    base.set(std::move(merged));
  }
}

void set_at(Table& root, const std::vector<std::string>& path, const Where& where, const Node& node, Layer layer) {
  Entry entry{path.back(), where, node};
  for (auto part = path.rbegin() + 1; part != path.rend(); ++part) {
    Table table;
    table.where = where;
    table.set(std::move(entry));
    entry = {*part, where, {where, std::move(table)}};
  }
  Table over;
  over.where = where;
  over.set(std::move(entry));
  put_in_layer(over, layer);
  merge(root, over);
}

std::string to_string(const Node& node) { return std::visit(ToText{}, node.value); }

std::string type_name(const Node& node) {
  static const char* const names[] = {"true or false", "an integer", "a number", "a string", "a list", "a table"};
  return names[node.value.index()];
}

}  // namespace elbo::host::experiment
