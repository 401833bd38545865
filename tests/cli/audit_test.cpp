// What `elbo check` and `elbo data info` say of data and of likelihoods, those from outside among them.
#include <cmath>

#include "program.hpp"

namespace elbo::host {
namespace {

class Audit : public Program {
 protected:
  void SetUp() override {
    Program::SetUp();
    setenv("ELBO_PLUGIN_PATH", ELBO_BUILD_DIR "/tests/third_party/plugins", 1);
  }
  void TearDown() override { unsetenv("ELBO_PLUGIN_PATH"); }

  std::string check(const std::string& dataset, const std::string& likelihood) const {
    write("e.toml", "latent_dim = 1\ndataset = " + dataset +
                        "\nencoder.plugin = \"mlp\"\ndecoder.plugin = \"mlp\"\n"
                        "prior.plugin = \"standard_normal\"\nlikelihood = " +
                        likelihood + "\n");
    const Said said = elbo("check e.toml");
    EXPECT_EQ(said.code, 0) << said.err;
    return said.out;
  }

  /// 400 rows of counts with variance / mean of about 20, half of them 0.
  std::string counts() const {
    std::string table = "a,b\n";
    for (int i = 0; i < 400; ++i) {
      const int one = i % 2 == 0 ? 0 : 20 + i % 7, other = i * 37 % 101 < 50 ? 0 : 18 + i % 11;
      table += std::to_string(one) + "," + std::to_string(other) + "\n";
    }
    write("counts.csv", table);
    return "{ path = \"counts.csv\", format = \"csv\", observe = \"counts\" }";
  }
};

TEST_F(Audit, ACountLikelihoodFromOutsideIsToldOfOverdispersion) {
  const std::string said = check(counts(), "{ plugin = \"my_counts\" }");
  EXPECT_TRUE(has(said, "my_counts: has variance = mean, the data have ")) << said;
  EXPECT_TRUE(has(said, "negative_binomial")) << said;
  EXPECT_TRUE(has(said, "my_counts: expects ")) << said;
  EXPECT_TRUE(has(said, "my_zeros")) << said;
}

TEST_F(Audit, OneWithATermForZerosIsNot) {
  const std::string said = check(counts(), "{ plugin = \"my_zeros\" }");
  EXPECT_FALSE(has(said, "my_zeros: expects")) << said;
  EXPECT_FALSE(has(said, "my_zeros: has variance")) << said;
}

TEST_F(Audit, EachColumnOfACompositeIsAudited) {
  counts();
  const std::string said =
      check("{ path = \"counts.csv\", format = \"csv\", observe = \"columns\" }",
            "{ plugin = \"composite\", columns = { \"b\" = \"my_counts\" }, rest = \"gaussian\" }");
  EXPECT_TRUE(has(said, "my_counts (column b): has variance = mean")) << said;
  EXPECT_TRUE(has(said, "gaussian (column a): every value is an integer")) << said;
}

TEST_F(Audit, ALikelihoodThatCrashesWhenAskedIsNamedAndTheRestGoesOn) {
  setenv("ELBO_PLUGIN_PATH", ELBO_BUILD_DIR "/tests/third_party/crashing", 1);
  write("reals.csv", "a,b\n0.25,1.5\n0.5,2.25\n1.75,3.125\n0.125,1\n1,2\n");
  const std::string said =
      check("{ path = \"reals.csv\", format = \"csv\", observe = \"real\" }", "{ plugin = \"my_crash\" }");
  EXPECT_TRUE(has(said, "my_crash: is not audited: ")) << said;
  EXPECT_TRUE(has(said, "signal 11")) << said;
}

TEST_F(Audit, WhatTheDataHoldIsFoundByInfoAndByCheck) {
  std::string table = "id,reading\n";
  for (int i = 0; i < 200; ++i)
    table += std::to_string(i + 1) + "," + (i % 9 == 0 ? "-200" : std::to_string(std::sin(i * 1.7) * 9)) + "\n";
  write("sensor.csv", table);
  const Said info = elbo("data info sensor.csv");
  EXPECT_EQ(info.code, 0) << info.err;
  for (const std::string& said : {info.out, check("{ path = \"sensor.csv\", format = \"csv\", observe = \"real\" }",
                                                  "{ plugin = \"gaussian\" }")}) {
    EXPECT_TRUE(has(said, "column 1 'id' (") && has(said, ", each at most once)")) << said;
    EXPECT_TRUE(has(said, "column 2 'reading' (-200 in ")) << said;
  }
}

TEST_F(Audit, ARefusedLikelihoodIsToldWhichFit) {
  counts();
  write("e.toml",
        "dataset = { path = \"counts.csv\", format = \"csv\", observe = \"counts\" }\nencoder.plugin = \"mlp\"\n"
        "decoder.plugin = \"mlp\"\nprior.plugin = \"standard_normal\"\nlikelihood = { plugin = \"gaussian\" }\n");
  const Said said = elbo("check e.toml");
  EXPECT_EQ(said.code, 2);
  EXPECT_TRUE(has(said.err, "choose a likelihood of counts")) << said.err;
  EXPECT_TRUE(has(said.err, "my_counts")) << said.err;
}

}  // namespace
}  // namespace elbo::host
