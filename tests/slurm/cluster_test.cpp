// What Slurm itself does to an experiment, on a private cluster of one computer: each disturbance, and afterwards the
// result of an undisturbed local run.
#include "robust/robust.hpp"
#include "robust/same_result.hpp"

namespace elbo::host {
namespace {

namespace fs = std::filesystem;

class Cluster : public Robust {
 protected:
  void SetUp() override {
    Robust::SetUp();
    const auto [code, said] = said_by("bash " ELBO_CLUSTER " up '" + path("cluster") + "' 2");
    if (code == 77) GTEST_SKIP() << said;
    ASSERT_EQ(code, 0) << said;
    setenv("SLURM_CONF", path("cluster/slurm.conf").c_str(), 1);
    std::string text = "seeds = [1, 2, 3]\n" + small_experiment(40);
    text.replace(text.find("train = 200"), 11, "train = 3000");  // a few seconds a run
    write("x.toml", text);
  }
  void TearDown() override {
    unsetenv("SLURM_CONF");
    cluster("down");
    Robust::TearDown();
  }

  /// Its exit code and all that it said.
  std::pair<int, std::string> said_by(const std::string& command) const {
    Said said = shell("(" + command + ") 2>&1");
    return {said.code, std::move(said.out)};
  }
  void cluster(const std::string& verb, const std::string& more = "") const {
    said_by("bash " ELBO_CLUSTER " " + verb + " '" + path("cluster") + "' " + more);
  }

