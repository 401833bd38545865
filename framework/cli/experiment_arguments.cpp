#include "cli/experiment_arguments.hpp"

#include <elbo/error.hpp>

#include "cli/words.hpp"

namespace elbo::cli {
namespace po = boost::program_options;

po::variables_map read_arguments(const std::string& verb, const Arguments& arguments,
                                 const po::options_description& own) {
  po::options_description all;
  all.add(own).add_options()("file", po::value<std::string>())("set",
                                                               po::value<std::vector<std::string>>()->composing());
  return read_words(verb, arguments, all, "file", 1);
}

experiment::Experiment read_experiment(const std::string& verb, const po::variables_map& given) {
  if (!given.count("file")) throw UserError("elbo " + verb + ": no experiment file; expected elbo " + verb + " FILE");
  return experiment::read(given["file"].as<std::string>(), given.count("set")
                                                               ? given["set"].as<std::vector<std::string>>()
                                                               : std::vector<std::string>());
}

}  // namespace elbo::cli
