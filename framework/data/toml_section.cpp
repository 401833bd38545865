#include "data/toml_section.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <elbo/error.hpp>

#include "base/text.hpp"

namespace elbo::data {

std::string place_of(const std::string& file, const toml::source_position& at) {
  return fmt::format("{}:{}:{}", file, at.line, at.column);
}

Section::Section(const toml::table& table, std::string file, std::string name, const std::vector<std::string>& known)
    : table_(table), file_(std::move(file)), name_(std::move(name)) {
  for (const auto& [key, node] : table_) {
    const std::string text(key.str());
    if (std::find(known.begin(), known.end(), text) == known.end())
      throw UserError(place_of(file_, key.source().begin) + ": unknown key '" + text + "'" +
                      (name_.empty() ? "" : " in [" + name_ + "]") + suggestion(text, known));
  }
}

std::string Section::place(const std::string& key) const {
  const toml::node* node = table_.get(key);
  toml::source_position at = node ? node->source().begin : table_.source().begin;
  if (at.line == 0) at = {1, 1};  // a missing key of the whole file
  return place_of(file_, at);
}

void Section::refuse(const std::string& key, const std::string& sentence) const {
  throw UserError(place(key) + ": " + sentence);
}

const toml::node& Section::node(const std::string& key, const std::string& type) const {
  if (const toml::node* found = table_.get(key)) return *found;
  refuse(key, (name_.empty() ? "" : "[" + name_ + "] ") + "'" + key + "' is missing; expected " + type);
}

template <class T>
T Section::value(const std::string& key, const std::string& type) const {
  if (const auto found = node(key, type).value_exact<T>()) return *found;
  refuse(key, "'" + key + "' is no such value; expected " + type);
}

template <class T>
std::vector<T> Section::list(const std::string& key, const std::string& type) const {
  const toml::array* array = node(key, type).as_array();
  if (!array) refuse(key, "'" + key + "' is no list; expected " + type);
  std::vector<T> items;
  for (const toml::node& item : *array) {
    const auto found = item.value_exact<T>();
    if (!found)
      throw UserError(place_of(file_, item.source().begin) + ": '" + key + "' holds something else; expected " + type);
    items.push_back(*found);
  }
  return items;
}

std::string Section::text(const std::string& key) const { return value<std::string>(key, "a string"); }

double Section::number(const std::string& key) const {
  const toml::node& found = node(key, "a number");
  if (!found.is_number()) refuse(key, "'" + key + "' is no such value; expected a number");
  return *found.value<double>();
}

int64_t Section::positive_integer(const std::string& key) const {
  const auto number = value<int64_t>(key, "an integer above 0");
  if (number < 1) refuse(key, fmt::format("'{}' is {}; expected an integer above 0", key, number));
  return number;
}

Shape Section::shape(const std::string& key) const {
  const std::string type = "a list of integers above 0, as [1, 28, 28]";
  Shape sizes = list<int64_t>(key, type);
  if (sizes.empty() ||
      std::any_of(sizes.begin(), sizes.end(), [](int64_t size) { return size < 1 || size > 1'000'000; }))
    refuse(key, "'" + key + "' is " + to_string(sizes) + "; expected " + type);
  return sizes;
}

std::vector<std::string> Section::texts(const std::string& key) const {
  return list<std::string>(key, "a list of strings");
}

std::vector<std::string> Section::texts_or_none(const std::string& key) const {
  return has(key) ? texts(key) : std::vector<std::string>{};
}

Section Section::section(const std::string& key, const std::vector<std::string>& known) const {
  const toml::table* found = node(key, "a table").as_table();
  if (!found) refuse(key, "'" + key + "' is no table; expected [" + key + "]");
  return {*found, file_, name_.empty() ? key : name_ + "." + key, known};
}

}  // namespace elbo::data
