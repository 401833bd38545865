// A likelihood that contains others:
//   likelihood = { plugin = "composite", columns = { "alcohol" = "gaussian", "quality" = "categorical" }, rest = "student_t" }
// A key may name several columns, by name or by place from 1, separated by commas: one likelihood then scores them together.
#include <fmt/format.h>

#include <algorithm>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "plan/resolve.hpp"

namespace elbo::host {
using experiment::Entry;
using experiment::Faults;
using experiment::Node;
using experiment::Table;
using experiment::Where;
namespace {

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

std::vector<std::string> between_commas(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    parts.push_back(trimmed(text.substr(at, comma - at)));
    at = comma + 1;
  }
  return parts;
}

/// The likelihood of each column as far as it has been said.
class Assignment {
 public:
  Assignment(std::vector<std::string> names, Faults& faults)
      : names_(std::move(names)), by_(names_.size()), faults_(faults) {}

  /// Takes the columns that the key names; what is wrong with it goes to the faults.
  std::vector<std::string> take(const std::string& key, const Where& where) {
    const bool is_name = std::find(names_.begin(), names_.end(), key) != names_.end();
    std::vector<size_t> places;
    for (const std::string& word : is_name ? std::vector{key} : between_commas(key))
      if (const auto place = find(word, where)) places.push_back(*place);
    std::vector<std::string> taken;
    for (const size_t place : places) {
      if (by_[place].empty()) taken.push_back(names_[place]);
      else
        faults_.add(where,
                    fmt::format("likelihood.columns: '{}' gives the column '{}' a second likelihood, after '{}'; "
                                "expected one for each column; remove one of them",
                                key, names_[place], by_[place]));
      by_[place] = key;
    }
    return taken;
  }

  std::vector<std::string> left() const {
    std::vector<std::string> names;
    for (size_t i = 0; i < names_.size(); ++i)
      if (by_[i].empty()) names.push_back(names_[i]);
    return names;
  }

 private:
  std::optional<size_t> find(const std::string& word, const Where& where) {
    const auto name = std::find(names_.begin(), names_.end(), word);
    if (name != names_.end()) return static_cast<size_t>(name - names_.begin());
    const bool is_number =
        !word.empty() && word.size() < 10 && word.find_first_not_of("0123456789") == std::string::npos;
    if (is_number && std::stoul(word) >= 1 && std::stoul(word) <= names_.size()) return std::stoul(word) - 1;
    faults_.add(where,
                fmt::format("likelihood.columns: the data have no column '{}'{}", word, suggestion(word, names_)));
    return {};
  }

  std::vector<std::string> names_, by_;
  Faults& faults_;
};

/// "gaussian" is { plugin = "gaussian" }.
std::optional<Table> as_table(const Node& node) {
  if (const auto* table = std::get_if<Table>(&node.value)) return *table;
  if (!std::holds_alternative<std::string>(node.value)) return {};
  Table table;
  table.where = node.where;
  table.set({"plugin", node.where, node});
  return table;
}

}  // namespace

const plugins::PluginDescription* Resolver::read_part(const Node& node, const std::string& section,
                                                      PluginChoice& choice) {
  const auto table = as_table(node);
  if (!table) {
    faults_.add(node.where,
                fmt::format("{} is {}, {}; expected a likelihood, as in \"NAME\" or {{ plugin = \"NAME\" }}", section,
                            to_string(node), type_name(node)));
    return nullptr;
  }
  choice.kind = "likelihood";
  const plugins::PluginDescription* found = read_plugin(*table, section, choice);
  const bool is_given_total = found && found->support == Support::simplex_counts;
  if (!found || (!found->contains_likelihoods && !is_given_total)) return found;
  faults_.add(node.where,
              fmt::format("{}: likelihood:{} {}; expected a likelihood of single values; choose another", section,
                          choice.name, is_given_total ? "is given the total of the counts" : "contains others itself"));
  return nullptr;
}

std::vector<const plugins::PluginDescription*> Resolver::read_parts(const Table& likelihood,
                                                                    const std::vector<std::string>& names,
                                                                    PluginChoice& choice) {
  const Node *columns = likelihood.find("columns"), *rest = likelihood.find("rest");
  const auto* table = columns ? std::get_if<Table>(&columns->value) : nullptr;
  if (columns && !table)
    faults_.add(columns->where, "likelihood.columns is " + to_string(*columns) + ", " + type_name(*columns) +
                                    "; expected a table of columns, as in { \"alcohol\" = \"NAME\" }");
  if (names.empty())
    faults_.add(likelihood.where,
                fmt::format("likelihood:{} scores the columns of a table, and the data are none; expected one row "
                            "of values a data point; choose another likelihood",
                            choice.name));
  if (names.empty() || (columns && !table)) return {};

  std::vector<const plugins::PluginDescription*> descriptions;
  const auto add = [&](const std::string& name, std::vector<std::string> taken, const Node& node,
                       const std::string& section) {
    PluginPart part{name, std::move(taken), {}};
    const plugins::PluginDescription* description = read_part(node, section, part.choice);
    if (!description || part.columns.empty()) return;
    descriptions.push_back(description);
    choice.parts.push_back(std::move(part));
  };
  const size_t faults_before = faults_.count();
  Assignment assignment(names, faults_);
  for (const Entry& entry : table ? table->entries() : std::vector<Entry>())
    add(entry.key, assignment.take(entry.key, entry.where), entry.node,
        "likelihood.columns." + to_string(Value(entry.key)));
  const auto left = assignment.left();
  if (rest) add("rest", left, *rest, "likelihood.rest");
  const bool names_are_right = faults_.count() == faults_before;
  if (rest && left.empty() && names_are_right)
    faults_.add(rest->where,
                "likelihood.rest has no column to score, since likelihood.columns names all of them; leave it out");
  if (!rest && !left.empty() && names_are_right)
    faults_.add(likelihood.where,
                fmt::format("likelihood.columns leaves out {}; expected a likelihood for each column; name {} too, or "
                            "add rest = \"...\"",
                            join(left), left.size() > 1 ? "them" : "it"));
  // The order in which they are written does not matter.
  const auto place = [&](const PluginPart& part) {
    return std::find(names.begin(), names.end(), part.columns.front());
  };
  std::sort(choice.parts.begin(), choice.parts.end(),
            [&](const auto& a, const auto& b) { return place(a) < place(b); });
  return descriptions;
}

}  // namespace elbo::host
