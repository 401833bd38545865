#include "cli/finished_runs.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include <elbo/error.hpp>

#include "base/files.hpp"
#include "base/paths.hpp"
#include "plugins/child.hpp"
#include "report/loading.hpp"

namespace elbo::cli {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

void must_not_be_unfinished(const fs::path& folder) {
  if (fs::exists(folder / "log.h5.partial") && !fs::exists(folder / "log.h5"))
    throw UserError(folder.string() + ": the run is not finished; expected one that is; elbo resume goes on with it");
}

/// The worker's last words without what stands before every sentence of it.
std::string sentence_of(const std::string& err) {
  const std::string name = "elbo-worker: ";
  const size_t at = err.rfind(name);
  const std::string text = at == std::string::npos ? err : err.substr(at + name.size());
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::vector<fs::path> finished_runs(const std::vector<std::string>& words) {
  for (const std::string& word : words) must_not_be_unfinished(word);
  std::vector<fs::path> folders;
  for (const fs::path& log : report::logs_named(words)) {
    const fs::path folder = log.parent_path();
    if (log.extension() == ".partial") {
      fmt::print(stderr, "elbo: {} is left out: the run is not finished\n", folder.string());
      continue;
    }
    for (const auto& [file, what] : {std::pair{"run.json", "the plan"}, std::pair{"weights.pt", "the weights"}})
      if (!fs::exists(folder / file))
        throw UserError(fmt::format("{}: has no {}; expected {} that a finished run leaves; repeat the run",
                                    folder.string(), file, what));
    folders.push_back(folder);
  }
  if (folders.empty()) throw UserError("no run is finished among those that are named; expected one that is; elbo resume goes on with them");
  return folders;
}

Json absolute_places(const std::vector<fs::path>& folders) {
  Json places = Json::array();
  for (const fs::path& folder : folders) places.push_back(fs::absolute(folder).string());
  return places;
}

std::vector<Json> ask_worker(std::vector<std::string> words, const std::string& key) {
  const std::string verb = words.front();
  words.insert(words.begin(), worker_program().string());
  const auto worker = plugins::run_child(words, std::chrono::hours(24 * 7));
  if (WIFEXITED(worker.status) && WEXITSTATUS(worker.status) == 2) throw UserError(sentence_of(worker.err));
  if (!WIFEXITED(worker.status) || WEXITSTATUS(worker.status) != 0)
    throw Error("elbo " + verb + ": the worker ended without an answer: " +
                (worker.err.empty() ? "it crashed" : sentence_of(worker.err)));
  std::vector<Json> lines;
  for (size_t first = 0; first < worker.out.size();) {
    const size_t end = std::min(worker.out.find('\n', first), worker.out.size());
    Json line = Json::parse(worker.out.substr(first, end - first), nullptr, false);
    if (line.is_object() && (key.empty() || line.contains(key))) lines.push_back(std::move(line));
    first = end + 1;
  }
  return lines;
}

std::vector<Json> ask_worker(const std::string& verb, const Json& request, const std::string& key) {
  struct Removed {
    fs::path file;
    ~Removed() { std::error_code none; fs::remove(file, none); }
  } const request_file{fs::temp_directory_path() / fmt::format("elbo-{}-{}.json", verb, getpid())};
  write_atomically(request_file.file, request.dump());
  return ask_worker({verb, request_file.file.string()}, key);
}

std::vector<std::string> names_in(const std::string& list) {
  std::vector<std::string> names;
  for (size_t first = 0; first <= list.size();) {
    const size_t end = std::min(list.find(',', first), list.size());
    if (end > first) names.push_back(list.substr(first, end - first));
    first = end + 1;
  }
  return names;
}

}  // namespace elbo::cli
