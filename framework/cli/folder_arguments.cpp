#include "cli/folder_arguments.hpp"

#include <fmt/core.h>

#include <elbo/error.hpp>

#include "cli/experiment_arguments.hpp"

namespace elbo::cli {
namespace po = boost::program_options;

std::optional<po::variables_map> read_folder_arguments(const std::string& verb, const char* help,
                                                       const Arguments& arguments, po::options_description own) {
  own.add_options()("help", "");
  po::variables_map given = read_arguments(verb, arguments, own);
  if (given.count("set"))
    throw UserError("elbo " + verb + ": --set is only for verbs that read an experiment file; see elbo " + verb +
                    " --help");
  if (given.count("help")) return fmt::print("{}", help), std::nullopt;
  return given;
}

std::filesystem::path folder_of(const std::string& verb, const po::variables_map& given) {
  if (!given.count("file")) throw UserError("elbo " + verb + ": nothing is named; see elbo " + verb + " --help");
  return given["file"].as<std::string>();
}

}  // namespace elbo::cli
