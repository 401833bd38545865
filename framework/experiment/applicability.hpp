// Which settings have an effect. An option declares what it needs (<elbo/options.hpp>); here that is held against what a run
// says, so that a setting without effect is a mistake with a place instead of a variant that is trained for nothing.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <elbo/options.hpp>

#include "experiment/check.hpp"

namespace elbo::host::experiment {

/// A section of an experiment file with the values that one run has for its options.
struct Section {
  std::string name;                  // "train.optimizer"; messages put it before each option
  std::span<const Option> declared;  // of who declares them, which lives longer
  std::vector<Setting> settings;     // of every declared option, in that order
  Table table;                       // what the file says; empty when only the values matter
};

/// Adds a fault for each setting of the sections that the file gives although it has no effect, or that passes its limit. Options may need
/// those of the sections `around` these.
/// Settings that lost their effect because a later layer (variant, sweep, --set) replaced the choice they belonged to get their defaults back.
void check_effects(std::span<Section> sections, Faults& faults, std::span<const Section> around = {});

/// The settings of a section, one of `sections`, that have an effect beside those of all of them, in order of declaration.
std::vector<Setting> with_effect(const Section& section, std::span<const Section> sections);

/// As read_options(), of one section, such as a plugin's: faults what has no effect, returns what has one. Its options may need those of the
/// sections `around` it; without any, a need of another section's option holds.
std::vector<Setting> read_effective_options(const Table& table, const std::string& section,
                                            std::span<const Option> declared, const std::vector<std::string>& beside,
                                            Faults& faults, std::span<const Section> around = {});

/// "only with `regularizer` = `free_bits`; at most `train.max_epochs`": when the option has an effect, and its limits; for pages and
/// listings. Empty for an option that always has one. Keys and values stand between `quote`.
std::string needs_text(const Option& option, const std::string& quote = "");

}  // namespace elbo::host::experiment
