#include "experiment/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_map>

#include <elbo/error.hpp>

#include "base/text.hpp"

namespace elbo::host::experiment {
namespace {

template <class T>
std::optional<T> scalar_as(const Node& node) {
  if (const T* v = std::get_if<T>(&node.value)) return *v;
  if constexpr (std::is_same_v<T, double>)
    if (const auto* v = std::get_if<int64_t>(&node.value)) return static_cast<double>(*v);
  return {};
}

/// The node as the type of an option.
struct Convert {
  const Node& node;

  template <class T>
  std::optional<Value> operator()(const T&) const {
    const auto v = scalar_as<T>(node);
    return v ? std::optional<Value>(*v) : std::nullopt;
  }
  template <class T>
  std::optional<Value> operator()(const std::vector<T>&) const {
    const List* list = std::get_if<List>(&node.value);
    if (!list) return {};
    std::vector<T> values;
    for (const Node& item : *list) {
      const auto v = scalar_as<T>(item);
      if (!v) return {};
      values.push_back(*v);
    }
    return values;
  }
};

/// What the option is where the file does not set it, beside the settings of the options declared before.
const Value& default_of(const Option& option, const std::vector<Setting>& before) {
  for (const DefaultWith& d : option.defaults)
    for (const Setting& other : before)
      if (other.name == d.key && std::find(d.values.begin(), d.values.end(), other.value) != d.values.end())
        return d.fallback;
  return option.fallback;
}

bool within(const Option& option, double x) { return std::isfinite(x) && x >= option.min && x <= option.max; }

/// "a number from 0 to 1 (learning rate)"
std::string expectation(const Option& option) {
  std::string text = elbo::host::type_name(option.fallback);
  if (const std::string range = range_text(option); !range.empty()) text += " " + range;
  return text + " (" + option.doc + ")";
}

/// 1000000000 rather than 1e+09
std::string plain(double x) {
  return x == std::floor(x) && std::fabs(x) < 1e16 ? fmt::format("{}", static_cast<int64_t>(x)) : fmt::format("{}", x);
}

std::optional<Value> checked(const Node& node, const std::string& name, const Option& option, Faults& faults) {
  auto value = std::visit(Convert{node}, option.fallback);
  const auto found = [&] { return name + " is " + to_string(node); };
  if (!value) faults.add(node.where, found() + ", " + type_name(node) + "; expected " + expectation(option));
  else if (!in_range(option, *value)) faults.add(node.where, found() + "; expected " + expectation(option));
  else if (!among_choices(option, *value))
    faults.add(node.where, found() + "; expected one of " + choices_text(option));
  else return value;
  return {};
}

/// A sentence without its names and its numbers, but with the line that it is about: a sweep is one line and makes them by the thousand.
std::string kind_of(const std::string& sentence) {
  const size_t place = std::min(sentence.find(": "), sentence.size()), column = sentence.rfind(':', place - 1);
  std::string kind = sentence.substr(0, column == sentence.npos ? place : column);
  for (size_t i = place; i < sentence.size(); ++i) {
    const char c = sentence[i];
    if (const size_t end = c == '\'' || c == '"' ? sentence.find(c, i + 1) : sentence.npos; end != sentence.npos)
      i = end;
    else if (c < '0' || c > '9') kind += c;
  }
  return kind;
}

std::vector<std::string> first_of_each_kind(const std::vector<std::string>& sentences) {
  constexpr size_t most_of_a_kind = 5, most = 100;
  std::unordered_map<std::string, std::vector<size_t>> kinds;
  for (size_t i = 0; i < sentences.size(); ++i) kinds[kind_of(sentences[i])].push_back(i);
  std::vector<std::string> lines;
  size_t told = 0;
  for (size_t i = 0; i < sentences.size(); ++i) {
    const auto& alike = kinds.at(kind_of(sentences[i]));
    const size_t place = static_cast<size_t>(std::lower_bound(alike.begin(), alike.end(), i) - alike.begin());
    if (place >= most_of_a_kind) continue;
    if (lines.size() >= most) {
      lines.push_back(fmt::format("and {} more", sentences.size() - told));
      break;
    }
    lines.push_back(sentences[i]);
    ++told;
    if (place + 1 < most_of_a_kind || alike.size() == most_of_a_kind) continue;
    lines.push_back(fmt::format("and {} more of this kind", alike.size() - most_of_a_kind));
    told += alike.size() - most_of_a_kind;
  }
  return lines;
}

}  // namespace

bool in_range(const Option& option, const Value& value) {
  const auto each = [&](const auto& list) {
    return std::all_of(list.begin(), list.end(), [&](auto x) { return within(option, static_cast<double>(x)); });
  };
  if (const auto* v = std::get_if<int64_t>(&value)) return within(option, static_cast<double>(*v));
  if (const auto* v = std::get_if<double>(&value)) return within(option, *v);
  if (const auto* v = std::get_if<std::vector<int64_t>>(&value)) return each(*v);
  if (const auto* v = std::get_if<std::vector<double>>(&value)) return each(*v);
  return true;
}

bool among_choices(const Option& option, const Value& value) {
  const auto chosen = [&](const std::string& s) {
    return std::find(option.choices.begin(), option.choices.end(), s) != option.choices.end();
  };
  if (option.choices.empty()) return true;
  if (const auto* v = std::get_if<std::string>(&value)) return chosen(*v);
  if (const auto* v = std::get_if<std::vector<std::string>>(&value)) return std::all_of(v->begin(), v->end(), chosen);
  return true;
}

void Faults::add(const Where& where, const std::string& sentence) { add(to_string(where) + ": " + sentence); }

void Faults::add(const std::string& sentence) {
  if (known_.insert(sentence).second) sentences_.push_back(sentence);
}

void Faults::raise() const {
  if (!sentences_.empty()) throw UserError(join(first_of_each_kind(sentences_), "\n"));
}

void check_keys(const Table& table, const std::string& section, const std::vector<std::string>& known, Faults& faults) {
  for (const Entry& entry : table.entries()) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    const std::string in = section.empty() ? "" : " in [" + section + "]";
    faults.add(entry.where, "unknown key '" + entry.key + "'" + in + suggestion(entry.key, known));
  }
}

