// A likelihood for each column of a table: who scores what, and each mistake as one sentence.
#include <gtest/gtest.h>

#include <fstream>

#include "plan/show.hpp"
#include "unit/launch/scratch_folder.hpp"
#include "unit/plan/support.hpp"

namespace elbo::host {
namespace {

class Parts : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(folder.path / "table.csv") << "alcohol,pH,visits\n9.4,3.5,5\n9.8,3.2,0\n9.9,3.3,2\n8,3.1,1\n";
  }

  std::string experiment(const std::string& likelihood, const std::string& observe = "columns") const {
    return "dataset = { path = \"" + (folder.path / "table.csv").string() + "\", format = \"csv\", observe = \"" +
           observe +
           "\" }\nencoder.plugin = \"mlp\"\ndecoder.plugin = \"mlp\"\nprior.plugin = \"standard_normal\"\n"
           "likelihood = { plugin = \"composite\", " +
           likelihood + " }\n";
  }
  elbo::host::Run run(const std::string& likelihood, const std::string& observe = "columns") const {
    return make_plan(experiment::read_text(experiment(likelihood, observe), "exp.toml"), fakes::describe).runs.at(0);
  }
  std::string fault(const std::string& likelihood, const std::string& observe = "columns") const {
    const std::string all = fakes::fault_of(experiment(likelihood, observe));
    return all.substr(all.find(": ") + 2);
  }

  ScratchFolder folder;
};

TEST_F(Parts, EachColumnHasItsLikelihood) {
  const elbo::host::Run planned =
      run("columns = { \"visits\" = \"poisson\" }, rest = { plugin = \"gaussian\", scale = \"per_pixel\" }");
  const auto& parts = planned.likelihood.parts;
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].name, "rest");
  EXPECT_EQ(parts[0].columns, (std::vector<std::string>{"alcohol", "pH"}));
  EXPECT_EQ(parts[0].choice.name, "gaussian");
  EXPECT_EQ(parts[0].choice.settings[0].value, Value(std::string("per_pixel")));
  EXPECT_EQ(parts[1].columns, std::vector<std::string>{"visits"});
  EXPECT_EQ(parts[1].choice.sha256, "hash of likelihood:poisson");
}

TEST_F(Parts, TheOrderDoesNotMatterAndColumnsHavePlacesToo) {
  const std::string one =
      run("columns = { \"alcohol\" = \"gaussian\", \"visits\" = \"poisson\" }, rest = \"gaussian\"").id();
  EXPECT_EQ(run("rest = \"gaussian\", columns = { \"visits\" = \"poisson\", \"alcohol\" = \"gaussian\" }").id(), one);
  EXPECT_NE(run("columns = { \"pH\" = \"gaussian\", \"visits\" = \"poisson\" }, rest = \"gaussian\"").id(), one);
  const elbo::host::Run together = run("columns = { \"1, pH\" = \"gaussian\", \"3\" = \"poisson\" }");
  EXPECT_EQ(together.likelihood.parts.at(0).columns, (std::vector<std::string>{"alcohol", "pH"}));
}

TEST_F(Parts, SurviveTheRunFileAndCountForTheId) {
  const elbo::host::Run planned = run("columns = { \"visits\" = \"poisson\" }, rest = \"gaussian\"");
  const elbo::host::Run read = run_from_json(nlohmann::ordered_json::parse(to_json(planned).dump()));
  EXPECT_EQ(read.id(), planned.id());
  ASSERT_EQ(read.likelihood.parts.size(), 2u);
  EXPECT_EQ(read.likelihood.parts[1].choice.path, planned.likelihood.parts[1].choice.path);
  elbo::host::Run rebuilt = planned;
  rebuilt.likelihood.parts[1].choice.sha256 = "another";
  EXPECT_NE(rebuilt.id(), planned.id());
}

TEST_F(Parts, AreShown) {
  Plan plan;
  plan.runs = {run("columns = { \"visits\" = \"poisson\" }, rest = \"gaussian\"")};
  const std::string text = settings_text(plan);
  EXPECT_NE(text.find("[likelihood.columns.\"visits\"]\nplugin = \"poisson\""), std::string::npos) << text;
  EXPECT_NE(text.find("[likelihood.rest]\nplugin = \"gaussian\"\nscale = \"shared\""), std::string::npos) << text;
}

TEST_F(Parts, AColumnThatIsNotThere) {
  EXPECT_EQ(fault("columns = { \"alcool\" = \"gaussian\" }, rest = \"poisson\""),
            "likelihood.columns: the data have no column 'alcool'; did you mean 'alcohol'?");
}

TEST_F(Parts, AColumnWithTwoLikelihoods) {
  EXPECT_EQ(fault("columns = { \"alcohol\" = \"gaussian\", \"1, 2\" = \"gaussian\" }, rest = \"poisson\""),
            "likelihood.columns: '1, 2' gives the column 'alcohol' a second likelihood, after 'alcohol'; expected one "
            "for each "
            "column; remove one of them");
}

TEST_F(Parts, AColumnWithNone) {
  EXPECT_EQ(fault("columns = { \"alcohol\" = \"gaussian\" }"),
            "likelihood.columns leaves out pH, visits; expected a likelihood for each column; name them too, or add "
            "rest = \"...\"");
  EXPECT_EQ(fault("columns = { \"1, 2, 3\" = \"gaussian\" }, rest = \"poisson\""),
            "likelihood.rest has no column to score, since likelihood.columns names all of them; leave it out");
}

TEST_F(Parts, ALikelihoodThatDoesNotExistOrDoesNotFit) {
  EXPECT_EQ(fault("rest = \"gausian\""), "likelihood:gausian: no such plugin; there are: bernoulli, gaussian");
  EXPECT_EQ(fault("rest = { plugin = \"gaussian\", scael = 1 }"),
            "unknown key 'scael' in [likelihood.rest]; did you mean 'scale'?");
  EXPECT_EQ(fault("rest = 3"),
            "likelihood.rest is 3, an integer; expected a likelihood, as in \"NAME\" or { plugin = \"NAME\" }");
  EXPECT_EQ(fault("rest = \"multinomial\""),
            "likelihood.rest: likelihood:multinomial is given the total of the counts; expected a "
            "likelihood of single values; choose another");
  EXPECT_EQ(fault("rest = \"composite\""),
            "likelihood.rest: likelihood:composite contains others itself; expected a likelihood of single values; "
            "choose another");
  EXPECT_EQ(fault("columns = { \"visits\" = \"poisson\" }, rest = \"gaussian\"", "real"),
            "likelihood:composite: needs columns of different kinds; " + (folder.path / "table.csv").string() +
                " has real values; set observe = \"columns\", or choose a likelihood of real values");
}

TEST_F(Parts, NeedATable) {
  const std::string all = fakes::fault_of(
      "dataset = { name = \"bars\", observe = \"binary\" }\nencoder.plugin = \"mlp\"\ndecoder.plugin = \"mlp\"\n"
      "prior.plugin = \"standard_normal\"\nlikelihood = { plugin = \"composite\", rest = \"bernoulli\" }\n");
  EXPECT_NE(all.find("likelihood:composite scores the columns of a table, and the data are none"), std::string::npos)
      << all;
}

}  // namespace
}  // namespace elbo::host
