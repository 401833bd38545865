#include "cli/experiment_arguments.hpp"

#include <elbo/error.hpp>

namespace elbo::cli {
namespace po = boost::program_options;

po::variables_map read_arguments(const std::string& verb, const Arguments& arguments,
                                 const po::options_description& own) {
  po::options_description all;
  all.add(own).add_options()("file", po::value<std::string>())("set",
                                                               po::value<std::vector<std::string>>()->composing());
  po::positional_options_description positional;
  positional.add("file", 1);
  try {
    po::variables_map given;
    po::store(po::command_line_parser(arguments).options(all).positional(positional).run(), given);
    po::notify(given);
    return given;
  } catch (const po::error& e) {
    throw UserError("elbo " + verb + ": " + e.what() + "; see elbo " + verb + " --help");
  }
}

experiment::Experiment read_experiment(const std::string& verb, const po::variables_map& given) {
  if (!given.count("file")) throw UserError("elbo " + verb + ": no experiment file; expected elbo " + verb + " FILE");
  return experiment::read(given["file"].as<std::string>(), given.count("set")
                                                               ? given["set"].as<std::vector<std::string>>()
                                                               : std::vector<std::string>());
}

}  // namespace elbo::cli
