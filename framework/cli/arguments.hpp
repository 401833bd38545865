// The words after a verb, read as options.
#pragma once
#include <boost/program_options.hpp>

#include <filesystem>
#include <optional>
#include <string>

#include "cli/verbs.hpp"
#include "experiment/experiment.hpp"

namespace elbo::host::cli {

using Options = boost::program_options::options_description;
using ParsedArguments = boost::program_options::variables_map;

/// The words after the verb, by its own options; nothing when they ask for help, which is printed then. Words without an option's name
/// are values of the option `unnamed`, at most `most` of them; -1 is any number. Throws UserError.
std::optional<ParsedArguments> read_words(const std::string& verb, const std::string& help, const Arguments& arguments,
                                          Options own, const char* unnamed, int most = -1);

/// The same of verbs that read an experiment file: FILE and any number of --set KEY=VALUE.
std::optional<ParsedArguments> read_experiment_words(const std::string& verb, const std::string& help,
                                                     const Arguments& arguments, Options own = {});
/// The experiment that FILE and --set name. Throws UserError, also when FILE is missing.
experiment::Experiment read_experiment(const std::string& verb, const ParsedArguments& given);

/// The same of verbs that work on the folder of an experiment, or on one file.
std::optional<ParsedArguments> read_folder_words(const std::string& verb, const std::string& help,
                                                 const Arguments& arguments, Options own = {});
/// Throws UserError when none was given.
std::filesystem::path folder_of(const std::string& verb, const ParsedArguments& given);

/// The values of an option that may be repeated; none where it was not given.
std::vector<std::string> texts_of(const ParsedArguments& given, const char* name);
/// "option=value" words as a table of an experiment file. Throws UserError.
experiment::Table table_of(const std::vector<std::string>& overrides);

}  // namespace elbo::host::cli
