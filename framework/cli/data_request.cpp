#include "cli/data_request.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <elbo/error.hpp>

#include "base/display.hpp"
#include "base/files.hpp"
#include "base/json.hpp"
#include "base/value_json.hpp"
#include "cli/finished_runs.hpp"
#include "cli/output.hpp"
#include "experiment/check.hpp"
#include "experiment/parse.hpp"
#include "experiment/settings.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json reading_settings(const std::string& verb, const ParsedArguments& given) {
  const std::vector<std::string> own = {"format", "select", "layout", "missing_values", "memory_gb"};
  experiment::Table table;
  for (const std::string& text : texts_of(given, "set")) {
    const experiment::Override one = experiment::parse_override(text);
    const bool is_long = one.path.size() == 2 && one.path[0] == "dataset";
    experiment::set_at(table, is_long ? std::vector<std::string>{one.path[1]} : one.path, one.where, one.node);
  }
  experiment::Faults faults;
  experiment::check_keys(table, "elbo " + verb + " --set", own, faults);
  faults.raise();  // the settings would be checked for the same keys again
  const auto settings = experiment::read_options(table, "dataset", options_of<DataConfig>().list(), {}, faults);
  faults.raise();
  Json json = Json::object();
  for (const Setting& setting : settings)
    if (table.find(setting.name)) json[setting.name] = to_json(setting.value);
  return json;
}

Json given_in(const std::string& verb, const std::vector<std::string>& words) {
  Json given = Json::object();
  for (const std::string& word : words) {
    const size_t sign = word.find('=');
    if (sign == std::string::npos || sign == 0)
      throw UserError(fmt::format("{}: --given {}; expected NAME=VALUE, as --given sex=female", verb, word));
    const std::string name = word.substr(0, sign);
    if (given.contains(name))
      throw UserError(fmt::format("{}: --given {} is said twice; expected each name once; leave one out", verb, name));
    given[name] = word.substr(sign + 1);
  }
  return given;
}

void check_output(const std::vector<fs::path>& files, const fs::path& file, const fs::path& folder) {
  std::vector<fs::path> inputs = {file};
  const Json dataset = member_or(json_or_discarded(read_file(folder / "run.json")), "dataset", Json());
  for (const char* key : {"path", "test_path", "valid_path"}) inputs.emplace_back(member_or(dataset, key, ""));
  std::error_code error;
  for (const fs::path& out : files) {
    if (out.has_parent_path() && !fs::is_directory(out.parent_path()))
      throw UserError(out.string() + ": there is no folder " + out.parent_path().string() +
                      "; expected one that is there; make it, or name another");
    for (const fs::path& input : inputs)
      if (!input.empty() && fs::equivalent(out, input, error))
        throw UserError(out.string() +
                        ": holds data that are read here; expected another file for the results; name one with -o");
    if (fs::exists(out, error) && fs::equivalent(fs::canonical(out).parent_path(), folder, error))
      throw UserError(out.string() + ": is a file of the run; expected another file for the results; name one with -o");
  }
}

void print_answers(const std::string& verb, const Json& request, const ParsedArguments& given, const std::string& what,
                   const std::string& file,
                   const std::function<std::string(const Json& answer, size_t width)>& in_words) {
  const size_t width = isatty(STDOUT_FILENO) ? terminal_width(STDOUT_FILENO, 0) : 0;
  const bool as_json = given.count("json") > 0;
  for (const Json& line : ask_worker(verb, request, "")) {
    if (line.contains(what)) print("{}", as_json ? line.at(what).dump() + "\n" : in_words(line.at(what), width));
    if (line.contains("note")) print_error("elbo: {}: {}\n", file, line.at("note").get<std::string>());
    if (line.contains("wrote") && !as_json) print("{}\n", line.at("wrote").get<std::string>());
  }
}

}  // namespace elbo::host::cli
