// Nothing is trained again that need not be: other settings of the evaluation, and more epochs.
#include <algorithm>
#include <map>

#include "hdf5/file.hpp"
#include "program.hpp"

namespace elbo::host {
namespace {
namespace fs = std::filesystem;

class TrainedBefore : public Program {
 protected:
  void SetUp() override {
    Program::SetUp();
    write("x.toml", "name = \"x\"\nseeds = [1]\n" + tiny_model +
                        "evaluate = { evidence = \"importance\", importance_samples = 5 }\n"
                        "log = { latents = 5, images = 4, steps_every = 1 }\n");
    run("first");
  }

  Said run(const std::string& out, const std::string& more = "") const {
    const Said said = elbo("run x.toml --out " + out + " " + more);
    EXPECT_EQ(said.code, 0) << said.out << said.err;
    return said;
  }
  std::vector<fs::path> runs_in(const std::string& out) const {
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(scratch.path / out))
      if (entry.is_directory()) folders.push_back(entry.path());
    std::sort(folders.begin(), folders.end());
    return folders;
  }
  /// Of the only run in `out` that is not in `others`.
  fs::path new_in(const std::string& out, const std::vector<fs::path>& others) const {
    for (const fs::path& folder : runs_in(out))
      if (std::find(others.begin(), others.end(), folder) == others.end()) return folder;
    return {};
  }
};

/// What the log says of the model and of its training, but for times.
std::map<std::string, std::vector<double>> numbers_of(const fs::path& log) {
  const h5::File file = h5::File::open(log, h5::Mode::read);
  std::map<std::string, std::vector<double>> all;
  for (const std::string& path : file.datasets()) {
    const bool is_time = path.find("second") != std::string::npos || path == "/summary/waited" ||
                         path == "/summary/load" || path == "/summary/runs_beside";
    const bool is_other =
        path.starts_with("/config") || path.starts_with("/decoder") || path.starts_with("/provenance");
    if (is_time || is_other || file.is_text(path) || file.is_bare_dimension(path)) continue;
    if (path.starts_with("/summary/")) {
      all[path] = {file.number(path)};
    } else {
      const h5::Dataset dataset = file.dataset(path);
      all[path] = dataset.read<double>(0, dataset.rows());
    }
  }
  return all;
}

}  // namespace

TEST_F(TrainedBefore, ItHasTheNumbersOfARunThatWasTrained) {
  const auto before = runs_in("first");
  const std::string more = "--set evaluate.importance_samples=40";
  const Said said = run("first", more);
  EXPECT_TRUE(has(said.out + said.err, "was trained before, in " + before.at(0).filename().string())) << said.out;
  const Said whole = run("whole", more);
  EXPECT_FALSE(has(whole.out + whole.err, "was trained before"));
  const fs::path anew = new_in("first", before), trained = runs_in("whole").at(0);
  ASSERT_EQ(anew.filename(), trained.filename());
  const auto expected = numbers_of(trained / "log.h5"), found = numbers_of(anew / "log.h5");
  ASSERT_EQ(found.size(), expected.size());
  EXPECT_TRUE(expected.contains("/per_example/log_px") && expected.contains("/steps/elbo"));
  for (const auto& [path, values] : expected)
    EXPECT_TRUE(std::ranges::equal(found.at(path), values, [](double a, double b) { return a == b || a != a; }))
        << path;
  EXPECT_EQ(read_file(anew / "weights.safetensors"), read_file(trained / "weights.safetensors"));
  EXPECT_EQ(h5::File::open(anew / "log.h5", h5::Mode::read).attribute("/", "weights_of"),
            before.at(0).filename().string());
  EXPECT_EQ(elbo("rerun '" + (anew / "log.h5").string() + "' --out again").code, 0);
  EXPECT_EQ(runs_in("first").size(), 2u) << "the former result stays";
  const std::string page = read_file(scratch.path / "first" / "report.html");
  EXPECT_TRUE(has(page, "1 run of former settings in this folder is not shown"));
  EXPECT_FALSE(has(page, before.at(0).filename().string() + "/log.h5"));
}

TEST_F(TrainedBefore, WhatWasKilledIsEvaluatedAgain) {
  const auto before = runs_in("first");
  run("first", "--set evaluate.importance_samples=40");
  const fs::path anew = new_in("first", before);
  const auto expected = numbers_of(anew / "log.h5");
  fs::rename(anew / "log.h5", anew / "log.h5.partial");
  fs::remove(anew / "done.json");
  const Said said = elbo("resume first");
  EXPECT_EQ(said.code, 0) << said.out << said.err;
  EXPECT_TRUE(has(said.out + said.err, "evaluated anew")) << said.out;
  EXPECT_EQ(numbers_of(anew / "log.h5").at("/per_example/log_px"), expected.at("/per_example/log_px"));
}

TEST_F(TrainedBefore, OtherTrainingOrOtherWeightsAreTrained) {
  for (const char* other : {"train.optimizer.lr=0.002", "latent_dim=3", "log.steps_every=2"}) {
    const Said said = run("first", std::string("--set ") + other);
    EXPECT_FALSE(has(said.out + said.err, "was trained before")) << other;
  }
  for (const fs::path& folder : runs_in("first")) {
    std::string weights = read_file(folder / "weights.safetensors");
    weights.back() ^= 1;
    std::ofstream(folder / "weights.safetensors", std::ios::binary) << weights;
  }
  const Said said = run("first", "--set evaluate.importance_samples=40");
  EXPECT_FALSE(has(said.out + said.err, "was trained before"));
}

