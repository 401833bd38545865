// One table of a data set's description, read key by key. Every fault names the place as file:line:column.
#pragma once
#include <toml++/toml.h>

#include <string>
#include <vector>

#include <elbo/shapes.hpp>

namespace elbo::data {

class Section {
 public:
  /// `name` is empty for the whole file. Keys other than `known` are refused, with the nearest one.
  Section(const toml::table& table, std::string file, std::string name, const std::vector<std::string>& known);

  bool has(const std::string& key) const { return table_.contains(key); }
  /// These throw UserError when the key is missing or has another type.
  std::string text(const std::string& key) const;
  double number(const std::string& key) const;
  int64_t positive_integer(const std::string& key) const;
  Shape shape(const std::string& key) const;
  std::vector<std::string> texts(const std::string& key) const;
  Section section(const std::string& key, const std::vector<std::string>& known) const;
  /// These give an empty string or list when the key is missing.
  std::string text_or_none(const std::string& key) const { return has(key) ? text(key) : ""; }
  std::vector<std::string> texts_or_none(const std::string& key) const;

  /// Throws UserError "<file:line:column of key>: <sentence>".
  [[noreturn]] void refuse(const std::string& key, const std::string& sentence) const;
  /// "<file>:<line>:<column>" of the key's value, or of the table when it has no such key.
  std::string place(const std::string& key) const;

 private:
  const toml::node& node(const std::string& key, const std::string& type) const;
  template <class T>
  T value(const std::string& key, const std::string& type) const;
  template <class T>
  std::vector<T> list(const std::string& key, const std::string& type) const;

  const toml::table& table_;
  std::string file_, name_;
};

/// "<file>:<line>:<column>"
std::string place_of(const std::string& file, const toml::source_position& at);

}  // namespace elbo::data
