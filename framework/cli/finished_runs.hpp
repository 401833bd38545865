// Finished runs that a user names, and what the worker is asked about them.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/arguments.hpp"

namespace elbo::host::cli {

/// The folders of the runs that the files, folders and patterns of the option "run" name. Throws UserError: none, unfinished, without its
/// plan or weights, or with plugins that are not trusted.
std::vector<std::filesystem::path> finished_runs(const ParsedArguments& given);
/// The same of runs that these words name.
std::vector<std::filesystem::path> finished_runs(const std::vector<std::string>& words, const ParsedArguments& given);

/// The one run that a word names: its folder or log.h5, or the folder of results of a single run. Throws UserError: an experiment file, a folder
/// with no finished run or several, and what finished_runs() refuses; `verb` is what the message calls the command.
std::filesystem::path finished_run(const std::string& verb, const std::string& word, const ParsedArguments& given);

/// --importance-samples K, if it is given. Throws UserError unless it is 1 to a million.
std::optional<int64_t> importance_samples_of(const std::string& verb, const ParsedArguments& given);

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
