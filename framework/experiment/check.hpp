// Tables against declared options.
#pragma once
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include <elbo/options.hpp>

#include "experiment/known_options.hpp"
#include "experiment/table.hpp"

namespace elbo::host::experiment {

/// Mistakes found so far, so that one look at a file reports all of them.
class Faults {
 public:
  /// "FILE:LINE:COLUMN: sentence"; the same mistake seen again through another variant counts once.
  void add(const Where& where, const std::string& sentence);
  void add(const std::string& sentence);
  bool empty() const { return sentences_.empty(); }
  size_t count() const { return sentences_.size(); }
  /// Throws UserError with one line a mistake, if there are any: of mistakes that differ in names and numbers alone, as a sweep makes them by
  /// the thousand, the first few, and how many more there are.
  void raise() const;

 private:
  std::vector<std::string> sentences_;
  std::unordered_set<std::string> known_;
};

/// Faults every key of the table that is not among these.
void check_keys(const Table& table, const std::string& section, const std::vector<std::string>& known, Faults& faults);

/// Every declared option, with the table's value or its default. A mistake is added to faults and leaves the default.
/// `beside`: keys that the section has besides options.
std::vector<Setting> read_options(const Table& table, const std::string& section, std::span<const Option> declared,
                                  const std::vector<std::string>& beside, Faults& faults);

/// The same into a struct that declares its options.
template <class Config>
Config read_config(const Table& table, const std::string& section, Faults& faults,
                   const std::vector<std::string>& beside = {}) {
  const auto& options = known_options<Config>();
  return options.config(read_options(table, section, options.list(), beside, faults));
}

/// Whether the value, of the option's type, lies in its range and among its choices.
bool in_range(const Option& option, const Value& value);
bool among_choices(const Option& option, const Value& value);

/// "from 1 to 100", "of at least 0", ""; for messages and documentation.
std::string range_text(const Option& option);
/// "-1.0, -0.5 with activation = "tanh"": the default and those that take its place, each value and key between `quote`.
std::string default_text(const Option& option, const std::string& quote = "");
/// The choices in quotes, without the empty one.
std::string choices_text(const Option& option);

}  // namespace elbo::host::experiment
