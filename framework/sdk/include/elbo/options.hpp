// Options of a plugin (or of a section of an experiment file): a plain struct and one line a member.
// The default is the member's initialiser and the type is the member's type, so nothing is said twice.
// Options that several plugins share are a struct of their own with a describe() of its own; a Config has it as a member.
#pragma once
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <elbo/error.hpp>

namespace elbo {

using Value = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>, std::vector<double>,
                           std::vector<std::string>>;

template <class T>
concept OptionType = std::same_as<T, bool> || std::same_as<T, int64_t> || std::same_as<T, double> ||
                     std::same_as<T, std::string> || std::same_as<T, std::vector<int64_t>> ||
                     std::same_as<T, std::vector<double>> || std::same_as<T, std::vector<std::string>>;

/// That another option has, or with `except` has not, one of these values. Without values: any but 0, false, "" and [].
struct Requirement {
  std::string key;  // of the same plugin, or of an experiment file's other sections, as "objective.plugin"
  std::vector<Value> values{};
  bool except = false;
};

/// That an option's numbers are at most, or below, or above the value of another option.
struct Limit {
  std::string key;  // as in Requirement; plugins may name "train.max_epochs", too
  bool may_equal = true;
  bool is_upper = true;
};

/// A default that takes the declared one's place while another option of the same plugin has one of these values.
struct DefaultWith {
  std::string key;
  std::vector<Value> values{};
  Value fallback;
};

/// One declared option. min and max bound numbers, and each element of a list of numbers.
struct Option {
  std::string name, doc;
  Value fallback;
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices{};
  std::vector<std::vector<Requirement>> needs{};  // it has an effect while one of each of these lists holds
  std::vector<Limit> limits{};
  std::vector<DefaultWith> defaults{};  // the first whose condition holds counts
};

/// A value for an option, already checked by the host against its declaration.
struct Setting {
  std::string name;
  Value value;
};

/// The declared options of Config, in order of declaration.
template <class Config>
class Options {
 public:
  class Added {
   public:
    explicit Added(Option& option) : option_(option) {}
    Added& range(double min, double max) {
      option_.min = min;
      option_.max = max;
      return *this;
    }
    Added& one_of(std::vector<std::string> choices) {
      option_.choices = std::move(choices);
      return *this;
    }
    /// It has an effect only while the option `key`, declared before, has one of these values; without values: while that
    /// is not 0, false, "" or []. A list has a value when it contains it. Each further only_with() must hold as well.
    Added& only_with(std::string key, std::vector<Value> values = {}) {
      option_.needs.push_back({{.key = std::move(key), .values = std::move(values)}});
      return *this;
    }
    /// Or while this holds instead of the last only_with(), without which it must not be called.
    Added& or_with(std::string key, std::vector<Value> values = {}) {
      option_.needs.back().push_back({.key = std::move(key), .values = std::move(values)});
      return *this;
    }
    /// It has no effect while the option `key` has one of these values.
    Added& not_with(std::string key, std::vector<Value> values) {
      option_.needs.push_back({{.key = std::move(key), .values = std::move(values), .except = true}});
      return *this;
    }
    /// Its numbers must not pass the value of the option `key`.
    Added& at_most(std::string key) {
      option_.limits.push_back({.key = std::move(key)});
      return *this;
    }
    /// Its numbers must stay below the value of the option `key`.
    Added& below(std::string key) {
      option_.limits.push_back({.key = std::move(key), .may_equal = false});
      return *this;
    }
    /// Its numbers must stay above the value of the option `key`.
    Added& above(std::string key) {
      option_.limits.push_back({.key = std::move(key), .may_equal = false, .is_upper = false});
      return *this;
    }
    /// Where the file does not set it, it is `fallback` while the option `key` of this plugin, declared before, has one of these values.
    Added& default_with(std::string key, std::vector<Value> values, Value fallback) {
      option_.defaults.push_back({.key = std::move(key), .values = std::move(values), .fallback = std::move(fallback)});
      return *this;
    }

   private:
    Option& option_;
  };

  /// o.add("dof", &Config::dof, "degrees of freedom").range(2.1, 1e6)
  template <class T, class Base>
    requires std::derived_from<Config, Base>
  Added add(std::string name, T Base::* member, std::string doc) {
    static_assert(OptionType<T>,
                  "an option is a bool, int64_t, double or std::string, or a std::vector of one of the last three");
    list_.push_back({.name = std::move(name), .doc = std::move(doc), .fallback = {}});
    if constexpr (OptionType<T>) {  // else the sentence above is all that the compiler says
      const Config begun = Config();
      list_.back().fallback = begun.*member;
      set_.push_back([member](Config& c, const Value& v) { c.*member = std::get<T>(v); });
      get_.push_back([member](const Config& c) -> Value { return c.*member; });
    }
    return Added(list_.back());
  }

  /// o.include(&Config::noise): all options of a member that is a struct of options itself, in the order in which its
  /// describe() adds them and with the values that Config begins with as their defaults.
  template <class Group, class Base>
    requires std::derived_from<Config, Base>
  void include(Group Base::* member) {
    include(member, [](Options<Group>& o) { Group::describe(o); });
  }
  /// The same, with describe(Options<Group>&) in the place of Group's own, for a group of which a plugin leaves options out.
  template <class Group, class Base, class Describe>
    requires std::derived_from<Config, Base>
  void include(Group Base::* member, Describe&& describe) {
    Options<Group> group;
    describe(group);
    const Config begun = Config();
    const Group& defaults = begun.*member;
    for (size_t i = 0; i < group.list_.size(); ++i) {
      Option option = group.list_[i];
      option.fallback = group.get_[i](defaults);
      list_.push_back(std::move(option));
      set_.push_back([member, set = group.set_[i]](Config& c, const Value& v) { set(c.*member, v); });
      get_.push_back([member, get = group.get_[i]](const Config& c) { return get(c.*member); });
    }
  }

  /// An option that an included group declared, for what it needs beside other options of this plugin. Throws Error where
  /// there is none of that name.
  Added at(const std::string& name) {
    for (Option& option : list_)
      if (option.name == name) return Added(option);
    throw Error("option '" + name + "' is not declared");
  }

  const std::vector<Option>& list() const { return list_; }

  /// The defaults, overwritten by the settings; settings of other names are left out. Throws std::bad_variant_access on a value of
  /// another type than the option's, which the host has checked before.
  Config config(const std::vector<Setting>& settings) const {
    Config c;
    for (const Setting& s : settings)
      for (size_t i = 0; i < list_.size(); ++i)
        if (list_[i].name == s.name) set_[i](c, s.value);
    return c;
  }

  /// Every option of c, in order of declaration.
  std::vector<Setting> settings(const Config& c) const {
    std::vector<Setting> all;
    for (size_t i = 0; i < list_.size(); ++i) all.push_back({list_[i].name, get_[i](c)});
    return all;
  }

 private:
  template <class Other>
  friend class Options;

  std::vector<Option> list_;
  std::vector<std::function<void(Config&, const Value&)>> set_;
  std::vector<std::function<Value(const Config&)>> get_;
};

/// The options that T::describe declares for its T::Config, or Config's own describe.
template <class T>
auto options_of() {
  if constexpr (requires { typename T::Config; }) {
    Options<typename T::Config> o;
    T::describe(o);
    return o;
  } else {
    Options<T> o;
    T::describe(o);
    return o;
  }
}

}  // namespace elbo
