// What every verb that reads an experiment file takes: FILE and any number of --set KEY=VALUE.
#pragma once
#include <boost/program_options.hpp>

#include "cli/verbs.hpp"
#include "experiment/experiment.hpp"

namespace elbo::cli {

/// The words after the verb, read with the verb's own options besides. Throws UserError.
boost::program_options::variables_map read_arguments(const std::string& verb, const Arguments& arguments,
                                                     const boost::program_options::options_description& own);

/// The experiment that FILE and --set name. Throws UserError, also when FILE is missing.
experiment::Experiment read_experiment(const std::string& verb, const boost::program_options::variables_map& given);

}  // namespace elbo::cli
