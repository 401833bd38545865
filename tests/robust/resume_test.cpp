// A run that is killed, wherever, and begun again by the same command, ends with the same bits.
#include <random>

#include "robust.hpp"

namespace elbo::host {
namespace {

class Resume : public Robust {
 protected:
  void SetUp() override {
    Robust::SetUp();
    write("x.toml", small_experiment(6));
    const auto start = std::chrono::steady_clock::now();
    const Said undisturbed = elbo("run x.toml --out whole");
    ASSERT_EQ(undisturbed.code, 0) << undisturbed.out << undisturbed.err;
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  void expect_same_after_again(const std::string& out, const std::string& command) {
    const Said again = elbo(command);
    ASSERT_EQ(again.code, 0) << again.out << again.err;
    EXPECT_EQ(differences(run_in("whole"), run_in(out)), std::vector<std::string>()) << out;
  }

  /// Of the experiment in this file, whatever it is.
  void expect_same_after_kills(const std::string& file, unsigned seed);

  double seconds = 0;
};

/// Processes started by this one, by /proc.
std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream stat(entry.path() / "stat");
    std::string text;
    if (!std::getline(stat, text) || text.rfind(')') == std::string::npos) continue;
    std::istringstream rest(text.substr(text.rfind(')') + 1));
    char state;
    pid_t its_parent;
    if (rest >> state >> its_parent && its_parent == parent && state != 'Z')
      children.push_back(std::stoi(entry.path().filename()));
  }
  return children;
}

}  // namespace

void Resume::expect_same_after_kills(const std::string& file, unsigned seed) {
  const Said undisturbed = elbo("run " + file + " --out undisturbed");
  ASSERT_EQ(undisturbed.code, 0) << undisturbed.out << undisturbed.err;
  std::mt19937 random(seed);
  for (int i = 0; i < few_or(10, 3); ++i) {
    const std::string out = "interrupted" + std::to_string(i);
    const auto process = begin({"run", path(file), "--out", path(out)});
    std::this_thread::sleep_for(std::chrono::duration<double>(std::uniform_real_distribution(0.3, 2.0)(random)));
    for (const pid_t worker : children_of(process->id())) kill(worker, SIGKILL);
    process->signal(SIGKILL);
    end_of(*process);
    ASSERT_EQ(elbo("run " + file + " --out " + out).code, 0);
    EXPECT_EQ(differences(run_in("undisturbed"), run_in(out)), std::vector<std::string>()) << out;
  }
}

TEST_F(Resume, KilledAtRandomMoments) {
  std::mt19937 random(1);
  for (int i = 0; i < few_or(20, 5); ++i) {
    const std::string out = "killed" + std::to_string(i);
    const auto process = begin({"run", path("x.toml"), "--out", path(out)});
    std::this_thread::sleep_for(std::chrono::duration<double>(std::uniform_real_distribution(0.1, seconds)(random)));
    // Now the front, with which its worker goes; now the worker alone, which the front starts again.
    const auto workers = children_of(process->id());
    if (i % 2 == 0 || workers.empty()) process->signal(SIGKILL);
    for (const pid_t worker : workers) kill(worker, SIGKILL);
    end_of(*process);
    expect_same_after_again(out, "run x.toml --out " + out);
  }
}

TEST_F(Resume, ARunWithEveryTrainingHabitKilledAtRandomMoments) {
  std::string text = small_experiment(30);
  const std::string stopping = "early_stopping = { patience = 1000 }\n";
  text.replace(text.find(stopping), stopping.size(),
               "accumulate = 3\naverage_decay = 0.95\nkeep = \"best\"\n"
               "optimizer = { lr = 0.05, decoder_lr = 0.02 }\n"
               "schedule = { name = \"plateau\", patience = 0, factor = 0.7 }\n");
  write("habits.toml", text);
  expect_same_after_kills("habits.toml", 3);
}

TEST_F(Resume, ATableWithMissingValuesKilledAtRandomMoments) {
  std::string table = "a,b,c\n";
  for (int i = 0; i < 300; ++i)
    table += (i % 7 == 3 ? "NA" : std::to_string(i % 37 * 0.1)) + "," + (i % 5 == 1 ? "" : std::to_string(i * i % 41)) +
             "," +
             (i % 11 == 2 ? "NA"
              : i % 3     ? "x"
                          : "y") +
             "\n";
  write("table.csv", table);
  write("x.toml",
        "latent_dim = 2\ndataset = { path = \"table.csv\", observe = \"columns\", standardize = true, valid = 40 }\n"
        "encoder = { plugin = \"mlp\", hidden = [8] }\ndecoder = { plugin = \"mlp\", hidden = [8] }\n"
        "prior.plugin = \"standard_normal\"\n"
        "likelihood = { plugin = \"composite\", columns = { \"c\" = \"categorical\" }, rest = \"gaussian\" }\n"
        "train = { max_epochs = 30, batch_size = 10, checkpoint_seconds = 0 }\n");
  expect_same_after_kills("x.toml", 2);
}

