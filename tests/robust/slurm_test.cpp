// The Slurm engine against commands that answer as Slurm does.
#include <nlohmann/json.hpp>

#include "robust.hpp"

namespace elbo::host {
namespace {

namespace fs = std::filesystem;

class Slurm : public Robust {
 protected:
  void SetUp() override {
    Robust::SetUp();
    fs::create_directory(scratch.path / "bin");
    command("sbatch", "echo \"$@\" >> \"$FAKE/submitted\"; wc -l < \"$FAKE/submitted\"");
    command("squeue",
            "[ -e \"$FAKE/away\" ] && { echo 'Unable to contact slurm controller' >&2; exit 1; }\n"
            "cat \"$FAKE/queue\" 2> /dev/null; true");
    command("scontrol",
            "[ -e \"$FAKE/denied\" ] && [ $1 = release ] && { echo 'Access/permission denied' >&2; exit 1; }\necho "
            "\"MaxArraySize            = ${FAKE_ARRAY:-1001}\"; echo \"$@\" >> \"$FAKE/controlled\"");
    command("scancel", "echo \"$@\" >> \"$FAKE/cancelled\"");
    setenv("FAKE", scratch.path.c_str(), 1);
    before = std::getenv("PATH");
    setenv("PATH", (path("bin") + ":" + before).c_str(), 1);
    write("x.toml", "seeds = [1, 2, 3]\n" + small_experiment(2));
  }
  void TearDown() override {
    setenv("PATH", before.c_str(), 1);
    unsetenv("FAKE_ARRAY");
    Robust::TearDown();
  }

  void command(const std::string& name, const std::string& body) const {
    write("bin/" + name, "#!/bin/bash\n" + body + "\n");
    fs::permissions(scratch.path / "bin" / name, fs::perms::owner_all);
  }

  std::vector<std::string> lines(const std::string& name) const {
    std::vector<std::string> all;
    std::ifstream file(scratch.path / name);
    for (std::string line; std::getline(file, line);) all.push_back(line);
    return all;
  }

  std::string batch(int n) const { return path("out/batches/batch-" + std::to_string(n) + ".txt"); }

