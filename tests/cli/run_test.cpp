// `elbo run` from the file to the comparison, with workers that do what a test tells them to: no training,
// real processes.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>

#include "base/process.hpp"
#include "log/run_log.hpp"
#include "program.hpp"

namespace elbo::host {
namespace {

/// Behaves by the variant's name, which begins the name of the run's folder; answers what plugins are with
/// the real worker.
constexpr const char* fake_worker = R"sh(#!/bin/bash
[ "$1" = run ] || exec "$REAL_WORKER" "$@"
echo '{"elbo-event": "started", "epochs": 1}'
trap 'exit 85' INT
echo "$(basename $2)" >> "$STARTED"
case "$(basename $2)" in
  crash*) kill -SEGV $$ ;;
  fail*) echo '{"elbo-event": "failed", "message": "epoch 1: the loss is not finite"}'; exit 1 ;;
  slow*) while [ ! -e "$GO" ]; do sleep 0.02 & wait $!; done ;;
esac
cp "$FINISHED_LOG" $2/log.h5
)sh";

std::string variants(std::initializer_list<const char*> names) {
  std::string text = tiny;
  int size = 50;  // variants must differ in something
  for (const char* name : names) {
    text += std::string("[[variant]]\nname = \"") + name + "\"\n";
    text += "train.batch_size = " + std::to_string(size--) + "\n";
  }
  return text;
}

/// The log of a finished run, for the fake worker to put in place.
void write_finished_log(const std::filesystem::path& file) {
  const std::string key = R"({"data": "d", "test_ids": "t", "dimensions": 64, "unit": "nat", "base": "C2", "levels": 0,
    "quantisation": "none", "binarisation": "none", "transforms": [], "conditioning": "none", "given": "nothing", "observed": "all", "direction": "lower",
    "estimator": {"name": "elbo", "samples": 1, "images": 50}})";
  log::Layout layout;
  layout.title = "a finished run";
  layout.plan_json = "{}";
  layout.latent_dim = 2;
  layout.test_rows = 50;
  layout.train_columns = layout.test_columns = {{"elbo", "nat", "elbo"}};
  auto log = log::RunLog::create(file, layout);
  log.epoch(log::Pass::test, 1, {{"elbo", -30.0}}, {});
  log.finish(
      {{{"elbo", "nat", "elbo"}, std::vector<double>(50, -30.25)}, {{"kl", "nat", "kl"}, std::vector<double>(50, 2.5)}},
      {{"elbo", -30.25, "nat", "elbo"}, {"kl", 2.5, "nat", "kl"}},
      {{"measure", "bars, binary"}, {"measure_key", key}, {"bound", "elbo"}});
}

class Run : public Program {
 protected:
  void SetUp() override {
    Program::SetUp();
    write("worker", fake_worker);
    std::filesystem::permissions(scratch.path / "worker", std::filesystem::perms::owner_all);
    write_finished_log(scratch.path / "finished.h5");
    setenv("REAL_WORKER", ELBO_BUILD_DIR "/bin/elbo-worker", 1);
    setenv("ELBO_WORKER", (scratch.path / "worker").c_str(), 1);
    setenv("FINISHED_LOG", (scratch.path / "finished.h5").c_str(), 1);
    setenv("STARTED", (scratch.path / "started").c_str(), 1);
    setenv("GO", (scratch.path / "go").c_str(), 1);
  }
  void TearDown() override { unsetenv("ELBO_WORKER"); }

  /// How many workers were ever started.
  size_t started() const {
    if (!exists("started")) return 0;
    const std::string lines = read_file(scratch.path / "started");
    return static_cast<size_t>(std::count(lines.begin(), lines.end(), '\n'));
  }

  /// `elbo run x.toml` as a process of its own.
  std::unique_ptr<Process> begin() const {
    return std::make_unique<Process>(
        program,
        std::vector<std::string>{"run", (scratch.path / "x.toml").string(), "--out", (scratch.path / "out").string()},
        Environment{});
  }

  /// Waits until `true_now()`; false when the process ended before.
  static bool wait_until(Process& process, const auto& true_now) {
    for (;; usleep(2000)) {
      if (true_now()) return true;
      if (process.wait_status()) return false;
    }
  }

  bool is_done(const std::string& variant) const {
    for (const auto& entry : std::filesystem::directory_iterator(scratch.path / "out"))
      if (entry.path().filename().string().starts_with(variant) && std::filesystem::exists(entry.path() / "done.json"))
        return true;
    return false;
  }

  static int end_of(Process& process, std::string& out) {
    const auto keep = [&](const std::string& line) { out += line + "\n"; };
    std::optional<int> status;
    while (!(status = process.wait_status())) {
      process.read(Process::output, keep);
      usleep(2000);
    }
    process.drain([&](Process::Stream, const std::string& line) { keep(line); });
    return WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
  }
};

}  // namespace