TEST_F(Resume, ATrainingThatBeganWithTheWeightsOfAnotherKilledAtRandomMoments) {
  std::string text = small_experiment(30);
  const size_t train = text.find("[train]\n");
  ASSERT_NE(train, std::string::npos) << text;
  text.insert(train + 8, "start_from = \"" + run_in("whole").string() + "\"\nfreeze = [\"encoder\"]\n");
  write("on.toml", text);
  expect_same_after_kills("on.toml", 4);
}

TEST_F(Resume, ARunThatIsGivenSomethingOfItsDataKilledAtRandomMoments) {
  std::string table = "a,b,kind,dose\n";
  for (int i = 0; i < 300; ++i)
    table += std::to_string(i % 37 * 0.1) + "," + std::to_string(i * i % 41) + "," + (i % 3 ? "x" : "y") + "," +
             (i % 9 ? std::to_string(i % 5) : "") + "\n";
  write("table.csv", table);
  write("given.toml",
        "latent_dim = 2\ndataset = { path = \"table.csv\", observe = \"real\", standardize = true, valid = 40, "
        "condition = [\"kind\", \"dose\"], unseen = 0.2 }\n"
        "encoder = { plugin = \"mlp\", hidden = [8] }\ndecoder = { plugin = \"mlp\", hidden = [8] }\n"
        "prior.plugin = \"standard_normal\"\nlikelihood.plugin = \"gaussian\"\n"
        "train = { max_epochs = 30, batch_size = 10, checkpoint_seconds = 0 }\n");
  expect_same_after_kills("given.toml", 5);
}

TEST_F(Resume, KilledAtEachKindOfFileOperation) {
  setenv("LD_PRELOAD", ELBO_DIES_AT, 1);
  setenv("ELBO_DIE_LOG", path("operations").c_str(), 1);
  setenv("ELBO_DIE_ALL", "yes", 1);
  for (const std::string who : {"elbo-worker run", "elbo run"}) {
    setenv("ELBO_DIE_IN", who.c_str(), 1);
    setenv("ELBO_DIE_AT", "0", 1);
    std::filesystem::remove(scratch.path / "operations");
    // Names of one length: a log holds its command, and a longer one may take one more write.
    const auto folder = [&](int at) {
      const std::string digits = std::to_string(10000 + at);
      return "died" + std::to_string(who.size()) + "at" + digits.substr(1);
    };
    const Said counted = elbo("run x.toml --out " + folder(0));
    ASSERT_EQ(counted.code, 0) << counted.out << counted.err;
    const int operations = static_cast<int>(std::filesystem::file_size(scratch.path / "operations"));
    ASSERT_GT(operations, 3) << who;
    const int kills = few_or(std::min(operations, 40), 4);
    int died = 0;  // the front also writes by the clock, so a run may end before its last change is due
    for (int i = 0; i < kills; ++i) {
      // The last ones surely: the log's rename, the note that it is done.
      const int at = i < kills / 2 ? operations - i : 1 + (operations - 1) * i / kills;
      const std::string out = folder(at);
      setenv("ELBO_DIE_AT", std::to_string(at).c_str(), 1);
      died += elbo("run x.toml --out " + out).code != 0;
      setenv("ELBO_DIE_AT", "0", 1);
      expect_same_after_again(out, "run x.toml --out " + out);
    }
    EXPECT_GE(died, kills / 2) << who;
  }
  unsetenv("LD_PRELOAD");
}

TEST_F(Resume, AWorkerKilledBetweenItsLogsRenameAndTheNoteOfItIsStartedAgain) {
  setenv("LD_PRELOAD", ELBO_DIES_AT, 1);
  setenv("ELBO_DIE_LOG", path("operations").c_str(), 1);
  setenv("ELBO_DIE_IN", "elbo-worker run", 1);
  setenv("ELBO_DIE_AT", "0", 1);
  ASSERT_EQ(elbo("run x.toml --out live").code, 0);  // a name as long as the other: the log holds the command
  const auto operations = std::filesystem::file_size(scratch.path / "operations");
  setenv("ELBO_DIE_AT", std::to_string(operations).c_str(), 1);
  const Said run = elbo("run x.toml --out died");
  unsetenv("LD_PRELOAD");
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_TRUE(has(run.out, "trying again (1 of 3)")) << run.out;
  EXPECT_EQ(differences(run_in("whole"), run_in("died")), std::vector<std::string>());
}