  std::string before;
};

}  // namespace

TEST_F(Slurm, AnArrayAndAMergeAreSubmittedAndTheirTasksGiveTheLocalResult) {
  const Said run = elbo("run x.toml --out out --engine slurm --items-per-task 2 --throttle 4 --slurm-args '-p long'");
  ASSERT_EQ(run.code, 0) << run.out << run.err;
  const auto submitted = lines("submitted");
  ASSERT_EQ(submitted.size(), 2u);
  for (const char* part : {"--parsable", "--array=0-1%4", "--requeue", "--signal=B:USR1@60", "-p long"})
    EXPECT_TRUE(has(submitted[0], part)) << submitted[0];
  EXPECT_TRUE(has(submitted[1], "--dependency=afterany:1 ")) << submitted[1];
  EXPECT_EQ(lines("out/batches/batch-1.txt").size(), 3u);

  for (const char* task : {"1", "0", "0"})  // in any order, and twice
    EXPECT_EQ(elbo("work '" + batch(1) + "' --items-per-task 2 --task " + task).code, 0);
  EXPECT_EQ(elbo("merge out").code, 0);
  ASSERT_EQ(elbo("run x.toml --out local").code, 0);
  for (const auto& entry : fs::directory_iterator(scratch.path / "local"))
    if (entry.is_directory()) {
      EXPECT_EQ(differences(entry.path(), scratch.path / "out" / entry.path().filename()), std::vector<std::string>());
    }
}

TEST_F(Slurm, SeedsUntilDecidedAreAnArrayForEachLook) {
  write("y.toml", "seeds = { until = \"decided\", looks = [3, 4], alpha = 0.01 }\n" + tiny +
                      "[[variant]]\nname = \"good\"\ntrain.max_epochs = 12\ntrain.optimizer.lr = 0.05\n"
                      "[[variant]]\nname = \"fair\"\ntrain.max_epochs = 5\ntrain.optimizer.lr = 0.05\n");
  ASSERT_EQ(elbo("run y.toml --out out --engine slurm").code, 0);
  ASSERT_EQ(lines("submitted").size(), 2u);
  EXPECT_TRUE(has(lines("submitted")[1], "batches/look.sh")) << lines("submitted")[1];
  const Said early = elbo("resume out --next-look");
  EXPECT_TRUE(has(early.out, "6 runs of this look have not ended, so it is not taken")) << early.out;
  EXPECT_EQ(lines("submitted").size(), 2u);

  EXPECT_EQ(elbo("work '" + batch(1) + "' --items-per-task 6 --task 0").code, 0);
  const Said next = elbo("resume out --next-look");
  EXPECT_EQ(next.code, 0) << next.err;
  EXPECT_TRUE(has(next.out, "look 1 of 2, 3 seeds: 0 pairs decided; more seeds for 2 variants")) << next.out;
  EXPECT_EQ(lines("submitted").size(), 4u);
  EXPECT_EQ(lines("out/batches/batch-2.txt").size(), 2u);
  EXPECT_EQ(elbo("work '" + batch(2) + "' --items-per-task 2 --task 0").code, 0);
  const Said last = elbo("resume out --next-look");
  EXPECT_EQ(last.code, 0) << last.err;
  EXPECT_TRUE(has(last.out, "nothing to submit")) << last.out;
  EXPECT_TRUE(has(read_file(scratch.path / "out/plan.json"), "\"seeds\": 4")) << "the second look is recorded";
}

TEST_F(Slurm, HalvingIsAnArrayForEachRung) {
  write("y.toml", tiny +
                      "[search]\ntrials = 5\nmethod = \"halving\"\n[search.space]\n"
                      "\"train.optimizer.lr\" = { log_uniform = [1e-3, 1e-1] }\n");
  const std::string more = " --set dataset.valid=50 --set train.max_epochs=2";
  ASSERT_EQ(elbo("run y.toml --out out --engine slurm" + more).code, 0);
  ASSERT_EQ(lines("submitted").size(), 2u);
  EXPECT_TRUE(has(lines("submitted")[1], "batches/look.sh")) << lines("submitted")[1];
  EXPECT_EQ(elbo("work '" + batch(1) + "' --items-per-task 5 --task 0").code, 0);
  const Said next = elbo("resume out --next-look");
  EXPECT_EQ(next.code, 0) << next.err;
  EXPECT_TRUE(has(next.out, "rung 1 of 2 of the search over train.optimizer.lr, 1 epoch: 3 of 5 trials go on ("))
      << next.out;
  EXPECT_EQ(lines("out/batches/batch-2.txt").size(), 3u);
  EXPECT_EQ(elbo("work '" + batch(2) + "' --items-per-task 3 --task 0").code, 0);
  EXPECT_TRUE(has(elbo("resume out --next-look").out, "nothing to submit"));
  ASSERT_EQ(elbo("run y.toml --out local" + more).code, 0);
  const auto rungs = [&](const std::string& out) {
    return nlohmann::json::parse(read_file(scratch.path / out / "plan.json")).at("rungs");
  };
  EXPECT_EQ(rungs("out"), rungs("local")) << "the same is decided in a queue and here";
}

TEST_F(Slurm, ResumeSubmitsThePlanLessWhatIsDoneOrAlive) {
  ASSERT_EQ(elbo("run x.toml --out out --engine slurm").code, 0);
  EXPECT_EQ(elbo("work '" + batch(1) + "' --task 0").code, 0);
  write("queue", "1|1|RUNNING|None|batch-1.txt;1;0\n2|N/A|PENDING|Dependency|merge\n");
  const Said resumed = elbo("resume out");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_TRUE(has(resumed.out, "3 runs: 1 done, 1 queued or running, 0 failed")) << resumed.out;
  EXPECT_EQ(lines("out/batches/batch-2.txt"), std::vector<std::string>{lines("out/batches/batch-1.txt")[2]});
}

TEST_F(Slurm, JobsThatAreHeldAreNamedAndReleased) {
  ASSERT_EQ(elbo("run x.toml --out out --engine slurm").code, 0);
  const size_t submitted = lines("submitted").size();
  for (const char* reason : {"launch failed requeued held", "JobHeldUser", "JobHeldAdmin"}) {
    write("queue", "17|1|PENDING|" + std::string(reason) +
                       "|batch-1.txt;1;0\n17|2|RUNNING|None|batch-1.txt;1;0\n18|0|PENDING|Priority|batch-1.txt;1;0\n");
    const std::string held = "job 17 (" + std::string(reason) + ")";
    const Said status = elbo("status out");
    EXPECT_TRUE(has(status.out, "held by the queue, so that it does not start by itself: " + held +
                                    "; elbo resume out releases it"))
        << status.out;
    EXPECT_TRUE(has(elbo("status out --json").out, "\"17\": \"" + std::string(reason) + "\""));
    write("denied", "");
    const Said denied = elbo("resume out");
    EXPECT_EQ(denied.code, 1);
    EXPECT_TRUE(has(denied.err, "Access/permission denied; expected to release " + held + "; ask the administrator"))
        << denied.err;
    fs::remove(scratch.path / "denied");
    const Said resumed = elbo("resume out");
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_TRUE(has(resumed.out, "released: " + held)) << resumed.out;
    EXPECT_EQ(lines("controlled").back(), "release 17");
  }
  EXPECT_EQ(lines("submitted").size(), submitted) << "held jobs are alive: nothing is submitted twice";
}

TEST_F(Slurm, ASubmissionThatFailsIsResumedInTheQueueNotHere) {
  write("away", "");
  EXPECT_EQ(elbo("run x.toml --out out --engine slurm").code, 1);
  EXPECT_EQ(elbo("resume out").code, 1) << "still away";
  EXPECT_TRUE(lines("submitted").empty());
  fs::remove(scratch.path / "away");
  const Said resumed = elbo("resume out");
  EXPECT_TRUE(has(resumed.out, "submitted 3 runs of batch-1.txt")) << resumed.out << resumed.err;
  for (const auto& entry : fs::directory_iterator(scratch.path / "out"))
    EXPECT_FALSE(fs::exists(entry.path() / "log.h5")) << "nothing was trained here";
}

TEST_F(Slurm, AnyPathNamesItsJobs) {
  for (const std::string name : {"a;b", "a|b", "a%jb", "a b"}) {
    ASSERT_EQ(elbo("run x.toml --out '" + name + "' --engine slurm").code, 0) << name;
    const std::string submitted = lines("submitted")[0];
    EXPECT_TRUE(has(submitted, "--comment=batch-1.txt;1;0 ")) << submitted;
    const std::string output = name == "a%jb" ? "a%%jb" : name;
    EXPECT_TRUE(has(submitted, "/" + output + "/batches/batch-1.txt.%A_%a.out ")) << submitted;
    write("queue",
          "1|0|RUNNING|None|batch-1.txt;1;0\n1|1|PENDING|Priority|batch-1.txt;1;0\n1|2|PENDING|Priority|batch-1.txt;1;"
          "0\n");
    EXPECT_TRUE(has(elbo("resume '" + name + "'").out, "3 queued or running")) << name;
    fs::remove(scratch.path / "submitted");
    fs::remove(scratch.path / "queue");
  }
  const Said refused = elbo("run x.toml --out 'a\\b' --engine slurm");
  EXPECT_EQ(refused.code, 2);
  EXPECT_TRUE(has(refused.err, "backslash")) << refused.err;
}

TEST_F(Slurm, AControllerThatIsAwayMeansUnknownNeverFinished) {
  ASSERT_EQ(elbo("run x.toml --out out --engine slurm").code, 0);
  const size_t submitted = lines("submitted").size();
  write("away", "");
  const Said resumed = elbo("resume out");
  EXPECT_EQ(resumed.code, 1);
  EXPECT_TRUE(
      has(resumed.err,
          "slurm: squeue failed: Unable to contact slurm controller; its jobs are unknown, so nothing was submitted"))
      << resumed.err;
  EXPECT_EQ(lines("submitted").size(), submitted);
}

TEST_F(Slurm, AQueueThatNeverAnswersMeansUnknownAsWell) {
  ASSERT_EQ(elbo("run x.toml --out out --engine slurm").code, 0);
  const size_t submitted = lines("submitted").size();
  command("squeue", "exec sleep 1000");
  setenv("ELBO_SLURM_TIMEOUT", "1", 1);
  const Said resumed = elbo("resume out");
  unsetenv("ELBO_SLURM_TIMEOUT");
  EXPECT_EQ(resumed.code, 1);
  EXPECT_TRUE(has(resumed.err, "slurm: squeue gave no answer within 1 s; its jobs are unknown")) << resumed.err;
  EXPECT_EQ(lines("submitted").size(), submitted);
}

TEST_F(Slurm, ASubmissionThatIsCutShortSaysHowFarItCame) {
  setenv("FAKE_ARRAY", "3", 1);
  command(
      "sbatch",
      "[ -e \"$FAKE/submitted\" ] && { echo 'Socket timed out' >&2; exit 1; }\necho $@ >> \"$FAKE/submitted\"; echo 1");
  const Said run = elbo("run x.toml --out out --engine slurm");
  EXPECT_EQ(run.code, 1);
  EXPECT_TRUE(
      has(run.err,
          "slurm: sbatch failed: Socket timed out; expected all 3 tasks and the merge to be taken, and only 1 were"))
      << run.err;
}

TEST_F(Slurm, ArraysAreSplitAtTheirLargestSize) {
  setenv("FAKE_ARRAY", "3", 1);
  ASSERT_EQ(elbo("run x.toml --out out --engine slurm").code, 0);
  const auto submitted = lines("submitted");
  ASSERT_EQ(submitted.size(), 3u);
  EXPECT_TRUE(has(submitted[0], "--array=0-1 ")) << submitted[0];
  EXPECT_TRUE(has(submitted[1], "--array=0-0 ")) << submitted[1];
  EXPECT_TRUE(has(submitted[1], "batch-1.txt 1 2")) << submitted[1];
  EXPECT_TRUE(has(submitted[2], "--dependency=afterany:1:2 ")) << submitted[2];
}

TEST_F(Slurm, AFailedRunIsRecordedAndOnlyRepeatedOnRequest) {
  write("x.toml", small_experiment(1) +
                      "[[variant]]\nname = \"faulty\"\nlikelihood = { plugin = \"faulty\", how = \"abort\" }\n");
  ASSERT_EQ(elbo("run x.toml --out out --engine slurm").code, 0);
  EXPECT_EQ(elbo("work '" + batch(1) + "' --task 0").code, 1);
  EXPECT_EQ(elbo("work '" + batch(1) + "' --task 0").code, 0) << "a task that is started again leaves it";
  EXPECT_TRUE(has(elbo("resume out").out, "nothing to submit"));
  EXPECT_TRUE(has(elbo("resume out --failed").out, "submitted 1 runs of batch-2.txt"));
}

TEST_F(Slurm, CancelTakesBackTheJobsOfTheFolderAlone) {
  ASSERT_EQ(elbo("run x.toml --out out --engine slurm").code, 0);
  EXPECT_EQ(elbo("resume out --cancel").code, 0);
  ASSERT_EQ(lines("cancelled").size(), 1u);
  EXPECT_TRUE(has(lines("submitted")[0], lines("cancelled")[0].substr(std::string("--name=").size())))
      << lines("cancelled")[0];
}

TEST_F(Slurm, ATaskWhoseTimeIsUpAsksForAnotherTurnAndGoesOn) {
  ASSERT_EQ(elbo("run x.toml --out out --engine slurm --set train.max_epochs=400").code, 0);
  setenv("SLURM_JOB_ID", "17", 1);
  const auto task = begin({"work", batch(1), "--task", "0"});
  const fs::path run = scratch.path / "out" / lines("out/batches/batch-1.txt")[0];
  ASSERT_TRUE(wait_until(*task, [&] { return fs::exists(run / "checkpoint.0"); }));
  kill(task->id(), SIGUSR1);
  EXPECT_EQ(end_of(*task), 85) << said;
  unsetenv("SLURM_JOB_ID");
  EXPECT_EQ(lines("controlled").back(), "requeue 17");
  EXPECT_EQ(elbo("work '" + batch(1) + "' --task 0").code, 0);
}

}  // namespace elbo::host
