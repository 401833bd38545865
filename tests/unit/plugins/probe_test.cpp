#include "plugins/probe.hpp"

#include "base/digest.hpp"
#include "base/paths.hpp"
#include "unit/plugins/files.hpp"

namespace elbo::plugins {
namespace {

/// Each test has a cache of its own, and may take the worker away.
struct Probe : testing::Test {
  Folder cache;
  Registry registry{{broken}};

  void SetUp() override {
    ::setenv("ELBO_CACHE", fs::path(cache).c_str(), 1);
    // The sanitizer would turn the signal into an exit code.
    ::setenv("ASAN_OPTIONS", "handle_segv=0:detect_leaks=0", 1);
  }
  void TearDown() override {
    ::unsetenv("ELBO_CACHE");
    ::unsetenv("ELBO_WORKER");
  }
  Description describe(const std::string& name) { return registry.describe(registry.find("likelihood", name)); }
  std::string refusal(const std::string& name) {
    return sentence([&] { describe(name); });
  }
  fs::path cache_entry(const std::string& name) {
    return cache / "plugins" / (sha256_of_file(broken_plugin(name)) + ".json");
  }
};

void expect_sound(const Description& sound) {
  EXPECT_EQ(sound.found.name, "sound");
  EXPECT_EQ(sound.sha256, sha256_of_file(broken_plugin("sound")));
  ASSERT_EQ(sound.options.size(), 3u);
  EXPECT_EQ(sound.options[0].name, "dof");
  EXPECT_EQ(sound.options[0].fallback, Value(4.0));
  EXPECT_EQ(sound.options[0].min, 2.5);
  EXPECT_EQ(sound.options[0].max, 1e6);
  EXPECT_EQ(sound.options[1].choices, (std::vector<std::string>{"fixed", "shared"}));
  EXPECT_EQ(sound.options[2].fallback, Value(std::vector<int64_t>{500, 200}));
  EXPECT_EQ(sound.options[2].doc, "sizes of the layers");
  EXPECT_EQ(sound.support, Support::real);
  EXPECT_TRUE(sound.has_interval_log_prob);
  const std::vector<std::pair<std::string, std::string>> params = {{"loc", "X..."}, {"logits", "256, X..."}};
  EXPECT_EQ(sound.params, params);
}

TEST_F(Probe, DescribesAPlugin) { expect_sound(describe("sound")); }

TEST_F(Probe, AsksAgainOnlyWhenTheCacheIsOfNoUse) {
  describe("sound");
  const fs::path worker = worker_program();
  ::setenv("ELBO_WORKER", "/nowhere/elbo-worker", 1);
  expect_sound(describe("sound"));

  ::setenv("ELBO_WORKER", worker.c_str(), 1);
  const std::string entry = content(cache_entry("sound"));
  for (const std::string& damaged :
       {std::string(), entry.substr(0, entry.size() / 2), std::string("[]"), std::string("\xff\xfe"),
        std::string(entry).replace(entry.find("\"real\""), 6, "\"unreal\"")}) {
    write(cache_entry("sound"), damaged);
    expect_sound(describe("sound"));
    EXPECT_EQ(content(cache_entry("sound")), entry);
  }
}

TEST_F(Probe, WithoutAWorkerSaysSo) {
  ::setenv("ELBO_WORKER", "/nowhere/elbo-worker", 1);
  try {
    describe("sound");
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(
        e.what(),
        "/nowhere/elbo-worker: cannot be started: No such file or directory; build or install the program again");
  }
}

TEST_F(Probe, PluginsThatCrashEndOnlyTheChild) {
  EXPECT_EQ(refusal("crashes_at_load"), prefix("crashes_at_load") +
                                            "crashed with signal 11 (Segmentation fault) while being probed; "
                                            "correct the plugin or remove it");
  EXPECT_EQ(refusal("crashes_in_describe"), prefix("crashes_in_describe") +
                                                "crashed with signal 11 (Segmentation fault) while being "
                                                "probed; correct the plugin or remove it");
  EXPECT_EQ(refusal("exits"), prefix("exits") +
                                  "ended the process with code 3 while being probed (no licence found); "
                                  "correct the plugin or remove it");
  EXPECT_FALSE(fs::exists(cache_entry("exits")));
}

TEST_F(Probe, PluginsThatThrowAreNamed) {
  EXPECT_EQ(refusal("throws"), prefix("throws") + "its constructor failed: dof must be above 2 (got 1.5)");
  EXPECT_EQ(refusal("throws_int"),
            prefix("throws_int") + "its constructor threw something that is not a std::exception");
  EXPECT_FALSE(fs::exists(cache_entry("throws")));
}

TEST_F(Probe, AWholeFileWithDamagedInsidesEndsOnlyTheChild) {
  std::string bytes = content(broken_plugin("sound"));
  for (size_t i = 4096; i < bytes.size() / 2; i += 3) bytes[i] = static_cast<char>(i);
  const Folder folder;
  const fs::path file = write(folder / "likelihood/sound.so", bytes);
  Registry damaged({folder});
  const std::string said = sentence([&] { damaged.describe(damaged.find("likelihood", "sound")); });
  EXPECT_EQ(said.find("likelihood:sound (" + file.string() + "): "), 0u) << said;
}

TEST_F(Probe, SeveralShareOneStartOfTheWorker) {
  const Folder folder;
  const fs::path log = folder / "starts", worker = worker_program(), counting = folder / "worker";
  write(counting, "#!/bin/sh\necho start >> " + log.string() + "\nexec " + worker.string() + " \"$@\"\n");
  fs::permissions(counting, fs::perms::owner_all);
  ::setenv("ELBO_WORKER", counting.c_str(), 1);
  fs::copy(broken_plugin("sound"), folder / "copy.so");
  write(folder / "other.so", content(broken_plugin("sound")) + "other");  // another hash; the loader does not mind

  const std::vector<Found> two = {registry.find("likelihood", "sound"),
                                  registry.find("likelihood", "sound", folder / "other.so")};
  const auto described = describe_all(two);
  expect_sound(described[0]);
  EXPECT_EQ(described[1].found.path, folder / "other.so");
  EXPECT_EQ(content(log), "start\n");

  // A copy of a library that was asked before is not asked, and a crash costs the others nothing.
  const std::vector<Found> with_crash = {registry.find("likelihood", "sound", folder / "copy.so"),
                                         registry.find("likelihood", "throws"),
                                         registry.find("likelihood", "crashes_at_load")};
  EXPECT_EQ(sentence([&] { describe_all(with_crash); }),
            prefix("throws") + "its constructor failed: dof must be above 2 (got 1.5)");
  EXPECT_EQ(content(log), "start\nstart\nstart\n");
}

}  // namespace
}  // namespace elbo::plugins