// tiny_model trains for two epochs; of the test passes after each second epoch, that of the last one is a shorter training's alone.
TEST_F(TrainedBefore, MoreEpochsGoOnBitForBit) {
  const std::string shorter = "--set train.test_every=2 --set train.max_epochs=3";
  const std::string longer = "--set train.test_every=2 --set train.max_epochs=6";
  run("part", shorter);
  const auto before = runs_in("part");
  const Said said = run("part", longer);
  EXPECT_TRUE(has(said.out + said.err, "was trained for 3 epochs before, in " + before.at(0).filename().string() +
                                           "; it goes on from there"))
      << said.out << said.err;
  run("whole", longer);
  const fs::path went_on = new_in("part", before), whole = runs_in("whole").at(0);
  const auto expected = numbers_of(whole / "log.h5"), found = numbers_of(went_on / "log.h5");
  ASSERT_EQ(found.size(), expected.size());
  EXPECT_EQ(expected.at("/test/epoch"), (std::vector<double>{2, 4, 6}));
  for (const auto& [path, values] : expected)
    EXPECT_TRUE(std::ranges::equal(found.at(path), values, [](double a, double b) { return a == b || a != a; }))
        << path;
  EXPECT_EQ(read_file(went_on / "weights.safetensors"), read_file(whole / "weights.safetensors"));
}

TEST_F(TrainedBefore, MoreEpochsGoOnBitForBitWithEveryTrainingHabit) {
  const std::string habits =
      "--set dataset.valid=40 --set train.test_every=2 --set train.accumulate=2 --set train.average_decay=0.9 "
      "--set train.keep=best --set train.schedule.name=plateau --set train.schedule.patience=0 "
      "--set train.optimizer.lr=0.05 --set train.optimizer.decoder_lr=0.01 --set train.max_epochs=";
  run("part", habits + "6");
  const auto before = runs_in("part");
  const Said said = run("part", habits + "12");
  EXPECT_TRUE(has(said.out + said.err, "was trained for 6 epochs before")) << said.out << said.err;
  EXPECT_TRUE(has(said.out + said.err, "; it goes on from there")) << said.out << said.err;
  run("whole", habits + "12");
  const fs::path went_on = new_in("part", before), whole = runs_in("whole").at(0);
  const auto expected = numbers_of(whole / "log.h5"), found = numbers_of(went_on / "log.h5");
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [path, values] : expected)
    EXPECT_TRUE(std::ranges::equal(found.at(path), values, [](double a, double b) { return a == b || a != a; }))
        << path;
  EXPECT_EQ(read_file(went_on / "weights.safetensors"), read_file(whole / "weights.safetensors"));
}

TEST_F(TrainedBefore, WhereMoreEpochsCannotGoOnItIsSaid) {
  const auto said_of = [&](const std::string& settings) {
    run("part", settings + " --set train.max_epochs=3");
    const Said said = run("part", settings + " --set train.max_epochs=6");
    return said.out + said.err;
  };
  EXPECT_TRUE(has(said_of("--set train.schedule.name=cosine"), "it begins again: the cosine schedule"));
  EXPECT_TRUE(
      has(said_of("--set train.early_stopping.patience=9 --set dataset.valid=5"), "it begins again: early stopping"));
  EXPECT_TRUE(has(said_of("--set train.keep=best --set dataset.valid=6 --set train.test_every=2"),
                  "it begins again: its last pass over the validation data"));
  EXPECT_TRUE(has(said_of("--set train.keep_state=false"), "it begins again: its folder has no training_state"));
}

/// As a kill between two checkpoints leaves it: the log under its other name, a checkpoint, and no result.
TEST_F(TrainedBefore, MoreEpochsGoOnWhereARunWasKilled) {
  const std::string shorter = "--set train.max_epochs=60 --set train.checkpoint_seconds=0",
                    longer = "--set train.max_epochs=64";
  shell("'" + program + "' run x.toml --out part " + shorter + " >out.txt 2>&1 & p=$!\n" +
        "while ! ls part/*/checkpoint.* >/dev/null 2>&1 && kill -0 $p; do sleep 0.01; done\n" +
        "kill -KILL $p $(pgrep -P $p); wait");
  const auto before = runs_in("part");
  ASSERT_EQ(before.size(), 1u);
  if (fs::exists(before[0] / "done.json")) GTEST_SKIP() << "the run was faster than the kill";
  const Said said = run("part", longer);
  EXPECT_TRUE(has(said.out + said.err,
                  ", of 60 that were planned then, in " + before[0].filename().string() + "; it goes on from there"))
      << said.out << said.err;
  run("whole", longer);
  const auto expected = numbers_of(runs_in("whole").at(0) / "log.h5"),
             found = numbers_of(new_in("part", before) / "log.h5");
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [path, values] : expected)
    EXPECT_TRUE(std::ranges::equal(found.at(path), values, [](double a, double b) { return a == b || a != a; }))
        << path;
}

TEST_F(TrainedBefore, TheStateOfTheFormerRunIsNotCopiedWhereNoneIsKept) {
  const auto before = runs_in("first");
  ASSERT_TRUE(fs::exists(before.at(0) / "training_state"));
  run("first", "--set evaluate.importance_samples=40 --set train.keep_state=false");
  EXPECT_FALSE(fs::exists(new_in("first", before) / "training_state"));
}

}  // namespace elbo::host
