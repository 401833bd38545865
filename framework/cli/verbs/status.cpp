// elbo status, watch and merge: how far an experiment has come, from its files.
#include <fmt/core.h>

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>

#include <elbo/error.hpp>

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "cli/schedulers.hpp"
#include "launch/progress.hpp"
#include "launch/schedulers.hpp"
#include "launch/status.hpp"
#include "launch/watch_json.hpp"
#include "launch/workers.hpp"
#include "plan/plan.hpp"
#include "verb_files.hpp"

namespace elbo::host::cli {
namespace {

constexpr size_t most_lines = 20;

constexpr const char* status_help =
    "elbo status DIR [--json]\n"
    "How far the experiment in a folder has come, from its files: at any time, on any computer that sees them. Of jobs "
    "in a queue\n"
    "also those that are held.\n"
    "  --json   every run, for programs\n";

/// How far seeds until decided have come, of the variants of one measure.
struct LookStatus {
  std::string measure;  // empty before the first look
  size_t look = 0;      // that runs now, from 0; that of the last one where nothing is open
  size_t looks = 0;     // that were declared
  int64_t seeds = 0;    // that open variants have at it
  std::vector<std::string> open;
  size_t runs = 0, done = 0;  // of the open variants up to these seeds
};

/// Nothing where the seeds were listed, or the plan is of another version of the program.
std::vector<LookStatus> looks_of(const launch::ExperimentStatus& status, const std::filesystem::path& folder) {
  Plan plan;
  try {
    plan = read_plan(folder / "plan.json");
  } catch (const Error&) {
    return {};
  }
  const auto rule = seed_rule_of(plan);
  if (!rule) return {};
  std::vector<LookStatus> all;
  for (const auto& ranking : plan.looks) {
    const auto& taken = ranking.at("looks");
    LookStatus s{.measure = ranking.at("measure"), .open = taken.back().at("go_on")};
    s.look = std::min(s.open.empty() ? taken.size() - 1 : taken.size(), rule->looks.size() - 1);
    all.push_back(std::move(s));
  }
  if (all.empty()) {
    LookStatus first;
    for (const Run& run : plan.runs)
      if (first.open.empty() || first.open.back() != run.variant) first.open.push_back(run.variant);
    all.push_back(std::move(first));
  }
  for (LookStatus& s : all) {
    s.looks = rule->looks.size();
    s.seeds = rule->looks[s.look];
    for (const launch::RunStatus& run : status.runs) {
      if (std::find(s.open.begin(), s.open.end(), run.run.variant) == s.open.end()) continue;
      ++s.runs;
      s.done += run.phase == launch::Phase::done;
    }
  }
  return all;
}

/// The rung that a search by halving has come to.
struct RungStatus {
  std::string search;
  size_t rung = 0, rungs = 0;
  int64_t epochs = 0;
  size_t runs = 0, done = 0;  // of this rung
};

/// Nothing where no trials are halved, or the plan is of another version of the program.
std::vector<RungStatus> rungs_of(const launch::ExperimentStatus& status, const std::filesystem::path& folder) {
  Plan plan;
  try {
    plan = read_plan(folder / "plan.json");
  } catch (const Error&) {
    return {};
  }
  std::vector<RungStatus> all;
  for (size_t i = 0; i < plan.runs.size() && i < status.runs.size(); ++i) {
    const SweepPoint& point = plan.runs[i].sweep;
    if (point.rungs.empty()) continue;
    if (all.empty() || all.back().search != point.of) all.push_back({.search = point.of, .rungs = point.rungs.size()});
    RungStatus& s = all.back();
    const int64_t epochs = plan.runs[i].train.max_epochs;
    if (epochs > s.epochs) {
      const auto at = std::find(point.rungs.begin(), point.rungs.end(), epochs);
      s = {point.of, static_cast<size_t>(at - point.rungs.begin()), point.rungs.size(), epochs};
    }
    s.runs += epochs == s.epochs;
    s.done += epochs == s.epochs && status.runs[i].phase == launch::Phase::done;
  }
  return all;
}

std::string text_of(const RungStatus& s) {
  return fmt::format("rung {} of {}, {}{}: {} of {} runs done\n", s.rung + 1, s.rungs,
                     counted(static_cast<size_t>(s.epochs), "epoch"), s.search.empty() ? "" : ", " + s.search, s.done,
                     s.runs);
}

nlohmann::ordered_json json_of(const RungStatus& s) {
  return {{"search", s.search}, {"rung", s.rung + 1}, {"rungs", s.rungs},
          {"epochs", s.epochs}, {"runs", s.runs},     {"done", s.done}};
}

std::string text_of(const LookStatus& s) {
  if (s.open.empty())
    return fmt::format("look {} of {}, {} seeds: no variant needs more seeds\n", s.look + 1, s.looks, s.seeds);
  return fmt::format("look {} of {}, {} seeds: {} of {} runs done; open: {}\n", s.look + 1, s.looks, s.seeds, s.done,
                     s.runs, join(s.open, "; "));
}

nlohmann::ordered_json json_of(const LookStatus& s) {
  return {{"measure", s.measure}, {"look", s.look + 1}, {"looks", s.looks}, {"seeds", s.seeds},
          {"open", s.open},       {"runs", s.runs},     {"done", s.done}};
}

/// Of an experiment in a queue, what the files cannot know: jobs that will not start by themselves.
launch::Jobs jobs_in_queue(const std::filesystem::path& folder) {
  const EngineChoice engine = stored_engine(folder);
  return engine.is_local() ? launch::Jobs() : make_engine(engine.name)->query(folder);
}

std::string text_of(const launch::Jobs& jobs, const std::filesystem::path& folder) {
  if (!jobs.silence.empty()) return fmt::format("the queue was not heard: {}\n", jobs.silence);
  if (jobs.held.empty()) return "";
  return fmt::format("held by the queue, so that it does not start by itself: {}; elbo resume {} releases it\n",
                     jobs.held_jobs(), folder.string());
}

// elbo watch DIR

constexpr auto between_looks = std::chrono::milliseconds(500);

constexpr const char* watch_help =
    "elbo watch DIR [--json]\n"
    "Shows how the runs in a folder are getting on, from another terminal or another computer, until all have ended.\n"
    "It only reads; Ctrl-C ends the watching, not the runs.\n"
    "  --json   one JSON object a line, for programs: each run, each change of it, and the end\n";

// elbo merge DIR

constexpr int incomplete = 4;

constexpr const char* merge_help =
    "elbo merge DIR\n"
    "Writes DIR/results.h5: the summary of every run of the plan and a link to each log. elbo run does so by itself.\n"
    "The exit code is 4 when runs are missing or failed; they are listed, here and in the file.\n";

void print_first(const char* what, const std::vector<std::string>& runs) {
  constexpr size_t most_lines = 20;
  for (size_t i = 0; i < std::min(runs.size(), most_lines); ++i) print("  {}: {}\n", what, runs[i]);
  if (runs.size() > most_lines) print("  ... and {} more {}\n", runs.size() - most_lines, what);
}

int status(const Arguments& arguments) {
  Options own;
  own.add_options()("json", "");
  const auto given = read_folder_words("status", status_help, arguments, own);
  if (!given) return 0;
  const auto folder = folder_of("status", *given);
  const launch::ExperimentStatus status = launch::read_status(folder);
  const std::vector<LookStatus> looks = looks_of(status, folder);
  const std::vector<RungStatus> rungs = rungs_of(status, folder);
  if (!given->count("json")) {
    print("{}", launch::status_text(status, most_lines));
    for (const LookStatus& look : looks) print("{}", text_of(look));
    for (const RungStatus& rung : rungs) print("{}", text_of(rung));
    print("{}", text_of(jobs_in_queue(folder), folder));
    return 0;
  }
  auto json = nlohmann::ordered_json::parse(launch::status_json(status));
  for (const LookStatus& look : looks) json["looks"].push_back(json_of(look));
  for (const RungStatus& rung : rungs) json["rungs"].push_back(json_of(rung));
  const launch::Jobs jobs = jobs_in_queue(folder);
  if (!jobs.held.empty()) json["held"] = jobs.held;
  if (!jobs.silence.empty()) json["queue_not_heard"] = jobs.silence;
  print("{}\n", json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  return 0;
}

int watch(const Arguments& arguments) {
  Options own;
  own.add_options()("json", "");
  const auto given = read_folder_words("watch", watch_help, arguments, own);
  if (!given) return 0;
  const auto folder = folder_of("watch", *given);
  const launch::StopSignals stop;
  if (given->count("json")) {
    launch::JsonWatch view(folder, std::cout);
    while (view.look() && std::cout && !stop.asked()) std::this_thread::sleep_for(between_looks);
    return 0;
  }
  launch::LiveView view(folder, launch::style_of_stdout(), std::cout, launch::real_surroundings());
  while (view.look() && !stop.asked()) std::this_thread::sleep_for(between_looks);
  return 0;
}

int merge(const Arguments& arguments) {
  const auto given = read_folder_words("merge", merge_help, arguments);
  if (!given) return 0;
  const auto folder = folder_of("merge", *given);
  const launch::Merged merged = launch::merge_results(folder);
  print("{}: {} done, {} failed, {} missing\n", (folder / "results.h5").string(), merged.done, merged.failed.size(),
        merged.missing.size());
  print_first("failed", merged.failed);
  print_first("missing", merged.missing);
  return merged.failed.empty() && merged.missing.empty() ? 0 : incomplete;
}

}  // namespace

std::vector<Verb> verbs_of_status() {
  return {
      {"status", "DIR", "how far the experiment in a folder has come", status, 190},
      {"watch", "DIR", "the same, live, from another terminal", watch, 200},
      {"merge", "DIR", "the summaries of all runs in one file, results.h5", merge, 220},
  };
}

}  // namespace elbo::host::cli
