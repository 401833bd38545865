// The words after a verb, read as options.
#pragma once
#include <boost/program_options.hpp>
#include <string>

#include "cli/verbs.hpp"

namespace elbo::cli {

/// Words without an option's name are values of the option `unnamed`, at most `most` of them; -1 is any number. Throws UserError.
boost::program_options::variables_map read_words(const std::string& verb, const Arguments& arguments,
                                                 const boost::program_options::options_description& options,
                                                 const char* unnamed, int most = -1);

}  // namespace elbo::cli
