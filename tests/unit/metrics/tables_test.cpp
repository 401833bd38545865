// The tables of metrics, and the pages of the documentation that show them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/files.hpp"
#include "metrics/evaluation.hpp"
#include "metrics/summary.hpp"

namespace elbo::host {
namespace {

/// What stands between the marks "<!-- NAME begin -->" and "<!-- NAME end -->" of a page of docs/.
std::string between_marks(const std::string& page, const std::string& name) {
  const std::string text = read_file(std::string(ELBO_SOURCE_DIR) + "/docs/" + page);
  const std::string begin = "<!-- " + name + " begin -->\n", end = "<!-- " + name + " end -->";
  const size_t from = text.find(begin), to = text.find(end);
  return from == std::string::npos || to == std::string::npos
             ? ""
             : text.substr(from + begin.size(), to - from - begin.size());
}

/// As a cell of a Markdown table.
std::string cell(std::string text) {
  for (size_t i = 0; (i = text.find('|', i)) != std::string::npos; i += 2) text.insert(i, "\\");
  return text;
}

std::string meaning(const Metric& metric) {
  return cell(std::string(metric.long_name) + (*metric.note ? "; " : "") + metric.note);
}

std::string rows(const std::vector<Metric>& metrics, const std::string& before = "") {
  std::string text;
  for (const Metric& m : metrics)
    text += fmt::format("| {}`{}` | {} | {} | {} | {} |\n", before, m.name, m.unit, in_words(m.basis),
                        in_words(m.better), meaning(m));
  return text;
}

constexpr const char* head = "| name | unit | computed on | better | what it is |\n| --- | --- | --- | --- | --- |\n";

std::vector<Metric> metrics_of_summary() {
  std::vector<Metric> all;
  for (const SummaryMetric& one : summary_metrics()) all.push_back(one.metric);
  return all;
}

std::string evaluation_table() {
  std::string text = "| metric | what it says | source | measured by default |\n| --- | --- | --- | --- |\n";
  for (const Evaluation* one : all_evaluations())
    text += fmt::format("| `{}` | {} | {} | {} |\n", one->name, cell(one->documentation), one->source,
                        one->is_usual ? "yes" : "");
  return text;
}

std::string evaluation_values() {
  std::string text =
      "| metric | name | unit | computed on | better | what it is |\n| --- | --- | --- | --- | --- | --- |\n";
  for (const Evaluation* one : all_evaluations()) text += rows(one->values, fmt::format("`{}` | ", one->name));
  return text;
}

TEST(Tables, TheDocumentationShowsThem) {
  EXPECT_EQ(between_marks("hdf5-log.md", "summary"), head + rows(metrics_of_summary()));
  EXPECT_EQ(between_marks("hdf5-log.md", "per_example"), head + rows(per_datum_metrics()));
  EXPECT_EQ(between_marks("evaluating.md", "metrics"), evaluation_table());
  EXPECT_EQ(between_marks("evaluating.md", "numbers"), evaluation_values());
  std::string epochs = "| name | unit | better | what it is |\n| --- | --- | --- | --- |\n";
  for (const Metric& m : epoch_metrics())
    epochs += fmt::format("| `{}` | {} | {} | {} |\n", m.name, m.unit, in_words(m.better), meaning(m));
  EXPECT_EQ(between_marks("hdf5-log.md", "terms"), epochs);
}

void expect_whole(const std::vector<Metric>& metrics) {
  const std::set<std::string> units = {"nat", "bit", "s", "1/s", "1"};
  std::set<std::string> names;
  for (const Metric& m : metrics) {
    EXPECT_TRUE(names.insert(m.name).second) << m.name << " is there twice";
    EXPECT_TRUE(units.contains(m.unit)) << m.name;
    EXPECT_STRNE(m.long_name, "") << m.name;
    EXPECT_TRUE(!m.log_likelihood || m.unit == std::string("nat")) << m.name;
  }
}

TEST(Tables, EachMetricIsDescribedOnce) {
  expect_whole(metrics_of_summary());
  expect_whole(per_datum_metrics());
  expect_whole(epoch_metrics());
  std::set<std::string> names;
  for (const Evaluation* one : all_evaluations()) {
    EXPECT_TRUE(names.insert(one->name).second) << one->name << " is there twice";
    EXPECT_EQ(find_evaluation(one->name), one);
    EXPECT_TRUE(
        std::filesystem::exists(std::string(ELBO_SOURCE_DIR) + "/framework/evaluate/metrics/" + one->name + ".cpp"))
        << one->name << " has another name than its file";
    expect_whole(one->values);
  }
  EXPECT_EQ(find_evaluation("no such metric"), nullptr);
}

TEST(Tables, AMetricIsFoundByItsName) {
  EXPECT_STREQ(find_metric("log_px")->unit, "nat");
  EXPECT_EQ(find_metric("kl")->better, Better::lower);
  EXPECT_EQ(find_metric("no such metric"), nullptr);
  EXPECT_TRUE(is_of_machine("train_seconds"));
  EXPECT_FALSE(is_of_machine("elbo"));
  EXPECT_FALSE(is_of_machine("no such metric"));
}

}  // namespace
}  // namespace elbo::host
