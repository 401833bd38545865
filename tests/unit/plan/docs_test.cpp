// The documentation and the experiments that come with the program are checked like the user's own.
#include <gtest/gtest.h>

#include <fstream>

#include "base/files.hpp"
#include "plan/show.hpp"
#include "unit/launch/scratch_folder.hpp"
#include "unit/plan/support.hpp"

namespace elbo::host {
namespace {

namespace fs = std::filesystem;

const fs::path source = ELBO_SOURCE_DIR;

std::string page() { return read_file(source / "docs/experiment-files.md"); }

/// What stands between two marks, each time.
std::vector<std::string> between(const std::string& text, const std::string& begin, const std::string& end) {
  std::vector<std::string> found;
  for (size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    at += begin.size();
    const size_t stop = text.find(end, at);
    found.push_back(text.substr(at, stop - at));
    at = stop;
  }
  return found;
}

/// A plugin of any name with the options that these files use; the plugins themselves are tested where they are built.
plugins::PluginDescription any_plugin(const std::string& kind, const std::string& name, const fs::path&) {
  plugins::PluginDescription d;
  d.found.kind = kind;
  d.found.name = name;
  d.options = {fakes::option("hidden", std::vector<int64_t>{500}), fakes::option("activation", std::string("relu")),
               fakes::option("scale", std::string("shared")), fakes::option("mean", std::string("exp"))};
  d.contains_likelihoods = name == "composite";
  for (const char* text : {"posterior", "flow", "init"}) d.options.push_back(fakes::option(text, std::string("none")));
  for (const char* count : {"flow_steps", "components", "pseudo_inputs", "first"})
    d.options.push_back(fakes::option(count, int64_t{0}));
  for (const char* flag : {"gated", "bias_at_marginal"}) d.options.push_back(fakes::option(flag, false));
  for (const char* scale : {"min_log_scale", "initial_log_scale"}) d.options.push_back(fakes::option(scale, -20.));
  if (kind == "objective") {
    d.objective.emplace();
    for (const char* count : {"samples", "groups", "warmup_epochs", "updates", "leapfrog_steps"})
      d.options.push_back(fakes::option(count, int64_t{1}));
    for (const char* number : {"beta", "free_bits", "acceptance"}) d.options.push_back(fakes::option(number, 1.));
    for (const char* text : {"kl", "gradient"}) d.options.push_back(fakes::option(text, std::string("none")));
  }
  return d;
}

/// Plans the text on data that are always there; where it names columns, on files in the place of its own data.
Plan plan_of_page(const std::string& text, const std::string& name) {
  fakes::use_own_datasets();
  const bool has_columns = text.find("\"composite\"") != std::string::npos;
  const ScratchFolder data;
  for (const char* table : {"wine_quality", "wine_quality_marks"}) {
    fs::create_directories(data.path / table);
    std::ofstream(data.path / table / "winequality-red.csv")
        << "1;2;3;4;5;6;7;8;9;10;11;12\n2;3;4;5;6;7;8;9;10;11;12;13\n";  // planning looks at the columns
  }
  setenv("ELBO_DATA", data.path.c_str(), 1);
  const std::vector<std::string> overrides =
      has_columns ? std::vector<std::string>{} : std::vector<std::string>{"dataset.name=bars"};
  const Plan plan = make_plan(experiment::read_text(text, name, overrides), any_plugin);
  unsetenv("ELBO_DATA");
  return plan;
}

TEST(Docs, EveryExperimentOnThePageIsRight) {
  const auto blocks = between(page(), "```toml\n", "```");
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_EQ(plan_of_page(blocks[0], "first.toml").runs.size(), 9u);
  EXPECT_EQ(plan_of_page(blocks[1], "second.toml").runs.size(), 6u);
  EXPECT_EQ(plan_of_page(blocks[2], "third.toml").runs.size(), 40u);
  EXPECT_EQ(plan_of_page(blocks[1], "second.toml").runs[0].variant, "latent_dim=2 train.optimizer.lr=0.001");
}

TEST(Docs, TheTableOfKeysIsTheOneDeclared) {
  const auto tables = between(page(), "<!-- keys begin -->\n", "<!-- keys end -->");
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0], keys_table())
      << "put what elbo check --keys prints between the marks in docs/experiment-files.md";
}

TEST(Docs, EveryExperimentOfTheProgramIsRight) {
  int count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(source / "experiments")) {
    if (entry.path().extension() != ".toml") continue;
    ++count;
    if (entry.path().stem() == "mnist_binary") continue;  // on bars, which are binary, its ways of binarising are one
    EXPECT_FALSE(plan_of_page(read_file(entry.path()), entry.path().filename()).runs.empty()) << entry.path();
  }
  EXPECT_GE(count, 9);
}

TEST(Docs, EveryExperimentOfTheProgramIsListed) {
  const std::string list = read_file(source / "experiments/README.md");
  for (const auto& entry : fs::recursive_directory_iterator(source / "experiments")) {
    const std::string name = fs::relative(entry.path(), source / "experiments").string();
    EXPECT_TRUE(entry.path().extension() != ".toml" || list.find("`" + name + "`") != std::string::npos) << name;
  }
}

}  // namespace
}  // namespace elbo::host
