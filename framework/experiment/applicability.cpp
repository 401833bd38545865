#include "experiment/applicability.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/text.hpp"

namespace elbo::host::experiment {
namespace {

using Need = std::vector<Requirement>;  // one of them suffices

bool is_off(const Value& value) {
  return std::visit(
      [](const auto& v) {
        if constexpr (requires { v.empty(); }) return v.empty();
        else return v == std::decay_t<decltype(v)>();
      },
      value);
}

struct Contains {
  const Value& one;

  template <class T>
  bool operator()(const T&) const {
    return false;
  }
  template <class T>
  bool operator()(const std::vector<T>& list) const {
    return std::any_of(list.begin(), list.end(), [&](const T& item) { return Value(item) == one; });
  }
};

/// Whether the value is this one, or a list that contains it.
bool is_or_contains(const Value& value, const Value& one) { return value == one || std::visit(Contains{one}, value); }

bool is_met_by(const Requirement& requirement, const Value& value) {
  if (requirement.values.empty()) return !is_off(value);
  const auto has = [&](const Value& one) { return is_or_contains(value, one); };
  return std::any_of(requirement.values.begin(), requirement.values.end(), has) != requirement.except;
}

/// The largest number of a value, or with `sign` -1 the smallest one times -1.
struct Largest {
  double sign = 1;

  template <class T>
  std::optional<double> operator()(const T& one) const {
    if constexpr (std::is_same_v<T, int64_t> || std::is_same_v<T, double>) return sign * static_cast<double>(one);
    return {};
  }
  template <class T>
  std::optional<double> operator()(const std::vector<T>& list) const {
    std::optional<double> found;
    for (const T& one : list)
      if (const auto number = (*this)(one); number && (!found || *number > *found)) found = number;
    return found;
  }
};

/// The largest of the numbers; nothing for other values and for no numbers.
std::optional<double> largest(const Value& value, double sign) { return std::visit(Largest{sign}, value); }

/// "at most", "less than", "at least" or "more than"
const char* words_of(const Limit& limit) {
  if (limit.is_upper) return limit.may_equal ? "at most" : "less than";
  return limit.may_equal ? "at least" : "more than";
}

/// One option of one section.
struct Choice {
  const Section* section;
  const Option* option;
  const Setting* setting;
  const Entry* given;  // null where the file does not say it

  std::string key() const { return section->name.empty() ? option->name : section->name + "." + option->name; }
  int layer() const { return given ? given->layer : -1; }
};

/// A need that does not hold, and whose it is.
struct Unmet {
  const Need* need;
  const Section* section;
};

/// The options of some sections and of those around them, which are looked for one by one: plans have ten thousand runs, and a run says little
/// of what it could.
class Choices {
 public:
  explicit Choices(std::span<const Section> sections, std::span<const Section> around = {})
      : sections_(sections), around_(around) {}

  static Choice at(const Section& section, size_t i) {
    const auto& entries = section.table.entries();
    const auto given =
        std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.key == section.declared[i].name; });
    return {&section, &section.declared[i], &section.settings[i], given == entries.end() ? nullptr : &*given};
  }

  /// What a key means that an option of this section names: one of its own section, else one with its section in front.
  std::optional<Choice> find(const Section& from, std::string_view key) const {
    if (auto own = named(from, key)) return own;
    std::optional<Choice> found;
    for (const auto some : {sections_, around_})
      for (const Section& section : some) {
        const bool is_in_front =
            section.name.empty() ||
            (key.size() > section.name.size() && key.starts_with(section.name) && key[section.name.size()] == '.');
        if (!is_in_front) continue;
        if (auto choice = named(section, section.name.empty() ? key : key.substr(section.name.size() + 1)))
          found = choice;
      }
    return found;
  }

  /// Why the option has no effect: its own need, or that of an option that it needs.
  std::optional<Unmet> unmet(const Choice& choice) const {
    for (const Need& need : choice.option->needs) {
      std::optional<Unmet> why = Unmet{&need, choice.section};
      for (const Requirement& r : need) {
        const std::optional<Choice> other = find(*choice.section, r.key);
        if (other && !is_met_by(r, other->setting->value)) continue;
        const auto deeper = other && !r.except ? unmet(*other) : std::nullopt;
        why = deeper;
        if (!deeper) break;
      }
      if (why) return why;
    }
    return {};
  }

  /// Whether a choice that was made later than the setting took its effect away.
  bool was_replaced(const Choice& choice, const Unmet& unmet) const {
    return std::any_of(unmet.need->begin(), unmet.need->end(), [&](const Requirement& r) {
      const std::optional<Choice> other = find(*unmet.section, r.key);
      const bool is_a_choice = !r.values.empty() || (other && other->section == unmet.section);
      return other && is_a_choice && other->layer() > choice.layer();
    });
  }

