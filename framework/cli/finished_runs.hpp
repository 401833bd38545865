// Finished runs that a user names, and what the worker is asked about them.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "plan/run.hpp"

namespace elbo::host::cli {

/// The option --trust, and the line of a verb's help that explains it.
void add_trust_option(Options& own);
inline constexpr const char* trust_help =
    "  --trust    load plugins that the run names outside the folders of plugins, and that no experiment of yours has\n"
    "             named; loading a plugin runs its code\n";

/// Throws UserError when the file `named_in` has a run with plugins that the user has not asked for, unless --trust is given.
void must_trust(const Run& run, const std::filesystem::path& named_in, const ParsedArguments& given);

/// The folders of the runs that the files, folders and patterns of the option "run" name. Throws UserError: none, unfinished, without its
/// plan or weights, or with plugins that are not trusted.
std::vector<std::filesystem::path> finished_runs(const ParsedArguments& given);

/// Their folders as the worker's request has them.
nlohmann::ordered_json absolute_places(const std::vector<std::filesystem::path>& folders);

/// Starts `elbo-worker <verb>` with the request and gives back each line of its answer that is a JSON object with `key` (any object
/// for "").
/// Throws Error with the worker's sentence when it ends otherwise than well, UserError when the user is at fault.
std::vector<nlohmann::ordered_json> ask_worker(const std::string& verb, const nlohmann::ordered_json& request,
                                               const std::string& key);
/// The same with words instead of a request.
std::vector<nlohmann::ordered_json> ask_worker(std::vector<std::string> words, const std::string& key);

/// "a,b" -> a, b; empty names are left out.
std::vector<std::string> names_in(const std::string& list);

}  // namespace elbo::host::cli
