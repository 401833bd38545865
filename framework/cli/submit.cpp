#include "cli/submit.hpp"

#include <fmt/format.h>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/paths.hpp"
#include "base/text.hpp"
#include "launch/run_folder.hpp"
#include "launch/slurm.hpp"

namespace elbo::cli {
namespace fs = std::filesystem;
namespace po = boost::program_options;
using Json = nlohmann::ordered_json;
using namespace launch;
namespace {

/// As the shell would have taken it apart at blanks; arguments with blanks in them go into SBATCH_ variables.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

int64_t number(const std::string& verb, const po::variables_map& given, const char* name, int64_t least) {
  if (!given.count(name)) return least;
  const auto value = given[name].as<int64_t>();
  if (value < least) throw UserError(fmt::format("elbo {}: --{} {}: out of range; expected {} or more", verb, name, value, least));
  return value;
}

void store_engine(const EngineChoice& choice, const fs::path& out) {
  const Resources& r = choice.resources;
  const Json json = {{"engine", choice.name}, {"arguments", r.arguments}, {"items_per_task", r.items_per_task}, {"throttle", r.throttle}};
  write_atomically(out / "engine.json", json.dump(2) + "\n");
}

struct Todo {
  std::vector<std::string> runs;
  size_t done = 0, alive = 0, failed = 0;
};

/// Makes each run's folder ready; the engine's jobs find all they need there.
Todo todo_of(const Plan& plan, const fs::path& out, const std::map<std::string, JobState>& alive, bool failed_too) {
  Todo todo;
  for (const Run& run : plan.runs) {
    const std::string name = run.folder();
    const RunFolder folder(out / name);
    const RunState state = folder.state();
    if (state == RunState::done) ++todo.done;
    else if (alive.contains(name) || is_locked(folder.path())) ++todo.alive;
    else if (state == RunState::failed && !failed_too) ++todo.failed;
    else {
      folder.prepare(to_json(run).dump(2) + "\n");
      todo.runs.push_back(name);
    }
  }
  return todo;
}

}  // namespace

void add_engine_options(po::options_description& options) {
  options.add_options()("engine", po::value<std::string>())("slurm-args", po::value<std::string>())(
      "items-per-task", po::value<int64_t>())("throttle", po::value<int64_t>());
}

EngineChoice engine_of(const std::string& verb, const po::variables_map& given) {
  EngineChoice choice;
  if (given.count("engine")) choice.name = given["engine"].as<std::string>();
  if (choice.name != local_engine) make_engine(choice.name);
  else if (given.count("slurm-args") || given.count("items-per-task") || given.count("throttle"))
    throw UserError("elbo " + verb + ": --slurm-args, --items-per-task and --throttle are for --engine slurm");
  if (given.count("slurm-args")) choice.resources.arguments = words_of(given["slurm-args"].as<std::string>());
  choice.resources.items_per_task = number(verb, given, "items-per-task", 1);
  choice.resources.throttle = number(verb, given, "throttle", 0);
  return choice;
}

std::unique_ptr<Engine> make_engine(const std::string& name) {
  if (name == "slurm") return std::make_unique<Slurm>(program_folder() / "elbo");
  throw UserError("'" + name + "' is not an engine" + suggestion(name, {local_engine, "slurm"}));
}

EngineChoice stored_engine(const fs::path& out) {
  if (!fs::exists(out / "engine.json")) return {};
  const Json json = Json::parse(read_file(out / "engine.json"));
  EngineChoice choice{json.at("engine"), {}};
  choice.resources.arguments = json.at("arguments").get<std::vector<std::string>>();
  choice.resources.items_per_task = json.at("items_per_task");
  choice.resources.throttle = json.at("throttle");
  return choice;
}

int submit(const Plan& plan, const fs::path& out, const EngineChoice& choice, bool failed_too) {
  const auto engine = make_engine(choice.name);
  const Todo todo = todo_of(plan, out, engine->query(out), failed_too);
  store_engine(choice, out);
  fmt::print("{}: {} runs: {} done, {} queued or running, {} failed\n", plan.experiment, plan.runs.size(), todo.done,
             todo.alive, todo.failed);
  if (todo.runs.empty()) return fmt::print("nothing to submit\n"), 0;
  Resources resources = choice.resources;
  for (const Run& run : plan.runs) resources.threads = std::max(resources.threads, run.train.threads);
  const Batch batch = write_batch(out, todo.runs);
  const auto jobs = engine->submit(batch, resources);
  fmt::print("submitted {} runs of {} as {}\nelbo status {} says how far they are; elbo resume {} submits what was lost\n",
             todo.runs.size(), batch.file.filename().string(), join(jobs), out.string(), out.string());
  return 0;
}

}  // namespace elbo::cli
