#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <sstream>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/json.hpp"
#include "base/paths.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "cli/finished_runs.hpp"
#include "cli/schedulers.hpp"
#include "launch/run_folder.hpp"
#include "launch/schedulers.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
using Json = nlohmann::ordered_json;
namespace {

constexpr const char* slurm_engine = "slurm";

/// As the shell would have taken it apart at blanks; arguments with blanks in them go into SBATCH_ variables.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

int64_t number(const std::string& verb, const ParsedArguments& given, const char* name, int64_t least,
               int64_t otherwise) {
  if (!given.count(name)) return otherwise;
  const auto value = given[name].as<int64_t>();
  if (value < least)
    throw UserError(fmt::format("elbo {}: --{} {}: out of range; expected {} or more", verb, name, value, least));
  return value;
}

void refuse(const std::string& verb, const ParsedArguments& given, const std::vector<const char*>& options,
            const char* engine) {
  for (const char* option : options)
    if (given.count(option))
      throw UserError(fmt::format("elbo {}: --{} is only for --engine {}", verb, option, engine));
}

}  // namespace

void add_engine_options(Options& options) {
  options.add_options()("engine", po::value<std::string>())("jobs", po::value<int64_t>())(
      "slurm-args", po::value<std::string>())("items-per-task", po::value<int64_t>())("throttle", po::value<int64_t>());
}

int64_t jobs_of(const std::string& verb, const ParsedArguments& given, const EngineChoice& before) {
  if (!before.is_local()) refuse(verb, given, {"jobs"}, local_engine);
  return number(verb, given, "jobs", 1, before.resources.throttle);
}

EngineChoice engine_of(const std::string& verb, const ParsedArguments& given) {
  EngineChoice choice;
  if (given.count("engine")) choice.name = given["engine"].as<std::string>();
  make_engine(choice.name);
  if (choice.name == slurm_engine && !find_program("sbatch"))
    throw UserError(fmt::format(
        "elbo {}: --engine slurm: there is no sbatch on PATH; expected Slurm's commands; use a login node of the "
        "cluster, or leave --engine out to run here",
        verb));
  if (choice.is_local()) {
    refuse(verb, given, {"slurm-args", "items-per-task", "throttle"}, slurm_engine);
    choice.resources.throttle = number(verb, given, "jobs", 1, 0);
    return choice;
  }
  refuse(verb, given, {"jobs"}, local_engine);
  if (given.count("slurm-args")) choice.resources.arguments = words_of(given["slurm-args"].as<std::string>());
  choice.resources.items_per_task = number(verb, given, "items-per-task", 1, 1);
  choice.resources.throttle = number(verb, given, "throttle", 0, 0);
  return choice;
}

std::unique_ptr<launch::Engine> make_engine(const std::string& name) {
  if (name == local_engine) return std::make_unique<launch::Local>(worker_program(), launch::style_of_stdout());
  if (name == slurm_engine) return std::make_unique<launch::Slurm>(program_folder() / "elbo");
  throw UserError("'" + name + "' is not an engine" + suggestion(name, {local_engine, slurm_engine}));
}

void store_engine(const EngineChoice& choice, const fs::path& out) {
  const launch::Resources& r = choice.resources;
  const Json json = {{"engine", choice.name},
                     {"arguments", r.arguments},
                     {"items_per_task", r.items_per_task},
                     {"throttle", r.throttle}};
  write_atomically(out / "engine.json", json.dump(2) + "\n");
}

EngineChoice stored_engine(const fs::path& out) {
  const fs::path file = out / "engine.json";
  if (!fs::exists(file)) return {};
  try {
    const Json json = parse_json(read_file(file), file.string());
    EngineChoice choice{json.at("engine"), {}};
    choice.resources.arguments = json.at("arguments").get<std::vector<std::string>>();
    choice.resources.items_per_task = json.at("items_per_task");
    choice.resources.throttle = json.at("throttle");
    return choice;
  } catch (const Json::exception& e) {
    throw Error(file.string() + ": not as this program writes it (" + reason_of(e) +
                "); remove it, or submit the experiment again");
  }
}

void add_device_option(Options& options) { options.add_options()("device", po::value<std::string>()); }

std::optional<std::string> device_of(const std::string& verb, const ParsedArguments& given) {
  if (!given.count("device")) return {};
  const auto name = given["device"].as<std::string>();
  constexpr std::array known = {"cpu", "cuda", "auto"};
  if (std::find(known.begin(), known.end(), name) == known.end())
    throw UserError("elbo " + verb + ": --device " + name + ": not known; expected cpu, cuda or auto");
  return name;
}

void choose_device(const std::string& verb, const ParsedArguments& given, Plan& plan) {
  const auto device = device_of(verb, given);
  for (auto* runs : {&plan.runs, &plan.trials})
    for (Run& run : *runs)
      if (device) run.train.device = *device;
  check_precision(plan);
}

void check_precision(const Plan& plan) {
  for (const Run& run : plan.runs)
    if (run.train.precision == "tf32" && run.train.device == "cpu")
      throw UserError(run.title() +
                      ": train.precision = \"tf32\" with train.device = \"cpu\": processors have no such products; "
                      "expected device = \"cuda\" or "
                      "\"auto\"; choose another device or use precision = \"float32\"");
}

void check_devices(const Plan& plan, const std::filesystem::path& out) {
  const bool needed = std::any_of(plan.runs.begin(), plan.runs.end(), [&](const Run& run) {
    return run.train.device == "cuda" && launch::RunFolder(out / run.folder()).state() != launch::RunState::done;
  });
  if (needed) ask_worker({"device", "cuda"}, "device");
}

}  // namespace elbo::host::cli
