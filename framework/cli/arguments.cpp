#include "cli/arguments.hpp"

#include <fmt/core.h>

#include <elbo/error.hpp>

#include "cli/output.hpp"
#include "experiment/parse.hpp"

namespace elbo::host::cli {
namespace po = boost::program_options;

std::optional<ParsedArguments> read_words(const std::string& verb, const std::string& help, const Arguments& arguments,
                                          Options own, const char* unnamed, int most) {
  own.add_options()("help", "");
  po::positional_options_description positional;
  positional.add(unnamed, most);
  ParsedArguments given;
  try {
    po::store(po::command_line_parser(arguments).options(own).positional(positional).run(), given);
  } catch (const po::too_many_positional_options_error&) {
    throw UserError("elbo " + verb + ": more words are given than it takes; expected " +
                    (most == 1 ? "one" : std::to_string(most)) + " beside the options; see elbo " + verb + " --help");
  } catch (const po::error& error) {
    throw UserError("elbo " + verb + ": " + error.what() + "; see elbo " + verb + " --help");
  }
  if (given.count("help")) return print("{}", help), std::nullopt;
  return given;
}

std::optional<ParsedArguments> read_experiment_words(const std::string& verb, const std::string& help,
                                                     const Arguments& arguments, Options own) {
  own.add_options()("file", po::value<std::string>())("set", po::value<std::vector<std::string>>()->composing());
  return read_words(verb, help, arguments, std::move(own), "file", 1);
}

experiment::Experiment read_experiment(const std::string& verb, const ParsedArguments& given) {
  if (!given.count("file")) throw UserError("elbo " + verb + ": no experiment file; expected elbo " + verb + " FILE");
  return experiment::read(given["file"].as<std::string>(), texts_of(given, "set"));
}

std::optional<ParsedArguments> read_folder_words(const std::string& verb, const std::string& help,
                                                 const Arguments& arguments, Options own) {
  const auto given = read_experiment_words(verb, help, arguments, std::move(own));
  if (given && given->count("set"))
    throw UserError("elbo " + verb + ": --set is only for verbs that read an experiment file; see elbo " + verb +
                    " --help");
  return given;
}

std::filesystem::path folder_of(const std::string& verb, const ParsedArguments& given) {
  if (!given.count("file")) throw UserError("elbo " + verb + ": nothing is named; see elbo " + verb + " --help");
  return given["file"].as<std::string>();
}

std::vector<std::string> texts_of(const ParsedArguments& given, const char* name) {
  return given.count(name) ? given[name].as<std::vector<std::string>>() : std::vector<std::string>();
}

experiment::Table table_of(const std::vector<std::string>& overrides) {
  experiment::Table table;
  for (const std::string& text : overrides) {
    const experiment::Override one = experiment::parse_override(text);
    experiment::set_at(table, one.path, one.where, one.node);
  }
  return table;
}

}  // namespace elbo::host::cli
