// One run on a terminal, of a log whose every number is known.
#include "report/run_text.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "log/layout.hpp"
#include "unit/log/example.hpp"
#include "unit/log/folder.hpp"

namespace elbo::host::report {
namespace {

class RunText : public ::testing::Test {
 protected:
  std::string text(int64_t epochs, bool finished, const Terminal& terminal = {}) {
    const log::Layout layout = log::example::layout();
    {
      log::RunLog log = log::RunLog::create(folder_ / "log.h5", layout);
      for (int64_t epoch = 1; epoch <= epochs; ++epoch) log::example::write_epoch(log, epoch, layout);
      if (finished) log::example::finish(log);
      log.close(finished ? "completed" : "stopped");
    }
    return run_text(log::open_log(folder_ / "log.h5"), terminal);
  }
  Folder folder_;
};

TEST_F(RunText, AFinishedRunHasItsSummaryAndItsCurves) {
  const std::string said = text(3, true);
  EXPECT_EQ(said.find("example: gaussian, seed 1\ncompleted after 3 epochs\n"), 0u) << said;
  EXPECT_CONTAINS(said, "measure: counting on 256 levels\n");
  EXPECT_CONTAINS(said, "-101.5");
  EXPECT_CONTAINS(said, "test evidence lower bound");
  EXPECT_CONTAINS(said, "\ntest data\n");
  EXPECT_CONTAINS(said, "-102");     // of the test data in epoch 1, -101 - 1 / 1
  EXPECT_CONTAINS(said, "-101.33");  // and in epoch 3
  EXPECT_CONTAINS(said, "KL of each latent dimension, largest first: ");
  EXPECT_CONTAINS(said, "3 to 0.75 nat\n");
  EXPECT_CONTAINS(said, "lie beside the log as PNG");
  EXPECT_EQ(said.find("\nlr "), std::string::npos) << "a rate that never changes is no curve\n" << said;
}

TEST(EvaluationText, SaysWhereTheLogPxOfALadderIsOnlyALowerBound) {
  using Json = nlohmann::ordered_json;
  const auto of = [](double gap) {
    Json values = Json::array();
    for (const auto& [name, value] : {std::pair{"log_px", -10.0},
                                      {"not_trusted", 0.0},
                                      {"certificate_gap", gap},
                                      {"certificate_largest", 2 * gap},
                                      {"certificate_annealed", 0.01},
                                      {"certificate_annealed_se", 0.01}})
      values.push_back({{"name", name}, {"value", value}, {"unit", "nat"}});
    return Json{{"variant", "a"},
                {"seed", 1},
                {"metrics", {{{"metric", "evidence"}, {"long_name", "log p(x)"}, {"values", values}}}},
                {"refused", Json::array()}};
  };
  const std::string caveat =
      "a, seed 1: log_px is only a lower bound on log p(x): on data drawn from the model, upper and "
      "lower bound are 0.3 nat apart";
  EXPECT_CONTAINS(evaluation_text({of(0.3)}, 0), caveat);
  EXPECT_EQ(evaluation_text({of(0.01)}, 0).find("lower bound"), std::string::npos);
}

TEST_F(RunText, OneThatIsNotFinishedSaysSo) {
  const std::string said = text(1, false);
  EXPECT_CONTAINS(said, "stopped after 1 epoch");
  EXPECT_CONTAINS(said, "no summary: the run is not finished\n");
}

TEST_F(RunText, OneWithoutAnEpochHasNoCurves) {
  const std::string said = text(0, false);
  EXPECT_EQ(
      said,
      "example: gaussian, seed 1\nstopped\n\nno summary: the run is not finished\n"
      "\npictures: reconstructions, samples and traversals lie beside the log as PNG, and in its group /images\n");
}

TEST_F(RunText, PicturesNeedColoursAndNoLineIsWiderThanTheTerminal) {
  EXPECT_CONTAINS(text(2, true, {.width = 80, .utf8 = true, .colours = true}), "\nsamples\n\x1b[");
  std::istringstream lines(text(3, true, {.width = 60, .utf8 = false}));
  for (std::string line; std::getline(lines, line);) {
    const bool is_prose = line.starts_with("pictures:") || line.starts_with("KL of");
    EXPECT_TRUE(is_prose || line.size() <= 60) << line;
  }
}

}  // namespace
}  // namespace elbo::host::report