std::vector<Setting> read_options(const Table& table, const std::string& section, std::span<const Option> declared,
                                  const std::vector<std::string>& beside, Faults& faults) {
  const auto is_known = [&](const std::string& key) {
    return std::find(beside.begin(), beside.end(), key) != beside.end() ||
           std::any_of(declared.begin(), declared.end(), [&](const Option& option) { return option.name == key; });
  };
  if (!std::all_of(table.entries().begin(), table.entries().end(), [&](const Entry& e) { return is_known(e.key); })) {
    std::vector<std::string> known = beside;
    for (const Option& option : declared) known.push_back(option.name);
    check_keys(table, section, known, faults);
  }
  std::vector<Setting> settings;
  settings.reserve(declared.size());
  for (const Option& option : declared) {
    const Node* node = table.find(option.name);
    auto value = node ? checked(*node, section.empty() ? option.name : section + "." + option.name, option, faults)
                      : std::nullopt;
    settings.push_back({option.name, value ? *std::move(value) : default_of(option, settings)});
  }
  return settings;
}

std::string range_text(const Option& option) {
  const bool low = std::isfinite(option.min), high = std::isfinite(option.max);
  if (low && high) return "from " + plain(option.min) + " to " + plain(option.max);
  if (low) return "of at least " + plain(option.min);
  return high ? "of at most " + plain(option.max) : "";
}

std::string default_text(const Option& option, const std::string& quote) {
  std::string text = quote + host::to_string(option.fallback) + quote;
  for (const DefaultWith& d : option.defaults) {
    std::vector<std::string> values;
    for (const Value& value : d.values) values.push_back(quote + host::to_string(value) + quote);
    text += fmt::format(", {0}{1}{0} with {0}{2}{0} = {3}", quote, host::to_string(d.fallback), d.key,
                        join(values, " or "));
  }
  return text;
}

std::string choices_text(const Option& option) {
  std::vector<std::string> quoted;
  for (const std::string& choice : option.choices)
    if (!choice.empty()) quoted.push_back(host::to_string(Value(choice)));
  return join(quoted);
}

}  // namespace elbo::host::experiment
