#include "plugins/probe.hpp"

#include "base/digest.hpp"
#include "base/paths.hpp"
#include "unit/plugins/files.hpp"

namespace elbo::host::plugins {
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
  /// A worker that writes a line to the file before it starts.
  static fs::path count_starts(const Folder& folder) {
    const fs::path log = folder / "starts", worker = worker_program(), counting = folder / "worker";
    write(counting, "#!/bin/sh\necho start >> " + log.string() + "\nexec " + worker.string() + " \"$@\"\n");
    fs::permissions(counting, fs::perms::owner_all);
    ::setenv("ELBO_WORKER", counting.c_str(), 1);
    return log;
  }
  PluginDescription describe(const std::string& name) { return registry.describe(registry.find("likelihood", name)); }
  std::string refusal(const std::string& name) {
    return sentence([&] { describe(name); });
  }
  fs::path cache_entry(const std::string& name) {
    return cache / "plugins" / (sha256_of_file(broken_plugin(name)) + ".json");
  }
};

void expect_sound(const PluginDescription& sound) {
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
    EXPECT_STREQ(e.what(), "/nowhere/elbo-worker: cannot be started: No such file or directory");
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
  EXPECT_EQ(refusal("throws"),
            prefix("throws") + "its constructor failed: dof must be above 2 (got 1.5) a second line");
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
  const fs::path log = count_starts(folder);
  fs::copy(broken_plugin("sound"), folder / "copy.so");
  write(folder / "other.so", content(broken_plugin("sound")) + "other");  // another hash; the loader does not mind

  const std::vector<FoundPlugin> two = {registry.find("likelihood", "sound"),
                                        registry.find("likelihood", "sound", folder / "other.so")};
  const auto both = describe_usable(two);
  expect_sound(both.at(0));
  EXPECT_EQ(both.at(1).found.path, folder / "other.so");
  EXPECT_EQ(content(log), "start\n");

  // What was asked before is not asked again, one that throws takes no other with it, and nothing damaged is asked.
  const std::vector<FoundPlugin> with_one_that_throws = {registry.find("likelihood", "sound", folder / "copy.so"),
                                                         registry.find("likelihood", "throws"),
                                                         registry.find("likelihood", "not_of_its_kind")};
  EXPECT_EQ(describe_usable(with_one_that_throws).size(), 1u);
  EXPECT_EQ(content(log), "start\nstart\n");
}

// One that crashes among eight is found in the halves, and the halves of those.
TEST_F(Probe, ACrashCostsFewerStartsThanThereArePlugins) {
  const Folder folder;
  const fs::path log = count_starts(folder);
  std::vector<FoundPlugin> eight;
  for (const std::string name : {"a", "b", "c", "d", "e", "f", "g"}) {
    write(folder / (name + ".so"), content(broken_plugin("sound")) + name);
    eight.push_back(registry.find("likelihood", "sound", folder / (name + ".so")));
  }
  eight.insert(eight.begin() + 2, registry.find("likelihood", "crashes_at_load"));
  const auto usable = describe_usable(eight);
  ASSERT_EQ(usable.size(), 7u);
  EXPECT_EQ(usable[2].found.path, folder / "c.so");
  EXPECT_EQ(content(log).size(), 7 * std::string("start\n").size());
}

}  // namespace
}  // namespace elbo::host::plugins
