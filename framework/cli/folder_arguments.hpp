// What the verbs take that work on the folder of an experiment, or on one file: DIR and options of their own.
#pragma once
#include <boost/program_options.hpp>
#include <filesystem>
#include <optional>

#include "cli/verbs.hpp"

namespace elbo::cli {

/// The words after the verb, with its own options; nothing when they ask for help, which is printed then. Throws UserError.
std::optional<boost::program_options::variables_map> read_folder_arguments(
    const std::string& verb, const char* help, const Arguments& arguments,
    boost::program_options::options_description own = {});

/// Throws UserError when none was given.
std::filesystem::path folder_of(const std::string& verb, const boost::program_options::variables_map& given);

}  // namespace elbo::cli