TEST_F(Run, EndsInATableAndThePathsOfWhatWasWritten) {
  write("x.toml", variants({"one", "two"}));
  const Said said = elbo("run x.toml");
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(said.err, "");
  for (const char* part :
       {"one: started\n", "one: done in", "measure: mass on {0,1}", "-30.25", "[nat]", "runs/x/comparison.txt"})
    EXPECT_TRUE(has(said.out, part)) << part << "\nin\n" << said.out;
  for (const char* file : {"plan.json", "experiment.toml", "comparison.txt", "comparison.csv"})
    EXPECT_TRUE(exists(std::string("runs/x/") + file)) << file;
  EXPECT_FALSE(has(said.out, "\x1b"));
}

TEST_F(Run, AFinishedRunIsNotRunAgain) {
  write("x.toml", variants({"one", "two"}));
  ASSERT_EQ(elbo("run x.toml").code, 0);
  const Said again = elbo("run x.toml");
  EXPECT_EQ(again.code, 0);
  EXPECT_TRUE(has(again.out, "x: nothing to do: all 2 runs are finished, in runs/x\n")) << again.out;
  EXPECT_TRUE(has(again.out, "-30.25"));
  EXPECT_EQ(started(), 2u);
}

TEST_F(Run, AChangedRunIsRun) {
  write("x.toml", variants({"one"}));
  ASSERT_EQ(elbo("run x.toml").code, 0);
  EXPECT_EQ(elbo("run x.toml --set latent_dim=3").code, 0);
  EXPECT_EQ(started(), 2u);
}

TEST_F(Run, ACrashFailsItsOwnRunOnly) {
  write("x.toml", variants({"crash", "fine"}));
  const Said said = elbo("run x.toml --out out");
  EXPECT_EQ(said.code, 1);
  EXPECT_TRUE(has(said.out, "crash, seed 1: failed: crashed with signal 11 (Segmentation fault)\n")) << said.out;
  EXPECT_TRUE(has(said.out, "-30.25"));
}

TEST_F(Run, AFailedRunIsTriedAgain) {
  write("x.toml", variants({"fail", "fine"}));
  const Said said = elbo("run x.toml --out out");
  EXPECT_EQ(said.code, 1);
  EXPECT_TRUE(has(said.out, "fail, seed 1: failed: epoch 1: the loss is not finite\n")) << said.out;
  EXPECT_EQ(elbo("run x.toml --out out").code, 1);
  EXPECT_EQ(started(), 3u);
}

TEST_F(Run, CtrlCStopsAndTheSameCommandGoesOn) {
  write("x.toml", variants({"fine", "slow"}));
  const auto process = begin();
  ASSERT_TRUE(wait_until(*process, [&] { return started() == 2 && is_done("fine"); }));
  process->signal(SIGINT);
  std::string out;
  EXPECT_EQ(end_of(*process, out), 130);
  EXPECT_TRUE(has(out, "stopping: waiting for 1 run to write a checkpoint")) << out;
  EXPECT_TRUE(has(out, "slow: stopped\n")) << out;
  EXPECT_TRUE(has(out, "stopped; the same command goes on from here: elbo run ")) << out;
  write("go", "");
  const Said again = elbo("run x.toml --out out");
  EXPECT_EQ(again.code, 0) << again.out;
  EXPECT_TRUE(has(again.out, "finished before: 1 run\n")) << again.out;
  EXPECT_EQ(started(), 3u);
}

TEST_F(Run, ASecondRunInTheSameFolderIsRefused) {
  write("x.toml", variants({"slow"}));
  const auto process = begin();
  ASSERT_TRUE(wait_until(*process, [&] { return started() == 1; }));
  const Said second = elbo("run x.toml --out out");
  EXPECT_EQ(second.code, 1);
  EXPECT_TRUE(has(second.err, "elbo: out: process ")) << second.err;
  EXPECT_TRUE(has(second.err, " is at work here; wait for it, stop it, or choose another folder with --out DIR\n"));
  write("go", "");
  std::string out;
  EXPECT_EQ(end_of(*process, out), 0) << out;
}

TEST_F(Run, AnOutputFolderThatCannotBeWritten) {
  write("x.toml", variants({"one"}));
  const Said said = elbo("run x.toml --out x.toml/below");
  EXPECT_EQ(said.code, 2);
  EXPECT_EQ(said.err,
            "elbo: x.toml/below: the output folder cannot be written: Not a directory; choose another with "
            "--out DIR\n");
  EXPECT_EQ(started(), 0u);
}