  void submit() {
    const Said run = elbo("run x.toml --out out --engine slurm");
    ASSERT_EQ(run.code, 0) << run.out << run.err;
  }
  /// The words of the queue, one a job.
  std::vector<std::string> queue(const std::string& arguments) const {
    std::istringstream words(said_by("squeue --noheader --array " + arguments).second);
    return {std::istream_iterator<std::string>(words), {}};
  }
  /// What an administrator would do: Slurm lets what it queues again wait for two minutes, keeps a computer that it doubts out of use until somebody says
  /// otherwise, and holds a task that it could not start, which its owner gives back to it by `elbo resume`.
  void look_after_the_cluster() {
    for (const std::string& job : queue("--states=PENDING --format=%A_%r"))
      if (has(job, "BeginTime")) said_by("scontrol update StartTime=now JobId=" + job.substr(0, job.find('_')));
    if (has(said_by("sinfo --noheader --format=%T").second, "drain"))
      said_by("scontrol update NodeName=ALL State=RESUME");
    if (has(said_by("squeue --noheader --format=%r").second, "held")) {
      const Said resumed = elbo("resume out");
      EXPECT_TRUE(has(resumed.out, "released: job")) << resumed.out << resumed.err;
    }
  }
  void wait_until(const std::function<bool()>& condition) {
    for (int tries = 0; tries < 600 && !condition(); ++tries) {
      look_after_the_cluster();
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    ASSERT_TRUE(condition()) << said_by("squeue; scontrol show jobs; tail -n 20 cluster/log/*").second;
  }
  void wait_for_the_end() {
    wait_until([&] { return said_by("squeue --noheader").second.empty(); });
  }

  std::vector<fs::path> folders(const std::string& out) const {
    std::vector<fs::path> all;
    for (const auto& entry : fs::directory_iterator(scratch.path / out))
      if (fs::exists(entry.path() / "run.json")) all.push_back(entry.path());
    return all;
  }
  size_t with_file(const std::string& file) const {
    const auto all = folders("out");
    return static_cast<size_t>(
        std::count_if(all.begin(), all.end(), [&](const auto& run) { return fs::exists(run / file); }));
  }
  /// The jobs' own words.
  std::string words_of_jobs() const { return said_by("cat '" + path("out/batches") + "'/*.out").second; }

  void expect_the_local_result() {
    const Said local = elbo("run x.toml --out local");
    ASSERT_EQ(local.code, 0) << local.out << local.err;
    EXPECT_EQ(with_file("done.json"), folders("local").size()) << words_of_jobs();
    for (const fs::path& run : folders("local"))
      EXPECT_EQ(differences(run, scratch.path / "out" / run.filename()), std::vector<std::string>()) << words_of_jobs();
    EXPECT_EQ(merged_differences(scratch.path / "local/results.h5", scratch.path / "out/results.h5"),
              std::vector<std::string>());
  }
};

}  // namespace

TEST_F(Cluster, ANodeKilledAmidAnArrayLosesNothing) {
  submit();
  wait_until([&] { return with_file("checkpoint.1") == 2; });
  cluster("kill-node", "1");
  wait_for_the_end();
  EXPECT_NE(said_by("grep -c started '" + path("out/batches") + "'/*.out | grep -c :2").second, "0\n")
      << words_of_jobs();
  expect_the_local_result();
}

TEST_F(Cluster, AControllerKilledASecondAfterSubmissionIsResumedFrom) {
  submit();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  cluster("kill-controller");
  const Said away = elbo("resume out");
  EXPECT_EQ(away.code, 1);
  EXPECT_TRUE(has(away.err, "nothing was submitted")) << away.err;
  cluster("start-controller");
  wait_until([&] { return said_by("sinfo --noheader").first == 0; });
  wait_for_the_end();
  const Said resumed = elbo("resume out");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  wait_for_the_end();
  EXPECT_EQ(elbo("merge out").code, 0);
  expect_the_local_result();
}

TEST_F(Cluster, HeldTasksAreNamedReleasedAndEndAsEver) {
  fs::create_directory(scratch.path / "a;b|%j c");  // characters that mean something to Slurm
  const std::string out = "a;b|%j c/out";
  ASSERT_EQ(elbo("run x.toml --out '" + out + "' --engine slurm --slurm-args --hold").code, 0);
  const Said held = elbo("status '" + out + "'");
  EXPECT_TRUE(has(held.out, "(JobHeldUser)")) << held.out;
  EXPECT_TRUE(has(elbo("resume '" + out + "'").out, "released: job"));
  wait_for_the_end();
  fs::rename(scratch.path / out, scratch.path / "out");
  expect_the_local_result();
}

TEST_F(Cluster, EachSignalAloneCostsNothing) {
  submit();
  for (const char* signal : {"USR1", "TERM", "KILL"}) {
    wait_until([&] { return with_file("checkpoint.1") > 0 && !queue("--states=RUNNING --format=%A").empty(); });
    said_by("scancel --batch --signal=" + std::string(signal) + " " + queue("--states=RUNNING --format=%A").front());
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  wait_for_the_end();
  const Said resumed = elbo("resume out");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  wait_for_the_end();
  expect_the_local_result();
}

TEST_F(Cluster, AFailingRunIsMergedAroundAndItsRepairRunsAlone) {
  const std::string good = small_experiment(2) + "[[variant]]\nname = \"good\"\n";
  const auto variant = [](const char* how) {
    return std::string("[[variant]]\nname = \"bad\"\nlikelihood = { plugin = \"faulty\", how = \"") + how + "\" }\n";
  };
  write("x.toml", good + variant("abort"));
  submit();
  wait_for_the_end();
  EXPECT_EQ(with_file("done.json"), 1u);
  EXPECT_EQ(with_file("failed.json"), 1u);
  const Said merged = elbo("merge out");
  EXPECT_EQ(merged.code, 4);
  EXPECT_TRUE(has(merged.out, "1 done, 1 failed, 0 missing")) << merged.out;
  EXPECT_TRUE(has(elbo("resume out").out, "nothing to submit"));

  write("x.toml", good + variant("none"));
  const Said repaired = elbo("run x.toml --out out --engine slurm");
  EXPECT_TRUE(has(repaired.out, "submitted 1 runs")) << repaired.out << repaired.err;
  wait_for_the_end();
  expect_the_local_result();
}

TEST_F(Cluster, AControllerThatHangsMeansUnknown) {
  write("x.toml", "seeds = [1, 2, 3]\n" + small_experiment(6));  // one more than there are nodes: it waits
  submit();
  const pid_t controller = std::stoi(read_file(scratch.path / "cluster/run/controller"));
  kill(controller, SIGSTOP);
  const Said resumed = elbo("resume out");
  kill(controller, SIGCONT);
  EXPECT_EQ(resumed.code, 1);
  EXPECT_TRUE(has(resumed.err, "nothing was submitted")) << resumed.err;
  EXPECT_FALSE(exists("out/batches/batch-2.txt"));
  wait_for_the_end();
  expect_the_local_result();
}

TEST_F(Cluster, SeedsUntilDecidedAreAnArrayAfterAnother) {
  write("x.toml", looked_at_experiment());
  submit();
  wait_for_the_end();
  expect_the_local_result();
  const auto plan = [&](const char* out) { return nlohmann::json::parse(read_file(path(out) + "/plan.json")); };
  EXPECT_GT(plan("local").at("looks").at(0).at("looks").size(), 1u) << plan("local").at("looks");
  EXPECT_EQ(plan("out").at("looks"), plan("local").at("looks")) << words_of_jobs();
  EXPECT_EQ(plan("out").at("runs"), plan("local").at("runs"));
}

}  // namespace elbo::host
