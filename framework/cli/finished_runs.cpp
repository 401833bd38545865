#include "cli/finished_runs.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include <elbo/error.hpp>

#include "base/cpu_code.hpp"
#include "base/json.hpp"
#include "base/paths.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "cli/trust.hpp"
#include "plan/run.hpp"
#include "report/results/read_runs.hpp"

namespace elbo::host::cli {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
namespace {

using namespace std::chrono_literals;

constexpr auto longest_answer = 24h * 7;
constexpr int64_t most_importance_samples = 1000000;  // as evaluate.importance_samples
constexpr size_t most_named = 3;                      // of runs to choose among

void must_not_be_unfinished(const fs::path& folder) {
  if (fs::exists(folder / "log.h5.partial"))
    throw UserError(folder.string() + ": the run is not finished; expected one that is; elbo resume goes on with it");
}

bool is_run(const fs::path& folder) {
  return fs::exists(folder / "run.json") || fs::exists(folder / "log.h5") || fs::exists(folder / "log.h5.partial");
}

/// Finished runs right below a folder of results, sorted.
std::vector<std::string> finished_in(const fs::path& folder) {
  std::vector<std::string> found;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder, unreadable))
    if (fs::exists(entry.path() / "log.h5", unreadable) && !fs::exists(entry.path() / "log.h5.partial", unreadable))
      found.push_back(entry.path().string());
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> as_texts(const std::vector<fs::path>& folders) {
  std::vector<std::string> texts;
  for (const fs::path& folder : folders) texts.push_back(folder.string());
  return texts;
}

/// The worker's last words without what stands before every sentence of it.
std::string sentence_of(const std::string& err) {
  const std::string name = "elbo-worker: ";
  const size_t at = err.rfind(name);
  const std::string text = at == std::string::npos ? err : err.substr(at + name.size());
  return text.substr(0, text.find('\n'));
}

/// The code for this processor that a run's worker is started with: other vectors come to other last digits, and are slower.
void choose_kernels() {
  for (const auto& [name, value] : kernel_environment()) ::setenv(name.c_str(), value.c_str(), 1);
  ::setenv("OPENBLAS_NUM_THREADS", "1", 0);
}

/// One JSON object a line of what the worker wrote, of those that have the key.
std::vector<Json> answers_to(std::vector<std::string> words, const std::string& input, const std::string& key) {
  const std::string verb = words.front();
  words.insert(words.begin(), worker_program().string());
  choose_kernels();
  const auto worker = run_to_end(words, longest_answer, input);
  if (worker.timed_out)
    throw Error(fmt::format("elbo {}: gave no answer within {} days and was ended", verb, longest_answer / 24h));
  if (WIFEXITED(worker.status) && WEXITSTATUS(worker.status) == 2) throw UserError(sentence_of(worker.err));
  if (!WIFEXITED(worker.status) || WEXITSTATUS(worker.status) != 0)
    throw Error("elbo " + verb + ": the worker ended without an answer: " +
                (worker.err.empty() ? "it crashed" : sentence_of(worker.err)));
  std::vector<Json> lines;
  for (size_t first = 0; first < worker.out.size();) {
    const size_t end = std::min(worker.out.find('\n', first), worker.out.size());
    Json line = json_or_discarded(worker.out.substr(first, end - first));
    if (line.is_object() && (key.empty() || line.contains(key))) lines.push_back(std::move(line));
    first = end + 1;
  }
  return lines;
}

}  // namespace

std::vector<fs::path> finished_runs(const ParsedArguments& given) {
  return finished_runs(texts_of(given, "run"), given);
}

std::vector<fs::path> finished_runs(const std::vector<std::string>& words, const ParsedArguments& given) {
  for (const std::string& word : words) must_not_be_unfinished(word);
  std::vector<fs::path> folders;
  for (const fs::path& log : report::logs_named(words)) {
    const fs::path folder = log.parent_path();
    if (log.extension() == ".partial") {
      print_error("elbo: {} is left out: the run is not finished\n", folder.string());
      continue;
    }
    for (const auto& [file, what] : {std::pair{"run.json", "the plan"}, std::pair{weights_file, "the weights"}})
      if (!fs::exists(folder / file))
        throw UserError(fmt::format("{}: has no {}; expected {} that a finished run leaves; repeat the run",
                                    folder.string(), file, what));
    must_trust(read_run(folder), folder / "run.json", given);
    folders.push_back(folder);
  }
  if (folders.empty())
    throw UserError(
        "no run is finished among those that are named; expected one that is; elbo resume goes on with them");
  return folders;
}

fs::path finished_run(const std::string& verb, const std::string& word, const ParsedArguments& given) {
  if (fs::path(word).extension() == ".toml" && fs::is_regular_file(word))
    throw UserError(fmt::format(
        "{}: is an experiment file and no run; expected the folder of a finished run, or its log.h5; elbo run {} makes "
        "them, in a folder each",
        word, word));
  std::vector<std::string> named = {word};
  if (fs::is_directory(word) && !is_run(word)) named = finished_in(word);
  if (named.empty())
    throw UserError(fmt::format(
        "{}: holds no finished run; expected the folder of one, or its log.h5; elbo run FILE leaves its runs in runs/, "
        "in a folder each",
        word));
  const auto folders = named.size() == 1 ? finished_runs(named, given) : std::vector<fs::path>();
  if (folders.size() == 1) return folders.front();
  if (!folders.empty()) named = as_texts(folders);
  throw UserError(fmt::format("{}: holds {} finished runs; expected one; name its folder: elbo {} {}{}", word,
                              named.size(), verb,
                              join({named.begin(), named.begin() + std::min(named.size(), most_named)}, ", or "),
                              named.size() > most_named ? ", or another" : ""));
}

std::optional<int64_t> importance_samples_of(const std::string& verb, const ParsedArguments& given) {
  if (!given.count("importance-samples")) return {};
  const auto samples = given["importance-samples"].as<int64_t>();
  if (samples < 1 || samples > most_importance_samples)
    throw UserError(
        fmt::format("elbo {}: --importance-samples is {}; expected 1 to {}; leave it out to have as many as "
                    "the run was evaluated with",
                    verb, samples, most_importance_samples));
  return samples;
}

Json absolute_places(const std::vector<fs::path>& folders) {
  Json places = Json::array();
  for (const fs::path& folder : folders) places.push_back(fs::absolute(folder).string());
  return places;
}

std::vector<Json> ask_worker(std::vector<std::string> words, const std::string& key) {
  return answers_to(std::move(words), "", key);
}

std::vector<Json> ask_worker(const std::string& verb, const Json& request, const std::string& key) {
  return answers_to({verb, "/dev/stdin"}, request.dump(), key);
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

}  // namespace elbo::host::cli