TEST_F(Run, AMissingWorkerProgramIsNamed) {
  write("x.toml", variants({"one"}));
  ASSERT_EQ(elbo("check x.toml").code, 0);  // what the plugins say is remembered
  setenv("ELBO_WORKER", (scratch.path / "nowhere").c_str(), 1);
  const Said said = elbo("run x.toml");
  EXPECT_EQ(said.code, 1);
  EXPECT_TRUE(has(said.err, "nowhere: the worker program is missing")) << said.err;
  expect_nothing_written();
}

/// Says who it is and what it was asked, and never answers.
constexpr const char* silent_worker = R"sh(#!/bin/bash
cat "$2" > "$REQUEST"
echo $$ > "$WORKER_PID"
while true; do sleep 0.05; done
)sh";

TEST_F(Run, AnEvaluationThatIsKilledLeavesNeitherItsWorkerNorAFile) {
  unsetenv("ELBO_WORKER");
  write("x.toml", tiny);
  ASSERT_EQ(elbo("run x.toml --out run").code, 0);
  setenv("ELBO_WORKER", (scratch.path / "worker").c_str(), 1);
  write("worker", silent_worker);
  std::filesystem::create_directory(scratch.path / "temporary");
  setenv("REQUEST", (scratch.path / "request").c_str(), 1);
  setenv("WORKER_PID", (scratch.path / "pid").c_str(), 1);
  setenv("TMPDIR", (scratch.path / "temporary").c_str(), 1);
  {
    Process front(program, {"evaluate", (scratch.path / "run").string(), "--metrics", "bounds"});
    ASSERT_TRUE(wait_until(front, [&] { return exists("pid") && !read_file(scratch.path / "pid").empty(); }));
    ::kill(front.id(), SIGKILL);  // it alone, as the system does
    while (!front.wait_status()) usleep(2000);
  }
  unsetenv("TMPDIR");
  EXPECT_TRUE(has(read_file(scratch.path / "request"), "\"bounds\"")) << read_file(scratch.path / "request");
  EXPECT_TRUE(std::filesystem::is_empty(scratch.path / "temporary"));
  const std::string pid = read_file(scratch.path / "pid");
  const std::filesystem::path worker = "/proc/" + pid.substr(0, pid.find('\n'));
  const auto is_alive = [&] {
    std::ifstream file(worker / "stat");
    std::string stat;
    std::getline(file, stat);
    return !stat.empty() && stat.substr(stat.rfind(')') + 2, 1) != "Z";
  };
  for (int tries = 0; tries < 1000 && is_alive(); ++tries) usleep(10000);
  EXPECT_FALSE(is_alive());
}

TEST_F(Run, TheLogOfARunThatGoesOnHasTheNameOfAFinishedOne) {
  // The real worker, in the real program: the link is there while the other name is, and the finished log takes its place.
  unsetenv("ELBO_WORKER");
  std::string endless = tiny;
  write("x.toml", endless.replace(endless.find("max_epochs = 1"), 14, "max_epochs = 100000"));
  const auto logs = [&] {
    std::vector<std::filesystem::path> found;
    if (exists("out"))
      for (const auto& entry : std::filesystem::directory_iterator(scratch.path / "out"))
        if (std::filesystem::exists(entry.path() / "log.h5")) found.push_back(entry.path() / "log.h5");
    return found;
  };
  auto process = begin();
  ASSERT_TRUE(wait_until(*process, [&] { return !logs().empty(); }));
  EXPECT_TRUE(std::filesystem::is_symlink(logs()[0]));
  const Said shown = elbo("show '" + logs()[0].string() + "'");
  EXPECT_EQ(shown.code, 0) << shown.err;
  process->signal(SIGINT);
  std::string out;
  end_of(*process, out);
  EXPECT_NE(elbo("evaluate '" + logs()[0].parent_path().string() + "'").code, 0) << "an unfinished run is refused";
}

TEST_F(Run, SlurmWhereThereIsNoneIsAMistakeWithTheWayOut) {
  write("x.toml", tiny);
  const std::string path = getenv("PATH");
  setenv("PATH", "/nowhere", 1);
  const Said said = elbo("run x.toml --engine slurm --out out");
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(said.code, 2);
  EXPECT_TRUE(has(said.err, "sbatch")) << said.err;
  EXPECT_TRUE(has(said.err, "leave --engine out")) << said.err;
  EXPECT_FALSE(exists("out"));
}

TEST_F(Run, CompareSaysWhyARunFailed) {
  write("x.toml", variants({"fail", "fine"}));
  elbo("run x.toml --out out");
  const Said said = elbo("compare out");
  EXPECT_TRUE(has(said.out + said.err, "the loss is not finite")) << said.out + said.err;
}

}  // namespace elbo::host
