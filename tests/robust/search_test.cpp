// A search by halving that is killed in the middle: the same trials go on, the same one is chosen, bit for bit.
#include <nlohmann/json.hpp>

#include <algorithm>

#include "robust.hpp"

namespace elbo::host {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class Halving : public Robust {
 protected:
  void SetUp() override {
    Robust::SetUp();
    write("x.toml",
          "dataset = { name = \"bars\", observe = \"binary\", train = 200, valid = 50, test = 50 }\n"
          "encoder = { plugin = \"mlp\", hidden = [8] }\n"
          "decoder = { plugin = \"mlp\", hidden = [8] }\n"
          "prior = { plugin = \"standard_normal\" }\n"
          "likelihood = { plugin = \"bernoulli\" }\n"
          "train = { max_epochs = 9, batch_size = 20, checkpoint_seconds = 0 }\n"
          "evaluate.importance_samples = 50\n"
          "[search]\ntrials = 10\nmethod = \"halving\"\n"
          "[search.space]\n\"train.optimizer.lr\" = { log_uniform = [1e-4, 1e-1] }\n");
  }
  json plan(const std::string& out) const { return json::parse(read_file(scratch.path / out / "plan.json")); }
  size_t folders(const std::string& out, const std::string& part) const {
    size_t count = 0;
    for (const auto& entry : fs::directory_iterator(scratch.path / out))
      count += entry.is_directory() && has(entry.path().filename().string(), part);
    return count;
  }
};

}  // namespace

TEST_F(Halving, KillsChangeNeitherTheTrialsThatGoOnNorTheirBits) {
  const Said whole = elbo("run x.toml --out whole");
  ASSERT_EQ(whole.code, 0) << whole.out << whole.err;
  const json decided = plan("whole").at("rungs");
  ASSERT_EQ(decided[0]["rungs"].size(), 3u) << whole.out;
  EXPECT_EQ(decided[0]["rungs"][0]["go_on"].size(), 4u);
  EXPECT_EQ(decided[0]["rungs"][1]["go_on"].size(), 3u);
  EXPECT_EQ(folders("whole", "-at-9-epochs-"), 3u);
  const std::string answer = read_file(scratch.path / "whole/comparison.txt").substr(0, 60);

  // While the first rung trains, and when the second and the third have begun.
  for (const char* begun : {"-at-1-epoch-", "-at-3-epochs-", "-at-9-epochs-"}) {
    const std::string out = std::string("killed") + begun;
    const auto process = begin({"run", path("x.toml"), "--out", path(out)});
    wait_until(*process, [&] { return fs::exists(path(out)) && folders(out, begun) > 0; });
    process->signal(SIGKILL);
    end_of(*process);
    const Said again = elbo("resume " + out);
    ASSERT_EQ(again.code, 0) << again.out << again.err;
    EXPECT_EQ(plan(out).at("rungs"), decided);
    EXPECT_EQ(plan(out).at("runs"), plan("whole").at("runs"));
    EXPECT_TRUE(read_file(scratch.path / out / "comparison.txt").starts_with(answer));
    for (const auto& entry : fs::directory_iterator(scratch.path / "whole"))
      if (entry.is_directory()) {
        EXPECT_EQ(differences(entry.path(), scratch.path / out / entry.path().filename()), std::vector<std::string>())
            << entry.path();
      }
  }
}

// As if all epochs had been asked for at once.
TEST_F(Halving, ATrialThatWentOnHasTheBitsOfOneThatWasTrainedAtOnce) {
  ASSERT_EQ(elbo("run x.toml --out halved").code, 0);
  const Said random = elbo("run x.toml --out random --set search.method=random");
  ASSERT_EQ(random.code, 0) << random.out << random.err;
  size_t compared = 0;
  for (const auto& entry : fs::directory_iterator(scratch.path / "halved")) {
    const std::string name = entry.path().filename().string();
    const size_t at = name.find("-at-9-epochs");
    if (at == std::string::npos) continue;
    const fs::path whole = scratch.path / "random" / (name.substr(0, at) + name.substr(name.find("-seed")));
    EXPECT_EQ(differences(entry.path(), whole), std::vector<std::string>()) << name;
    ++compared;
  }
  EXPECT_EQ(compared, 3u);
}

}  // namespace elbo::host
