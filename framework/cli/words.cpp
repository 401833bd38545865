#include "cli/words.hpp"

#include <elbo/error.hpp>

namespace elbo::cli {
namespace po = boost::program_options;

po::variables_map read_words(const std::string& verb, const Arguments& arguments,
                             const po::options_description& options, const char* unnamed, int most) {
  po::positional_options_description positional;
  positional.add(unnamed, most);
  try {
    po::variables_map given;
    po::store(po::command_line_parser(arguments).options(options).positional(positional).run(), given);
    return given;
  } catch (const po::error& error) {
    throw UserError("elbo " + verb + ": " + error.what() + "; see elbo " + verb + " --help");
  }
}

}  // namespace elbo::cli
