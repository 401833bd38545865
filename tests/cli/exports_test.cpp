// `elbo export` of several runs at once and while they train, and `elbo watch --json`, by the real program.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

#include "program.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::json;

class Exports : public Program {
 protected:
  /// Two variants with two seeds each, by `elbo run x.toml --out out`.
  void write_experiment(int epochs = 2) const {
    write("x.toml", "name = \"x\"\ndescription = \"which is best?\"\nseeds = [1, 2]\n" + tiny_model +
                        "evaluate.importance_samples = 5\n" +
                        "[[variant]]\nname = \"slow rate\"\ntrain.optimizer.lr = 1e-4\n"
                        "[[variant]]\nname = \"fast rate\"\n");
    std::string text = read_file(scratch.path / "x.toml");
    text.replace(text.find("max_epochs = 1"), 14, "max_epochs = " + std::to_string(epochs));
    write("x.toml", text);
  }
  /// In a shell, beside the run: once its plan is there.
  Said beside_run(const std::string& command) const {
    return shell("'" + program + "' run x.toml --out out > run.txt 2>&1 &\nrun=$!\n" +
                 "while [ ! -e out/plan.json ] && kill -0 $run; do sleep 0.02; done\n'" + program + "' " + command +
                 "\ncode=$?\nwait $run || exit 99\nexit $code");
  }
  std::vector<std::string> folders_in(const std::string& name) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(scratch.path / name))
      if (entry.is_directory()) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  std::map<std::string, std::string> events_in(const std::string& board) const {
    std::map<std::string, std::string> events;
    for (const std::string& run : folders_in(board))
      events[run] = read_file(scratch.path / board / run / "events.out.tfevents.0000000000.elbo");
    return events;
  }
};

TEST_F(Exports, AFolderOfResultsBecomesAFolderForEachRunNamedByVariantAndSeed) {
  write_experiment();
  ASSERT_EQ(elbo("run x.toml --out out").code, 0);
  const Said said = elbo("export out --tensorboard board --csv tables");
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(folders_in("board"), folders_in("out"));
  EXPECT_EQ(folders_in("tables"), folders_in("out"));
  const auto names = folders_in("board");
  ASSERT_EQ(names.size(), 4u);
  for (const char* name : {"slow-rate-seed1-", "slow-rate-seed2-", "fast-rate-seed1-", "fast-rate-seed2-"})
    EXPECT_TRUE(std::ranges::any_of(names, [&](const std::string& one) { return one.starts_with(name); })) << name;
  EXPECT_EQ(events_in("board").size(), 4u);
  const Said two = elbo("export out --npz all.npz");
  EXPECT_EQ(two.code, 2);
  EXPECT_TRUE(has(two.err, "--npz names one file, and there are 4 logs")) << two.err;
}

TEST_F(Exports, FollowedRunsEndWithTheEventsOfTheirFinishedLogs) {
  write_experiment(40);
  const Said said = beside_run("export out --tensorboard board --mlflow mlruns --follow");
  ASSERT_EQ(said.code, 0) << said.err << said.out;
  ASSERT_EQ(elbo("export out --tensorboard after").code, 0);
  EXPECT_EQ(events_in("board"), events_in("after"));
  EXPECT_EQ(folders_in("mlruns").size(), 1u);
}

TEST_F(Exports, WhatIsWrittenOnceCannotFollow) {
  write_experiment();
  ASSERT_EQ(elbo("run x.toml --out out").code, 0);
  const Said said = elbo("export out --csv tables --follow");
  EXPECT_EQ(said.code, 2);
  EXPECT_TRUE(has(said.err, "--csv is written once")) << said.err;
}

/// "key: JSON" lines.
std::map<std::string, Json> meta(const fs::path& file) {
  std::map<std::string, Json> fields;
  std::istringstream text(read_file(file));
  for (std::string line; std::getline(text, line);) {
    const size_t colon = line.find(": ");
    fields[line.substr(0, colon)] = Json::parse(line.substr(colon + 2));
  }
  return fields;
}