  /// "objective.cycle_rise is 0.2, which has an effect only with objective.cycle_epochs, and that is 0; ..."
  std::string sentence(const Choice& choice, const Unmet& unmet) const {
    std::vector<std::string> wanted, found, keys;
    bool except = false;
    for (const Requirement& r : *unmet.need) {
      const Choice other = *find(*unmet.section, r.key);
      std::vector<std::string> values;
      for (const Value& value : r.values) values.push_back(host::to_string(value));
      wanted.push_back((wanted.empty() ? "" : "with ") + other.key() +
                       (values.empty() ? " (" + other.option->doc + ")" : " = " + join(values, " or ")));
      found.push_back(host::to_string(other.setting->value));
      keys.push_back(other.key());
      except = r.except;
    }
    const std::string said = fmt::format("{} is {}, which has ", choice.key(), to_string(choice.given->node));
    if (except)
      return said + fmt::format("no effect with {} = {}; choose another {} or leave {} out", keys[0], found[0], keys[0],
                                choice.key());
    return said + fmt::format("an effect only with {}, and {} {}; set {} or leave {} out", join(wanted, " or "),
                              keys.size() > 1 ? "these are" : "that is", join(found, " and "), join(keys, " or "),
                              choice.key());
  }

  /// "objective.warmup_epochs is 50; expected at most train.max_epochs, which is 2; ..."; "" within the limits.
  std::string beyond_limit(const Choice& choice) const {
    for (const Limit& limit : choice.option->limits) {
      const double sign = limit.is_upper ? 1 : -1;
      const auto number = largest(choice.setting->value, sign);
      const std::optional<Choice> other = find(*choice.section, limit.key);
      const auto most = other ? largest(other->setting->value, sign) : std::nullopt;
      if (!number || !most || *number < *most || (limit.may_equal && *number == *most)) continue;
      if (other->layer() > choice.layer()) continue;  // a later layer shortened the run, as --set does for a first look
      return fmt::format(
          "{} is {}; expected {} {}, which is {}; what lies beyond never comes into effect; {} {} or {} {}",
          choice.key(), to_string(choice.given->node), words_of(limit), other->key(),
          host::to_string(other->setting->value), limit.is_upper ? "lower" : "raise", choice.key(),
          limit.is_upper ? "raise" : "lower", other->key());
    }
    return "";
  }

 private:
  static std::optional<Choice> named(const Section& section, std::string_view name) {
    for (size_t i = 0; i < section.declared.size(); ++i)
      if (section.declared[i].name == name) return at(section, i);
    return {};
  }

  std::span<const Section> sections_, around_;
};

std::vector<Setting> with_effect(const Section& section, const Choices& choices) {
  std::vector<Setting> settings;
  settings.reserve(section.declared.size());
  for (size_t i = 0; i < section.declared.size(); ++i)
    if (!choices.unmet(Choices::at(section, i))) settings.push_back(section.settings[i]);
  return settings;
}

}  // namespace

void check_effects(std::span<Section> sections, Faults& faults, std::span<const Section> around) {
  std::vector<std::pair<Setting*, const Value*>> replaced;
  const Choices choices(sections, around);
  for (Section& section : sections)
    for (size_t i = 0; i < section.declared.size(); ++i) {
      const Choice choice = Choices::at(section, i);
      const Value& value = choice.setting->value;
      const bool says_nothing = !choice.given || (is_off(value) && value == choice.option->fallback);
      if (says_nothing) continue;
      if (const auto unmet = choices.unmet(choice); !unmet) {
        if (const std::string fault = choices.beyond_limit(choice); !fault.empty())
          faults.add(choice.given->node.where, fault);
      } else if (choices.was_replaced(choice, *unmet)) {
        replaced.emplace_back(&section.settings[i], &choice.option->fallback);
      } else {
        faults.add(choice.given->node.where, choices.sentence(choice, *unmet));
      }
    }
  for (const auto& [setting, fallback] : replaced) setting->value = *fallback;
}

std::vector<Setting> with_effect(const Section& section, std::span<const Section> sections) {
  return with_effect(section, Choices(sections));
}

std::vector<Setting> read_effective_options(const Table& table, const std::string& section,
                                            std::span<const Option> declared, const std::vector<std::string>& beside,
                                            Faults& faults, std::span<const Section> around) {
  const size_t faults_before = faults.count();
  Section own{section, declared, read_options(table, section, declared, beside, faults), table};
  if (faults.count() == faults_before) check_effects({&own, 1}, faults, around);
  return with_effect(own, Choices({&own, 1}, around));
}

std::string needs_text(const Option& option, const std::string& quote) {
  const auto quoted = [&](const std::string& text) { return quote + text + quote; };
  std::vector<std::string> parts;
  for (const Need& need : option.needs) {
    std::vector<std::string> any;
    for (const Requirement& r : need) {
      std::vector<std::string> values;
      for (const Value& value : r.values) {
        const auto* text = std::get_if<std::string>(&value);
        values.push_back(quoted(text ? *text : host::to_string(value)));
      }
      const std::string word = !any.empty() ? "with " : r.except ? "not with " : "only with ";
      any.push_back(word + quoted(r.key) + (values.empty() ? "" : " = " + join(values, " or ")));
    }
    parts.push_back(join(any, " or "));
  }
  for (const Limit& limit : option.limits)
    parts.push_back((limit.may_equal ? "at most " : limit.is_upper ? "below " : "above ") + quoted(limit.key));
  return join(parts, "; ");
}

}  // namespace elbo::host::experiment
