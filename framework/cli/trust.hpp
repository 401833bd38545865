// Whether a verb loads what a results folder of somebody else names.
#pragma once
#include <filesystem>

#include "cli/arguments.hpp"
#include "plan/plan.hpp"
#include "plan/run.hpp"

namespace elbo::host::cli {

/// The option --trust, and the line of a verb's help that explains it.
void add_trust_option(Options& own);
inline constexpr const char* trust_help =
    "  --trust    load plugins that the run names outside the folders of plugins, and that no experiment of yours has\n"
    "             named; loading a plugin runs its code\n";

/// Throws UserError when the file `named_in` has a run with plugins that the user has not asked for, unless --trust is given.
void must_trust(const Run& run, const std::filesystem::path& named_in, const ParsedArguments& given);
void must_trust(const Plan& plan, const std::filesystem::path& named_in, const ParsedArguments& given);

}  // namespace elbo::host::cli