// The layout that mlflow/store/tracking/file_store.py reads (MLflow 2 and 3): folders are named by the ids in their meta.yaml, a metric's line is
// "milliseconds value step".
TEST_F(Exports, MlflowsFileStoreHasEveryRunWithParametersMetricsTagsAndPictures) {
  write_experiment(3);
  ASSERT_EQ(elbo("run x.toml --out out").code, 0);
  for (int again = 0; again < 2; ++again) ASSERT_EQ(elbo("export out --mlflow mlruns").code, 0);  // the same places
  ASSERT_EQ(folders_in("mlruns").size(), 1u);
  const fs::path experiment = scratch.path / "mlruns" / folders_in("mlruns").front();
  auto about = meta(experiment / "meta.yaml");
  EXPECT_EQ(about.at("name"), "x");
  EXPECT_EQ(about.at("experiment_id"), experiment.filename().string());
  EXPECT_EQ(about.at("lifecycle_stage"), "active");
  std::set<std::string> names, rates;
  for (const std::string& id : folders_in("mlruns/" + experiment.filename().string())) {
    const fs::path run = experiment / id;
    auto info = meta(run / "meta.yaml");
    EXPECT_EQ(info.at("run_id"), id);
    EXPECT_EQ(info.at("run_uuid"), id);
    EXPECT_EQ(id.size(), 32u);
    EXPECT_EQ(info.at("experiment_id"), experiment.filename().string());
    EXPECT_EQ(info.at("status"), 3);  // RunStatus.FINISHED
    EXPECT_GE(info.at("end_time"), info.at("start_time"));
    EXPECT_EQ(info.at("artifact_uri"), "file://" + (run / "artifacts").string());
    names.insert(info.at("run_name"));
    rates.insert(read_file(run / "params" / "train.optimizer.lr"));
    EXPECT_EQ(read_file(run / "params" / "encoder.plugin"), "mlp");
    EXPECT_EQ(read_file(run / "params" / "encoder.hidden"), "[8]");
    EXPECT_EQ(read_file(run / "tags" / "mlflow.runName"), info.at("run_name"));
    EXPECT_EQ(read_file(run / "tags" / "mlflow.note.content"), "which is best?");
    std::istringstream metric(read_file(run / "metrics" / "test" / "elbo"));
    int64_t time = 0, before = info.at("start_time");
    double value = 0;
    for (int64_t step = 0, expected = 1; metric >> time >> value >> step; ++expected) {
      EXPECT_EQ(step, expected);
      EXPECT_GE(time, before);
      EXPECT_LT(value, 0);
      before = time;
    }
    EXPECT_TRUE(fs::exists(run / "metrics" / "summary" / "log_px"));
    EXPECT_TRUE(fs::exists(run / "artifacts" / "samples.png"));
    EXPECT_TRUE(fs::exists(run / "artifacts" / "plan.json"));
  }
  const auto folders = folders_in("out");
  EXPECT_EQ(names, std::set<std::string>(folders.begin(), folders.end()));
  EXPECT_EQ(rates, (std::set<std::string>{"0.0001", "0.001"}));
}

TEST_F(Exports, WatchSaysEachChangeInALineOfJsonAndTheEnd) {
  write_experiment(40);
  const Said said = beside_run("watch out --json");
  ASSERT_EQ(said.code, 0) << said.err;
  std::istringstream text(said.out);
  std::vector<Json> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
  ASSERT_GE(lines.size(), 9u);  // each run waits, then is done; and the end
  std::map<std::string, std::vector<Json>> of_run;
  for (size_t i = 0; i + 1 < lines.size(); ++i) {
    EXPECT_EQ(lines[i].at("event"), "run");
    EXPECT_EQ(lines[i].at("experiment"), "x");
    EXPECT_EQ(lines[i].at("max_epochs"), 40);
    of_run[lines[i].at("folder")].push_back(lines[i]);
  }
  EXPECT_EQ(lines.back(), Json::parse(R"({"event":"end","experiment":"x","counts":{"done":4,"failed":0}})"));
  ASSERT_EQ(of_run.size(), 4u);
  for (const auto& [folder, changes] : of_run) {
    EXPECT_EQ(changes.back().at("phase"), "done");
    EXPECT_EQ(changes.back().at("epoch"), 40);
    EXPECT_LT(changes.back().at("elbo"), 0);
    EXPECT_GT(changes.back().at("seconds"), 0);
    for (size_t i = 1; i < changes.size(); ++i) EXPECT_NE(changes[i], changes[i - 1]) << folder;
  }
  const Said again = elbo("watch out --json");
  EXPECT_EQ(std::count(again.out.begin(), again.out.end(), '\n'), 5);  // once for each run, and the end
}

}  // namespace
}  // namespace elbo::host
