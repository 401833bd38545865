#include "experiment/applicability.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
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
  /// Whether key() is this, without making it: plans have ten thousand runs.
  bool is_called(std::string_view name) const {
    if (section->name.empty()) return name == option->name;
    return name.size() == section->name.size() + 1 + option->name.size() && name.starts_with(section->name) &&
           name[section->name.size()] == '.' && name.ends_with(option->name);
  }
  int layer() const { return given ? given->layer : -1; }
};

/// A need that does not hold, and whose it is.
struct Unmet {
  const Need* need;
  const Section* section;
};

class Choices {
 public:
  explicit Choices(const std::vector<Section>& sections) {
    for (const Section& s : sections)
      for (size_t i = 0; i < s.declared.size(); ++i) {
        const auto& entries = s.table.entries();
        const auto given =
            std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.key == s.declared[i].name; });
        all_.push_back({&s, &s.declared[i], &s.settings[i], given == entries.end() ? nullptr : &*given});
      }
  }

  const std::vector<Choice>& all() const { return all_; }

  /// What a key means that an option of this section names: one of its own section, else one with its section in front.
  const Choice* find(const Section& from, const std::string& key) const {
    const Choice* found = nullptr;
    for (const Choice& choice : all_) {
      if (choice.section == &from && choice.option->name == key) return &choice;
      if (choice.is_called(key)) found = &choice;
    }
    return found;
  }

  /// Why the option has no effect: its own need, or that of an option that it needs.
  std::optional<Unmet> unmet(const Choice& choice) const {
    for (const Need& need : choice.option->needs) {
      std::optional<Unmet> why = Unmet{&need, choice.section};
      for (const Requirement& r : need) {
        const Choice* other = find(*choice.section, r.key);
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
      const Choice* other = find(*unmet.section, r.key);
      const bool is_a_choice = !r.values.empty() || (other && other->section == unmet.section);
      return other && is_a_choice && other->layer() > choice.layer();
    });
  }

  /// "objective.cycle_rise is 0.2, which has an effect only with objective.cycle_epochs, and that is 0; ..."
  std::string sentence(const Choice& choice, const Unmet& unmet) const {
    std::vector<std::string> wanted, found, keys;
    bool except = false;
    for (const Requirement& r : *unmet.need) {
      const Choice& other = *find(*unmet.section, r.key);
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
      const Choice* other = find(*choice.section, limit.key);
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
  std::vector<Choice> all_;
};

}  // namespace

void check_effects(std::vector<Section>& sections, Faults& faults, size_t count) {
  std::map<const Setting*, const Value*> replaced;
  const Choices choices(sections);
  for (const Choice& choice : choices.all()) {
    if (static_cast<size_t>(choice.section - sections.data()) >= count) break;
    const Value& value = choice.setting->value;
    const bool says_nothing = !choice.given || (is_off(value) && value == choice.option->fallback);
    if (says_nothing) continue;
    if (const auto unmet = choices.unmet(choice); !unmet) {
      if (const std::string fault = choices.beyond_limit(choice); !fault.empty())
        faults.add(choice.given->node.where, fault);
    } else if (choices.was_replaced(choice, *unmet)) {
      replaced[choice.setting] = &choice.option->fallback;
    } else {
      faults.add(choice.given->node.where, choices.sentence(choice, *unmet));
    }
  }
  for (Section& section : sections)
    for (Setting& setting : section.settings)
      if (const auto it = replaced.find(&setting); it != replaced.end()) setting.value = *it->second;
}

std::vector<Setting> with_effect(const Section& section, const std::vector<Section>& sections) {
  const Choices choices(sections);
  std::vector<Setting> settings;
  for (const Choice& choice : choices.all())
    if (choice.section == &section && !choices.unmet(choice)) settings.push_back(*choice.setting);
  return settings;
}

std::vector<Setting> read_effective_options(const Table& table, const std::string& section,
                                            const std::vector<Option>& declared, const std::vector<std::string>& beside,
                                            Faults& faults, const std::vector<Section>& around) {
  const size_t faults_before = faults.count();
  std::vector<Section> all = {{section, declared, read_options(table, section, declared, beside, faults), table}};
  all.insert(all.end(), around.begin(), around.end());
  if (faults.count() == faults_before) check_effects(all, faults, 1);
  return with_effect(all[0], all);
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