TEST_F(Resume, StoppedInOrderByEachSignal) {
  for (const int signal : {SIGUSR1, SIGTERM, SIGINT}) {
    const std::string out = "stopped" + std::to_string(signal);
    const auto process = begin({"run", path("x.toml"), "--set", "train.max_epochs=400", "--out", path(out)});
    const auto began = [&] { return std::filesystem::exists(run_in(out) / "checkpoint.0"); };
    ASSERT_TRUE(wait_until(*process, [&] { return std::filesystem::exists(scratch.path / out) && began(); }));
    kill(process->id(), signal);
    EXPECT_EQ(end_of(*process), signal == SIGINT ? 130 : 85) << said;
  }
  const Said whole = elbo("run x.toml --set train.max_epochs=400 --out long");
  ASSERT_EQ(whole.code, 0) << whole.out;
  for (const int signal : {SIGUSR1, SIGTERM, SIGINT}) {
    const std::string out = "stopped" + std::to_string(signal);
    ASSERT_EQ(elbo("run x.toml --set train.max_epochs=400 --out " + out).code, 0);
    EXPECT_EQ(differences(run_in("long"), run_in(out)), std::vector<std::string>()) << out;
  }
}

TEST_F(Resume, CancelStopsALocalRunFromAnotherTerminal) {
  const auto process = begin({"run", path("x.toml"), "--set", "train.max_epochs=400", "--out", path("stopped")});
  ASSERT_TRUE(wait_until(*process, [&] {
    return std::filesystem::exists(scratch.path / "stopped") &&
           std::filesystem::exists(run_in("stopped") / "checkpoint.0");
  }));
  EXPECT_EQ(elbo("resume stopped --cancel").code, 0);
  EXPECT_EQ(end_of(*process), 85) << said;
  const Said nobody = elbo("resume stopped --cancel");
  EXPECT_EQ(nobody.code, 2);
  EXPECT_TRUE(has(nobody.err, "stopped: nobody is at work here")) << nobody.err;
}

TEST_F(Resume, TheBestWeightsOfEarlyStoppingOutliveKills) {
  // At this rate the elbo jumps: the best epoch is some before the last one.
  write("x.toml", small_experiment(40) + "optimizer = { lr = 0.2 }\n");
  const std::string run = "run x.toml --set train.early_stopping.patience=5 --out ";
  ASSERT_EQ(elbo(run + "best0").code, 0);
  {
    const h5::File log = h5::File::open(run_in("best0") / "log.h5", h5::Mode::read);
    ASSERT_LT(log.number("/summary/best_epoch"), log.number("/summary/epochs"));
  }
  setenv("LD_PRELOAD", ELBO_DIES_AT, 1);
  setenv("ELBO_DIE_LOG", path("operations").c_str(), 1);
  setenv("ELBO_DIE_IN", "elbo run", 1);  // and its worker with it
  setenv("ELBO_DIE_ALL", "yes", 1);
  setenv("ELBO_DIE_AT", "0", 1);
  ASSERT_EQ(elbo(run + "best1").code, 0);
  const int operations = static_cast<int>(std::filesystem::file_size(scratch.path / "operations"));
  for (int i = 2; i < 6; ++i) {
    setenv("ELBO_DIE_IN", i % 2 ? "elbo-worker run" : "elbo run", 1);
    setenv("ELBO_DIE_AT", std::to_string(std::max(1, operations * (i - 1) / 5)).c_str(), 1);
    const std::string out = "best" + std::to_string(i);
    elbo(run + out);
    setenv("ELBO_DIE_AT", "0", 1);
    ASSERT_EQ(elbo(run + out).code, 0);
    EXPECT_EQ(differences(run_in("best0"), run_in(out)), std::vector<std::string>()) << out;
  }
  unsetenv("LD_PRELOAD");
}

TEST_F(Resume, AFinishedExperimentIsNotRunAgain) {
  const auto before = std::filesystem::last_write_time(run_in("whole") / "log.h5");
  const Said again = elbo("run x.toml --out whole");
  EXPECT_EQ(again.code, 0);
  EXPECT_TRUE(has(again.out, "nothing to do: the run is finished")) << again.out;
  EXPECT_EQ(std::filesystem::last_write_time(run_in("whole") / "log.h5"), before);
}

}  // namespace elbo::host
