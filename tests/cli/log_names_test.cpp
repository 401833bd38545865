// docs/hdf5-log.md names what logs hold, and nothing else: it is compared with the logs of real runs.
#include <cmath>
#include <map>
#include <set>

#include "log/layout.hpp"
#include "program.hpp"

namespace elbo::host {
namespace {

/// By group, each name with its unit; texts have none.
using Names = std::map<std::string, std::map<std::string, std::string>>;

/// The tables below headings such as "### `/train`, `/test`, `/steps`".
Names documented() {
  Names names;
  std::vector<std::string> groups;
  std::istringstream page(read_file(ELBO_SOURCE_DIR "/docs/hdf5-log.md"));
  for (std::string line; std::getline(page, line);) {
    const auto quoted = [](const std::string& text) {
      std::vector<std::string> found;
      for (size_t at = text.find('`'); at != std::string::npos; at = text.find('`', at + 1)) {
        const size_t end = text.find('`', at + 1);
        found.push_back(text.substr(at + 1, end - at - 1));
        at = end;
      }
      return found;
    };
    if (line.starts_with("#")) groups = line.starts_with("### ") ? quoted(line) : std::vector<std::string>();
    if (groups.empty() || !line.starts_with("| `")) continue;
    const size_t second = line.find(" | ", 2), third = line.find(" | ", second + 3);
    const std::string unit = third == std::string::npos ? "" : line.substr(second + 3, third - second - 3);
    for (const std::string& group : groups)
      for (const std::string& name : quoted(line.substr(0, second))) names[group][name] = unit;
  }
  return names;
}

class LogNames : public Program {
 protected:
  /// Adds what a run's log holds in the groups that the page describes.
  void add_run(const std::string& experiment, Names& found) const {
    write("x.toml", experiment);
    const Said said = elbo("run x.toml --out out");
    ASSERT_EQ(said.code, 0) << said.err << said.out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch.path / "out")) {
      if (entry.path().filename() != "log.h5") continue;
      const h5::File file = log::open_log(entry.path());
      EXPECT_EQ(file.attribute("/", "variant"), "default");
      EXPECT_EQ(file.integers("/", "seed"), std::vector<int64_t>{1});
      for (const char* group : {"/summary", "/per_example", "/per_example_valid", "/train", "/test", "/steps"}) {
        if (!file.has(group)) continue;
        for (const std::string& name : file.names(group)) {
          const std::string path = std::string(group) + "/" + name;
          if (file.is_text(path)) found[group][name] = "";
          else found[group][name] = file.attribute(path, "units");
          EXPECT_NE(file.attribute(path, "long_name"), "") << path;
        }
      }
      EXPECT_GE(file.number("/summary/runs_beside"), 0);
      if (const double waited = file.number("/summary/waited"); !std::isnan(waited)) {  // where the system says it
        EXPECT_GE(waited, 0);
        EXPECT_LE(waited, 1.01);
      }
    }
    std::filesystem::remove_all(scratch.path / "out");
  }
};

TEST_F(LogNames, ThePageAndTheLogsNameTheSame) {
  std::string rows;
  for (int i = 0; i < 60; ++i) rows += std::to_string(i) + "," + std::to_string(37 * i % 256) + "\n";
  write("table.csv", rows);
  const std::string rest = tiny.substr(tiny.find("encoder"));
  const auto of_table = [&](const std::string& observe, const std::string& likelihood) {
    std::string text =
        "latent_dim = 2\ndataset = { path = \"table.csv\", format = \"csv\", observe = \"" + observe + "\" }\n" + rest;
    return text.replace(text.find("\"bernoulli\""), 11, "\"" + likelihood + "\"");
  };
  Names held;
  std::string with_validation = tiny;
  with_validation.replace(with_validation.find("test = 50"), 9, "test = 50, valid = 40");
  add_run(with_validation + "objective = { plugin = \"beta\" }\nlog = { steps_every = 1 }\n",
          held);  // of a distribution that is known
  std::string stopping = tiny;
  stopping.replace(stopping.find("test = 50"), 9, "valid = 20, test = 50");
  add_run(stopping.replace(stopping.find("max_epochs"), 0, "early_stopping = { patience = 1 }, "),
          held);                                              // the best weights
  add_run(of_table("levels", "discretized_logistic"), held);  // bits/dim
  add_run(of_table("counts", "multinomial"), held);           // totals
  std::string subjects = "x,y,subject\n";
  for (int i = 0; i < 60; ++i) subjects += fmt::format("{},{},{}\n", i % 7, 37 * i % 256, i / 4);
  write("subjects.csv", subjects);
  add_run("latent_dim = 2\ndataset = { path = \"subjects.csv\", observe = \"levels\", groups = \"subject\" }\n" +
              std::string(rest).replace(rest.find("\"bernoulli\""), 11, "\"discretized_logistic\""),
          held);  // whole groups
  add_run(tiny_model + "evaluate = { evidence = \"ladder\", images = 5 }\n", held);
  for (auto& [group, names] : held)
    for (const char* coordinate : {"sample", "epoch", "step", "latent"}) names.erase(coordinate);
  const Names page = documented();
  for (const auto& [group, names] : held)
    for (const auto& [name, unit] : names) {
      ASSERT_TRUE(page.contains(group)) << group;
      EXPECT_TRUE(page.at(group).contains(name)) << "docs/hdf5-log.md does not name " << group << "/" << name;
      if (!page.at(group).contains(name)) continue;
      EXPECT_EQ(page.at(group).at(name), unit) << group << "/" << name;
    }
  for (const auto& [group, names] : page)
    for (const auto& [name, unit] : names)
      EXPECT_TRUE(
          held[group == "/test" || group == "/steps" ? "/train" : group].contains(name))  // one table serves the three
          << "no log holds " << group << "/" << name;
}

}  // namespace
}  // namespace elbo::host
