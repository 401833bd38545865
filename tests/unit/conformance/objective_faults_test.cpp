// `elbo plugins check` of objectives: one with a planted fault is caught by the property meant for it, a sound one passes.
#include <gtest/gtest.h>

#include <algorithm>

#include "conformance/check.hpp"

namespace elbo::host::conformance {
namespace {

struct ObjectiveFault {
  std::string fault, property;
};

const ObjectiveFault objective_faults[] = {
    {"above_the_evidence", "a declared bound lies below the evidence"},
    {"tested_above_the_evidence", "what is tested lies below the evidence"},
    {"another_kl", "known terms"},
    {"gradient_of_another", "gradients"},
    {"other_names", "values"},
    {"names_that_change", "terms"},
    {"own_noise", "noise from the given generator"},
    {"hidden_state", "stored state"},
    {"late_state", "stored state"},
    {"moves_the_model", "the model is left alone"},
    {"freezes_the_model", "the model is left alone"},
    {"forgotten_parameter", "own parameters are trained"},
    {"infinite_at_first", "values"},
    {"short_kl", "known terms"},
    {"short_kl_by_another_name", "a declared bound lies below the evidence"},
    {"light_until_the_end", "terms"},
    {"light_values_until_the_end", "known terms"},
};

std::vector<std::string> failed(const std::string& fault) {
  PluginChoice choice{.kind = "objective",
                      .name = "faulty_objective",
                      .path = ELBO_BUILD_DIR "/tests/planted_faults/objective/faulty_objective.so"};
  choice.settings = {{"fault", fault}};
  std::vector<std::string> names;
  check_plugin(choice, "", [&](const Result& result) {
    if (result.outcome == "failed" && result.name != "every option")
      names.push_back(result.name);  // that one meets all the faults
  });
  return names;
}

TEST(ObjectiveFaults, ASoundOnePasses) { EXPECT_EQ(failed("none"), std::vector<std::string>()); }

TEST(ObjectiveFaults, ABoundIsCheckedWithEachOption) {
  PluginChoice choice{.kind = "objective",
                      .name = "faulty_objective",
                      .path = ELBO_BUILD_DIR "/tests/planted_faults/objective/faulty_objective.so"};
  std::string detail;
  check_plugin(choice, "every option", [&](const Result& result) { detail = result.detail; });
  EXPECT_NE(detail.find("expected no more than that"), std::string::npos) << detail;
}

TEST(ObjectiveFaults, AConstantIsRightForOtherNumbersOfSamplesToo) {
  for (const std::string constant : {"log_5", "minus_log_5"}) {
    PluginChoice choice{.kind = "objective",
                        .name = "faulty_objective",
                        .path = ELBO_BUILD_DIR "/tests/planted_faults/objective/faulty_objective.so"};
    choice.settings = {{"constant", constant}};
    Result last;
    check_plugin(choice, "every option", [&](const Result& result) { last = result; });
    EXPECT_EQ(last.outcome, "failed") << constant;
    EXPECT_NE(last.detail.find("samples = 2"), std::string::npos) << last.detail;
  }
}

class ObjectiveFaults : public testing::TestWithParam<ObjectiveFault> {};

TEST_P(ObjectiveFaults, AreCaughtByThePropertyMeantForThem) {
  const auto names = failed(GetParam().fault);
  EXPECT_NE(std::find(names.begin(), names.end(), GetParam().property), names.end()) << testing::PrintToString(names);
}

INSTANTIATE_TEST_SUITE_P(conformance, ObjectiveFaults, testing::ValuesIn(objective_faults),
                         [](const auto& info) { return info.param.fault; });

}  // namespace
}  // namespace elbo::host::conformance
