// A plugin that misbehaves ends its own run only, and is named.
#include "robust.hpp"

namespace elbo::host {
namespace {

class Faults : public Robust {
 protected:
  static std::string experiment(const std::string& more) {
    std::string text = small_experiment(1);
    return text + "time_limit_seconds = 60\nmemory_limit_gb = 3\n[[variant]]\nname = \"sound\"\n" + more;
  }
  static std::string variant(const std::string& name, const std::string& kind, const std::string& options) {
    return "[[variant]]\nname = \"" + name + "\"\n" + kind + " = { plugin = \"faulty\", " + options + " }\n";
  }
};

}  // namespace

TEST_F(Faults, EachEndsItsOwnRunOnlyAndIsNamed) {
  write("x.toml",
        experiment(variant("segfault", "likelihood", "how = \"segfault\"") +
                   variant("encoder segfault", "encoder", "how = \"segfault\"") +
                   variant("at load", "likelihood", "how = \"segfault\", where = \"constructor\"") +
                   variant("abort", "likelihood", "how = \"abort\"") +
                   variant("memory", "likelihood", "how = \"memory\"") +
                   variant("int", "encoder", "how = \"throw_int\"") + variant("exit", "likelihood", "how = \"exit\"") +
                   variant("_exit", "likelihood", "how = \"underscore_exit\"") +
                   variant("stack", "encoder", "how = \"stack\"")));
  const Said run = elbo("run x.toml --out out");
  EXPECT_EQ(run.code, 1) << run.err;
  EXPECT_TRUE(has(run.out, "sound: done")) << run.out;
  const std::string last = "; its last words: about to ";
  for (const std::string& line :
       {"segfault: failed: likelihood:faulty, in log_prob: crashed with signal 11 (Segmentation fault)" + last +
            "segfault",
        "encoder segfault: failed: encoder:faulty, in encode: crashed with signal 11 (Segmentation fault)" + last +
            "segfault",
        "at load: failed: likelihood:faulty, in constructor: crashed with signal 11 (Segmentation fault)" + last +
            "segfault",
        "abort: failed: likelihood:faulty, in log_prob: crashed with signal 6 (Aborted)" + last + "abort",
        std::string("memory: failed: likelihood:faulty, in log_prob: asked for more memory than there is or than "
                    "train.memory_limit_gb allows"),
        std::string("int: failed: encoder:faulty, in encode: threw something that is not a std::exception"),
        "exit: failed: likelihood:faulty, in log_prob: ended without a log.h5" + last + "exit",
        "_exit: failed: likelihood:faulty, in log_prob: ended without a log.h5" + last + "underscore_exit",
        "stack: failed: encoder:faulty, in encode: crashed with signal 11 (Segmentation fault)" + last + "stack"})
    EXPECT_TRUE(has(run.out, line)) << line << "\n" << run.out;
  const std::string table = read_file(scratch.path / "out/comparison.txt");
  EXPECT_TRUE(has(table, "likelihood:faulty, in log_prob: crashed with signal 6 (Aborted)")) << table;
  const Said status = elbo("status out");
  EXPECT_TRUE(has(status.out, "10 runs: 1 done, 9 failed\n")) << status.out;
}

TEST_F(Faults, ACrashAsALibraryIsLoadedInARunEndsThatRunOnly) {
  write("x.toml", experiment(variant("at load", "likelihood", "how = \"none\"")));
  for (const std::string how : {"segfault", "abort", "exit"}) {
    setenv("ELBO_FAULT_AT_LOAD", how.c_str(), 1);
    const Said run = elbo("run x.toml --out " + how);
    unsetenv("ELBO_FAULT_AT_LOAD");
    EXPECT_EQ(run.code, 1) << run.err;
    EXPECT_TRUE(has(run.out, "sound: done")) << run.out;
    EXPECT_TRUE(has(run.out, "at load: failed: ")) << run.out;
    EXPECT_TRUE(has(run.out, "faulty.so, in its initialisers: ") || has(run.out, "likelihood:faulty")) << run.out;
    EXPECT_TRUE(has(run.out, "its last words: about to " + how)) << run.out;
  }
}

TEST_F(Faults, AnEndlessLoopMeetsTheTimeLimit) {
  write("x.toml",
        experiment(variant("sleep", "likelihood", "how = \"sleep\"") + "train = { time_limit_seconds = 20 }\n"));
  const Said run = elbo("run x.toml --out out");
  EXPECT_EQ(run.code, 1) << run.err;
  EXPECT_TRUE(has(run.out, "sound: done")) << run.out;
  EXPECT_TRUE(
      has(run.out, "sleep: failed: likelihood:faulty, in log_prob: was killed after train.time_limit_seconds = 20"))
      << run.out;
}

TEST_F(Faults, AnEndlessLoopDoesNotKeepARunFromStopping) {
  write("x.toml", experiment(variant("sleep", "likelihood", "how = \"sleep\"")));
  for (const int signal : {SIGUSR1, SIGTERM, SIGINT}) {
    const std::string out = "out" + std::to_string(signal);
    const auto process = begin({"run", path("x.toml"), "--out", path(out), "--jobs", "2"});
    ASSERT_TRUE(wait_until(*process, [&] {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch.path))
        if (has(entry.path().string(), out + "/sleep") && entry.path().filename() == "log.txt" &&
            has(read_file(entry.path()), "about to sleep"))
          return true;
      return false;
    }));
    kill(process->id(), signal);
    while (signal == SIGINT && !process->wait_status()) {  // Ctrl-C again and again
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      process->signal(SIGINT);
    }
    const int end = end_of(*process);
    if (signal != SIGINT) EXPECT_EQ(end, 85) << said;
    else EXPECT_TRUE(end == 130 || end == -SIGINT) << end << said;  // the last Ctrl-C may find it past its own handler
  }
}

}  // namespace elbo::host
