// Seeds until decided, with real runs: early decisions, kills between looks, looks in a queue, and rules that change.
#include <nlohmann/json.hpp>

#include "robust.hpp"

namespace elbo::host {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class Looks : public Robust {
 protected:
  void SetUp() override {
    Robust::SetUp();
    write("x.toml", looked_at_experiment());
  }

  json plan(const std::string& out) const { return json::parse(read_file(scratch.path / out / "plan.json")); }
  json looks(const std::string& out) const { return plan(out).value("looks", json::array()); }
  size_t folders(const std::string& out, const std::string& part) const {
    size_t count = 0;
    for (const auto& entry : fs::directory_iterator(scratch.path / out))
      count += entry.is_directory() && has(entry.path().filename().string(), part);
    return count;
  }
};

}  // namespace

TEST_F(Looks, SeedsAreAddedWhereSomethingIsOpenAndKillsBetweenLooksChangeNothing) {
  const Said whole = elbo("run x.toml --out whole");
  ASSERT_EQ(whole.code, 0) << whole.out << whole.err;
  const json decided = looks("whole");
  ASSERT_EQ(decided.size(), 1u) << whole.out;
  ASSERT_GT(decided[0]["looks"].size(), 1u) << whole.out;
  EXPECT_EQ(folders("whole", "-seed3-"), 3u);
  EXPECT_EQ(folders("whole", "bad-seed4-"), 0u) << whole.out;
  EXPECT_EQ(folders("whole", "good-seed4-"), 1u) << whole.out;
  EXPECT_TRUE(has(whole.out, "of at most 15 runs were needed")) << whole.out;
  EXPECT_EQ(elbo("compare whole").code, 0);
  EXPECT_TRUE(has(elbo("compare whole").out, "look 1 of 3, 3 seeds: "))
      << "a comparison of the logs takes the same looks";
  EXPECT_TRUE(has(read_file(scratch.path / "whole/report.html"), "look 1 of 3, 3 seeds: "));

  // Once while the first look's runs train, once when the second look's have begun.
  for (const char* begun : {"-seed3-", "-seed4-"}) {
    const std::string out = std::string("killed") + begun;
    const auto process = begin({"run", path("x.toml"), "--out", path(out)});
    wait_until(*process, [&] { return fs::exists(path(out)) && folders(out, begun) > 0; });
    process->signal(SIGKILL);
    end_of(*process);
    const bool is_first = std::string(begun) == "-seed3-";
    const Said status = elbo("status " + out);
    EXPECT_TRUE(has(status.out, is_first ? "look 1 of 3, 3 seeds: " : "look 2 of 3, 4 seeds: ")) << status.out;
    EXPECT_TRUE(has(status.out, is_first ? "open: good; fair; bad" : "open: good; fair\n")) << status.out;
    const Said again = elbo("resume " + out);
    ASSERT_EQ(again.code, 0) << again.out << again.err;
    EXPECT_EQ(looks(out), decided);
    EXPECT_EQ(plan(out)["runs"], plan("whole")["runs"]);
  }

  // Run again, nothing is trained and the same is said; another rule after a look is refused, and nothing is lost.
  const Said again = elbo("run x.toml --out whole");
  EXPECT_EQ(again.code, 0);
  EXPECT_TRUE(has(again.out, "nothing to do")) << again.out;
  EXPECT_EQ(looks("whole"), decided);
  EXPECT_TRUE(has(elbo("status whole").out, "no variant needs more seeds"));
  const Said other = elbo("run x.toml --out whole --set seeds.alpha=0.01");
  EXPECT_EQ(other.code, 2);
  EXPECT_TRUE(has(other.err, "whole: looks were taken here")) << other.err;
  EXPECT_EQ(looks("whole"), decided);
}

TEST_F(Looks, AFailedVariantIsLeftOut) {
  write("f.toml", "seeds = { until = \"decided\", looks = [3, 4] }\n" + tiny +
                      "[[variant]]\nname = \"good\"\n[[variant]]\nname = \"bad\"\ntrain.optimizer.lr = "
                      "1e-8\n[[variant]]\nname = \"broken\"\nlikelihood = { plugin = \"faulty\", how = \"exit\" }\n");
  const Said said = elbo("run f.toml --out out");
  EXPECT_EQ(said.code, 1) << said.out << said.err;
  EXPECT_TRUE(has(said.out, "look 1 of 2, 3 seeds: ")) << said.out;
  EXPECT_EQ(folders("out", "broken-seed4-"), 0u);
}

}  // namespace elbo::host
